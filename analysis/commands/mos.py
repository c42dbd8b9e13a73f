"""`sing-eval analyze mos`: mean opinion scores with intervals for other raters and notes."""

from __future__ import annotations

from pathlib import Path

import click

from analysis.commands.options import (
    column_option,
    force_option,
    interval_option,
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
@interval_option("Method of the 95 % interval; naive is there to show the difference.")
@screening_option
@click.option(
    "--by",
    "groupings",
    multiple=True,
    type=click.Choice(("family", "note")),
    help="Also a table by instrument family or by note; repeat for both.",
)
@click.option(
    "--subject-model",
    is_flag=True,
    help="Also bias and inconsistency of each rater (BT.500, P.913 12.6).",
)
@column_option
@study_option
@test_option
@scale_option
@seed_option("Seed of the bootstrap.")
@out_option("mos.csv", "The table, one row a system; further tables are written beside it.")
@force_option
def mos(
    ratings: Path,
    interval: str,
    screening: Path | None,
    groupings: tuple[str, ...],
    subject_model: bool,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
    scale: tuple[float, float] | None,
    seed: int,
    out: Path,
    force: bool,
) -> None:
    """Mean opinion scores of systems with 95 % intervals, from a ratings table.

    RATINGS is what the listening app exports, or any CSV file with a rater, a system, a note and a
    score in each row.  [default: ratings.csv]

    The intervals hold for other raters and other notes, and so are several times as wide as those
    that take all ratings for independent.
    """
    from analysis import mos_run
    from analysis.answers import Source
    from analysis.column_map import parse_columns
    from eval_suite.text_table import print_table, stdout_console

    request = mos_run.MosRequest(
        source=Source(ratings, screening, parse_columns(columns), study, test, scale),
        out=out,
        interval=interval,
        groupings=tuple(dict.fromkeys(groupings)),
        has_subject_model=subject_model,
        seed=seed,
    )
    for table in mos_run.run(request, force):
        print_table(table, stdout_console())
    for path in request.outputs:
        click.echo(str(path))
