"""`sing info`, `sing speed` and `sing import`."""

from __future__ import annotations

import math
from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("run_name", metavar="RUN")
def info(run_name: str) -> None:
    """Print what RUN is: sizes, training, vocabulary, split, and where it comes from."""
    from sing.generate.describe import describe_run
    from sing.generate.selection import find_run

    for line in describe_run(find_run(run_name)):
        click.echo(line)


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option(
    "--batch-size",
    "batch_sizes",
    type=click.IntRange(1, 4096),
    multiple=True,
    help="Notes at once; may be given several times (default: 1 and 8).",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 3600, min_open=True),
    default=3.0,
    show_default=True,
    help="How long to measure each batch size.",
)
@click.option("--device", help="cpu, cuda or cuda:N; a GPU when there is one.")
@click.option("--out", type=_PATH, help="A CSV file; else the table is printed.")
@click.option("--force", is_flag=True, help="Replace the file.")
def speed(
    run_name: str,
    batch_sizes: tuple[int, ...],
    seconds: float,
    device: str | None,
    out: Path | None,
    force: bool,
) -> None:
    """Measure how many seconds of audio RUN makes in a second, and how large it is (Table 2).

    The device's name tells the number of CPU threads; OMP_NUM_THREADS=1 sets it.
    """
    from sing import files
    from sing.generate.selection import find_run
    from sing.generate.speed import measure_speed, speed_csv
    from sing.processes import pick_device

    if math.isnan(seconds):
        raise click.UsageError("--seconds nan is not a duration; give a number")
    where = pick_device(device)
    run = find_run(run_name)
    if out is not None:
        files.check_file(out, force)
    speeds = [measure_speed(run, size, where, seconds) for size in batch_sizes or (1, 8)]
    if out is None:
        click.echo(speed_csv(speeds), nl=False)
    else:
        files.write_text(out, speed_csv(speeds))
        click.echo(out)


@click.command()
@click.argument("file", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="The run folder, such as runs/NAME.")
@click.option(
    "--metadata",
    type=_PATH,
    help="NSynth's examples.json or .json.gz: names of the instruments, and the split.",
)
@click.option("--force", is_flag=True, help="Replace the run folder.")
def import_run(file: Path, out: Path, metadata: Path | None, force: bool) -> None:
    """Read the public pretrained model FILE (sing.th) as a run; no code in it is run.

    Without --metadata its instruments are called by their numbers and its split is empty.
    """
    from sing.importing import import_model

    click.echo(import_model(file, out, metadata, force))
