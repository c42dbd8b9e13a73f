"""`sing-eval analyze abx`: preferences and ABX answers, with exact and two-way intervals."""

from __future__ import annotations

from pathlib import Path

import click

from analysis.commands.options import (
    column_option,
    force_option,
    out_option,
    screening_option,
    seed_option,
    study_option,
    table_argument,
    test_option,
)


@click.command()
@table_argument("choices")
@click.option(
    "--task",
    type=click.Choice(("preference", "abx", "cmos")),
    help="What was asked: which one is preferred, which one X is, or how much better B is.  "
    "[default: as the column test says]",
)
@click.option(
    "--interval",
    type=click.Choice(("logit", "identity", "bootstrap")),
    default="logit",
    show_default=True,
    help="Method of the two-way 95 % interval; preferences show the bootstrap's too.",
)
@click.option(
    "--model",
    type=click.Choice(("differencing", "independent")),
    default="differencing",
    show_default=True,
    help="How listeners decide in classic ABX, for d'.",
)
@click.option("--by", type=click.Choice(("note",)), help="Also a table by note, of preferences.")
@screening_option
@column_option
@study_option
@test_option
@seed_option("Seed of the bootstrap.")
@out_option("abx.csv", "The table, one row a pair of systems; that by note is written beside it.")
@force_option
def abx(
    choices: Path,
    task: str | None,
    interval: str,
    model: str,
    by: str | None,
    screening: Path | None,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
    seed: int,
    out: Path,
    force: bool,
) -> None:
    """Preferences between systems, classic ABX or CMOS, from a table of choices.

    CHOICES is what the listening app exports, or any CSV file with a rater, a note, two systems a
    and b and a choice in each row.  [default: choices.csv]

    The exact interval takes trials for independent; the two-way intervals hold for other raters
    and other notes.
    """
    from analysis import abx_run
    from analysis.answers import Source
    from analysis.column_map import parse_columns
    from eval_suite.text_table import print_table, stdout_console

    request = abx_run.AbxRequest(
        source=Source(choices, screening, parse_columns(columns), study, test),
        out=out,
        task=task,  # type: ignore[arg-type]
        method=interval,  # type: ignore[arg-type]
        model=model,  # type: ignore[arg-type]
        by_note=by == "note",
        seed=seed,
    )
    print_table(abx_run.run(request, force), stdout_console())
    for path in request.outputs:
        click.echo(str(path))
