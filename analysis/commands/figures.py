"""`sing-eval figures`: the figures of a study."""

from __future__ import annotations

from pathlib import Path

import click

from analysis.commands.options import column_option, study_option, test_option


@click.command()
@click.argument(
    "results", metavar="[RESULTS]", type=click.Path(path_type=Path), default=Path("results")
)
@click.option(
    "--row",
    "rows",
    multiple=True,
    metavar="ROW=SYSTEM",
    help="As in sing-eval tables; repeat for several.",
)
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
@column_option
@study_option
@test_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The figures' folder.  [default: RESULTS/figures]",
)
@click.option("--force", is_flag=True, help="Replace an earlier folder of figures.")
def figures(
    results: Path,
    rows: tuple[str, ...],
    metrics: tuple[str, ...],
    systems: tuple[str, ...],
    coverage: Path | None,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
    out: Path | None,
    force: bool,
) -> None:
    """Figures of scores, preferences, metrics, pitches, training and coverage, as PDF and PNG.

    RESULTS is the folder of tables; what is not there is not drawn. Training curves come from
    files called history.csv, NAME.history.csv or NAME/history.csv in it.  [default: results]

    The rainbowgrams of the paper's Figure 2 are made by `sing-eval rainbowgram`.
    """
    from analysis.column_map import parse_columns
    from analysis.figures import draw
    from analysis.reading import Reading
    from analysis.row_map import parse_rows

    target = out or results / "figures"
    reading = Reading(parse_columns(columns), study, test)
    made = draw.run(results, target, parse_rows(rows), metrics, systems, force, coverage, reading)
    for drawn in made:
        click.echo(f"{drawn.name}: {drawn.title}")
    click.echo(str(target))
