"""`sing-eval rainbowgram`: pictures of notes, one column a system (Figure 2)."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("notes", metavar="NOTE...", nargs=-1, required=True)
@click.option(
    "--system",
    "systems",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="SOURCE",
    help="A column: a system, run or dataset folder; repeat for several, in the columns' order.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DATASET",
    help="The dataset, which is the ground truth.",
)
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The ground truth: a dataset or a system folder.  [default: the systems' dataset]",
)
@click.option("--truth/--no-truth", default=True, show_default=True, help="Show the ground truth.")
@click.option("--wide", is_flag=True, help="Eight octaves from A0, not six from C2.")
@click.option(
    "--demodulated",
    is_flag=True,
    help="Colour the distance from each bin's own frequency, not from multiples of 62.5 Hz.",
)
@click.option("--device", metavar="NAME", help="cpu, cuda or cuda:N.  [default: a GPU if any]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("rainbowgram.png"),
    show_default=True,
    help="The figure, .png or .pdf.",
)
@click.option("--force", is_flag=True, help="Replace an existing figure.")
def rainbowgram(
    notes: tuple[str, ...],
    systems: tuple[Path, ...],
    data: Path | None,
    reference: Path | None,
    truth: bool,
    wide: bool,
    demodulated: bool,
    device: str | None,
    out: Path,
    force: bool,
) -> None:
    """Draw rainbowgrams: a row for each NOTE, a column for the ground truth and each system.

    A NOTE is a name such as bass_synthetic_068-049-025. Without --system: every folder in
    ./systems, else the demo run that comes with sing-eval.

    Brightness is power on a scale of 70 dB, colour how fast the phase turns, both of a
    constant-Q transform (Figure 2 of the paper). A note that a system lacks is an empty cell with
    the reason, and the exit code is then 3.
    """
    from eval_suite import panels, rainbow_grid
    from eval_suite.rainbowgram import Settings
    from sing.files import check_file
    from sing.processes import pick_device

    rainbow_grid.check_path(out)
    check_file(out, force)
    settings = Settings.wide(demodulated) if wide else Settings(demodulated=demodulated)
    asked = panels.Asked(notes, systems, data, reference, truth, str(pick_device(device)), settings)
    made = panels.make_panels(asked)
    rainbow_grid.save(rainbow_grid.draw(made), out)
    click.echo(str(out))
    panels.check_complete(out, made)
