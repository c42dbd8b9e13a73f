"""`sing-eval analyze screen`: mark raters whose answers say nothing, by a file of rules."""

from __future__ import annotations

from pathlib import Path

import click

from analysis.commands.options import (
    column_option,
    force_option,
    out_option,
    reference_option,
    scale_option,
    seed_option,
    study_option,
    table_argument,
    test_option,
)

RULES = "default, crowdmos, p808, bt500, bs1534 or a .toml file"


@click.command()
@table_argument("ratings")
@click.option("--choices", is_flag=True, help="The table holds choices, not ratings.")
@click.option("--rules", "rules_name", default="default", show_default=True, help=f"{RULES}.")
@click.option(
    "--sessions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also take devices and headphone tests from this table of sessions.",
)
@click.option("--multiverse", is_flag=True, help="Show what every rule set would have made of it.")
@column_option
@study_option
@test_option
@scale_option
@reference_option
@seed_option("Seed of the permutations.")
@out_option("screening.csv", "The table, one row a rater.")
@force_option
@click.option(
    "--print-rules", is_flag=True, help="Print the rules file, byte by byte, and do nothing else."
)
def screen(
    ratings: Path,
    choices: bool,
    rules_name: str,
    sessions: Path | None,
    multiverse: bool,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
    scale: tuple[float, float] | None,
    reference: str | None,
    seed: int,
    out: Path,
    force: bool,
    print_rules: bool,
) -> None:
    """Mark which raters are kept, and why others are not. No rating is deleted.

    RATINGS is what the app exported, a table of another tool (--column), or a batch file of
    Mechanical Turk; with --choices a table of choices, to which the rules on headphones, speed,
    controls and position apply.  [default: ratings.csv]

    The rules' hash is the SHA-256 of their file: lock it with `sing-eval study lock-rules` before
    the systems' names are known.
    """
    from analysis.answers import Source
    from analysis.column_map import parse_columns
    from analysis.screening import report, run
    from analysis.screening.rules import rules_path
    from eval_suite import text_table

    if print_rules:
        click.echo(rules_path(rules_name).read_bytes(), nl=False)
        return
    source = Source(ratings, None, parse_columns(columns), study, test, scale)
    asked = run.Request(source, rules_name, sessions, reference, seed, out, choices)
    run.check(asked, multiverse, force)
    evidence, verdicts = run.screened(asked)
    text_table.print_table(report.shown(verdicts), text_table.stdout_console())
    if multiverse and evidence is not None:
        click.echo("")
        table = run.write_multiverse(asked, evidence)
        text_table.print_table(table, text_table.stdout_console())
        click.echo(str(asked.multiverse))
    click.echo(str(out))
