"""`sing-eval analyze agreement`: whether raters agree with each other, and metrics with raters."""

from __future__ import annotations

from pathlib import Path

import click

from analysis.commands.options import (
    column_option,
    force_option,
    out_option,
    scale_option,
    screening_option,
    seed_option,
    study_option,
    table_argument,
    test_option,
)


@click.command()
@table_argument("ratings")
@click.option(
    "--metrics",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also compare the metrics of this table of sing-eval metrics with the ratings.",
)
@click.option(
    "--metric",
    "metric_names",
    multiple=True,
    metavar="NAME",
    help="A column of the metrics table; repeat for several.  [default: all]",
)
@click.option(
    "--choices",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also the share of these preference trials that a metric predicts.",
)
@click.option(
    "--choices-screening",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Count only choices of participants kept by this table.",
)
@screening_option
@column_option
@study_option
@test_option
@scale_option
@seed_option("Seed of the bootstrap.")
@out_option(
    "agreement.csv", "The table; that of metrics is written beside it, agreement-metrics.csv."
)
@force_option
def agreement(
    ratings: Path,
    metrics: Path | None,
    metric_names: tuple[str, ...],
    choices: Path | None,
    choices_screening: Path | None,
    screening: Path | None,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
    scale: tuple[float, float] | None,
    seed: int,
    out: Path,
    force: bool,
) -> None:
    """Whether raters agree with each other, and which metrics agree with raters.

    RATINGS is what the listening app exports, or any CSV file with a rater, a system, a note and a
    score in each row.  [default: ratings.csv]

    --column, --study and --test are of RATINGS and --choices alike: each takes what it has.

    Metrics are held against mean opinions note by note, pooled and within each system; never
    against the few means of systems.
    """
    from analysis import agreement_run
    from analysis.column_map import parse_columns
    from analysis.reading import Reading
    from eval_suite.text_table import print_table, stdout_console

    reading = Reading(parse_columns(columns), study, test, scale)
    read = agreement_run.sources(ratings, screening, choices, choices_screening, reading)
    request = agreement_run.AgreementRequest(
        source=read[0],
        out=out,
        metrics=metrics,
        choices=read[1],
        metric_names=metric_names,
        seed=seed,
    )
    for table in agreement_run.run(request, force):
        print_table(table, stdout_console())
    for path in request.outputs:
        click.echo(str(path))
