"""`sing-eval listen`: the page on which a person listens and compares."""

from __future__ import annotations

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("sources", metavar="[SOURCE]...", nargs=-1, type=_PATH)
@click.option(
    "--split",
    "split_name",
    type=click.Choice(["train", "valid", "test", "all"]),
    help="Part of the dataset to show.  [default: test; all notes of a list given by --notes]",
)
@click.option("--data", type=_PATH, metavar="DATASET", help="The dataset: its split and notes.")
@click.option(
    "--reference",
    type=_PATH,
    metavar="FOLDER",
    help="The ground truth: a dataset or a system folder.  [default: the sources' dataset]",
)
@click.option(
    "--metrics",
    "table",
    type=_PATH,
    metavar="FILE",
    help="Show the numbers of this metrics.csv.  [default: compute some]",
)
@click.option(
    "--metric",
    "metric_names",
    multiple=True,
    metavar="NAME[@EPSILON]",
    help="A metric to show; repeat for several.",
)
@click.option(
    "--worst",
    metavar="NAME",
    help="The notes that are worst in this metric of --metrics, worst first.",
)
@click.option("--notes", "notes_file", metavar="CSV", help="Show these: a file, or paper-100.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="Only the first N by name.  [default: 50; 30 if --self-contained]",
)
@click.option(
    "--baseline",
    "baseline_names",
    multiple=True,
    metavar="NAME",
    help="A baseline as a further column, such as griffin-lim; repeat for several.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the baselines."
)
@click.option("--device", metavar="NAME", help="cpu, cuda or cuda:N.  [default: a GPU if any]")
@click.option("--out", type=_PATH, required=True, help="The page's folder, or its file.")
@click.option("--self-contained", is_flag=True, help="Write one .html file that holds it all.")
@click.option("--force", is_flag=True, help="Replace an existing page.")
def listen(
    sources: tuple[Path, ...],
    split_name: str | None,
    data: Path | None,
    reference: Path | None,
    table: Path | None,
    metric_names: tuple[str, ...],
    worst: str | None,
    notes_file: str | None,
    limit: int | None,
    baseline_names: tuple[str, ...],
    seed: int,
    device: str | None,
    out: Path,
    self_contained: bool,
    force: bool,
) -> None:
    """Make a page on which to listen to systems, look at them and compare.

    SOURCE is as in `sing-eval metrics`. Notes are rows and systems columns, the ground truth
    first, each with its sound, its rainbowgram and its metrics. Open the page in a browser; it
    needs no server and no network.
    """
    from eval_suite.listening_page import content, page
    from eval_suite.request import Request
    from sing.processes import pick_device

    page.check_output(out, self_contained, limit, force)
    asked = Request(
        sources=sources,
        split_name=split_name,
        data=data,
        reference=reference,
        metric_names=metric_names,
        notes_file=notes_file,
        limit=limit,
        with_baselines=bool(baseline_names),
        baseline_names=baseline_names,
        seed=seed,
    )
    most = page.MOST_INLINE if self_contained else page.MOST
    made = content.make_content(asked, table, worst, most, str(pick_device(device)))
    write = page.write_file if self_contained else page.write_folder
    click.echo(str(write(made, out, force)))
