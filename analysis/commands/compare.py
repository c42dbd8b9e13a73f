"""`sing-eval analyze compare`: paired differences of systems, with two-way intervals."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument(
    "ratings", metavar="[RATINGS]", type=click.Path(path_type=Path), default=Path("ratings.csv")
)
@click.option(
    "--margin",
    type=float,
    metavar="POINTS",
    help="Largest difference that counts as none: asks whether systems are equivalent.",
)
@click.option(
    "--against", metavar="NAME", help="Compare with this system only.  [default: every pair]"
)
@click.option(
    "--screening",
    type=click.Path(path_type=Path),
    help="Count only participants kept by this table of sing-eval analyze screen.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=THEIRS",
    help="A column of ours and what it is called in RATINGS, or a .toml file of such pairs.",
)
@click.option("--study", metavar="NAME", help="The study, where RATINGS holds several.")
@click.option("--test", metavar="NAME", help="The test, where RATINGS holds several.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="No effect: the intervals draw nothing at random.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("comparisons.csv"),
    show_default=True,
    help="The table, one row a pair of systems.",
)
@click.option("--force", is_flag=True, help="Replace existing tables.")
def compare(
    ratings: Path,
    margin: float | None,
    against: str | None,
    screening: Path | None,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
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

    source = Source(ratings, screening, parse_columns(columns), study, test)
    request = compare_run.CompareRequest(source, out, margin, against)
    print_table(compare_run.run(request, force), stdout_console())
    click.echo(str(out))
