"""`sing-eval report`: one page that tells a study's story."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.commands.study_options import study_options

if TYPE_CHECKING:
    from analysis.study_run import Settings

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("results", metavar="[RESULTS]", type=_PATH, default=Path("results"))
@study_options
@click.option(
    "--listen",
    "listening_page",
    type=_PATH,
    metavar="PAGE",
    help="A page of sing-eval listen to link to.",
)
@click.option(
    "--example",
    "examples",
    multiple=True,
    type=_PATH,
    metavar="FILE",
    help="A sound to hear on the page; repeat for several.",
)
@click.option(
    "--picture",
    "pictures",
    multiple=True,
    type=_PATH,
    metavar="FILE",
    help="A picture to show, such as a grid of sing-eval rainbowgram; repeat for several.",
)
@click.option("--out", type=_PATH, help="The page.  [default: RESULTS/report.html]")
@click.option("--force", is_flag=True, help="Replace an existing page.")
def report(
    results: Path,
    settings: Settings,
    listening_page: Path | None,
    examples: tuple[Path, ...],
    pictures: tuple[Path, ...],
    out: Path | None,
    force: bool,
) -> None:
    """One HTML page: design, raters, tables, figures, limits, checklist, provenance.

    RESULTS is a folder with what there is of metrics.csv, speed.csv, ratings.csv, choices.csv,
    sessions.csv and training curves. What follows from them and is not there yet (screening.csv,
    mos.csv, abx.csv) is computed for the page.  [default: results]

    --column, --study and --test are of ratings.csv and choices.csv alike: each takes what it has.

    The page opens from a disk, needs no network, and prints.
    """
    from analysis.report.page import ReportRequest, write_report

    request = ReportRequest(
        folder=results,
        out=out or results / "report.html",
        settings=settings,
        examples=examples,
        pictures=pictures,
        listening_page=listening_page,
    )
    click.echo(str(write_report(request, force)))
