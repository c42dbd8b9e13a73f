"""`sing-eval analyze compare`: paired differences of systems, with two-way intervals."""

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
    "--margin",
    type=float,
    metavar="POINTS",
    help="Largest difference that counts as none: asks whether systems are equivalent.",
)
@click.option(
    "--against", metavar="NAME", help="Compare with this system only.  [default: every pair]"
)
@screening_option
@column_option
@study_option
@test_option
@scale_option
@seed_option("No effect: the intervals draw nothing at random.")
@out_option("comparisons.csv", "The table, one row a pair of systems.")
@force_option
def compare(
    ratings: Path,
    margin: float | None,
    against: str | None,
    screening: Path | None,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
    scale: tuple[float, float] | None,
    seed: int,  # noqa: ARG001
    out: Path,
    force: bool,
) -> None:
    """Differences between systems' mean scores on the notes that both have.

    RATINGS is what the listening app exports, or any CSV file with a rater, a system, a note and a
    score in each row.  [default: ratings.csv]

    The 95 % intervals hold for other raters and other notes. P-values are corrected by Holm's
    method over all pairs.
    """
    from analysis import compare_run
    from analysis.answers import Source
    from analysis.column_map import parse_columns
    from eval_suite.text_table import print_table, stdout_console

    source = Source(ratings, screening, parse_columns(columns), study, test, scale)
    request = compare_run.CompareRequest(source, out, margin, against)
    print_table(compare_run.run(request, force), stdout_console())
    click.echo(str(out))
