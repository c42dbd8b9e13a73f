"""`sing-eval figures`: the figures of a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.commands.study_options import study_options

if TYPE_CHECKING:
    from analysis.study_run import Settings


@click.command()
@click.argument(
    "results", metavar="[RESULTS]", type=click.Path(path_type=Path), default=Path("results")
)
@study_options
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="A metric to set against ears; the first is mapped by pitch.  [default: spectral_loss]",
)
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="NAME",
    help="A system whose errors are mapped.  [default: the paper's rows, else all]",
)
@click.option(
    "--coverage",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A table of benchmarks/interval_coverage.py.  [default: RESULTS/interval-coverage.csv, "
    "if there is one]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The figures' folder.  [default: RESULTS/figures]",
)
@click.option("--force", is_flag=True, help="Replace an earlier folder of figures.")
def figures(
    results: Path,
    settings: Settings,
    metrics: tuple[str, ...],
    systems: tuple[str, ...],
    coverage: Path | None,
    out: Path | None,
    force: bool,
) -> None:
    """Figures of scores, preferences, metrics, pitches, training and coverage, as PDF and PNG.

    RESULTS is a folder as in `sing-eval report`: screening.csv, mos.csv and abx.csv are computed
    where it has answers and no such table. What is not there is not drawn. Training curves come
    from files called history.csv, NAME.history.csv or NAME/history.csv in it.  [default: results]

    The rainbowgrams of the paper's Figure 2 are made by `sing-eval rainbowgram`.
    """
    from analysis.figures import draw

    target = out or results / "figures"
    made = draw.run(results, target, settings, metrics, systems, force, coverage)
    for drawn in made:
        click.echo(f"{drawn.name}: {drawn.title}")
    click.echo(str(target))
