"""`sing-eval analyze monitor`: intervals that hold while ratings still come in."""

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
@click.option("--choices", is_flag=True, help="The table holds choices, not ratings.")
@click.option("--system", required=True, metavar="NAME", help="The system to watch.")
@click.option(
    "--against", metavar="NAME", help="The system that it is compared with.  [default: its mean]"
)
@click.option(
    "--budget", type=int, required=True, metavar="RATERS", help="Raters that there are at most."
)
@click.option(
    "--half-width", type=float, metavar="POINTS", help="Stop when the interval is this narrow."
)
@click.option(
    "--margin", type=float, metavar="POINTS", help="Stop when the difference is within this of 0."
)
@click.option(
    "--trials",
    type=int,
    metavar="N",
    help="Trials after which a rater counts.  [default: as many as most raters have]",
)
@scale_option
@screening_option
@column_option
@study_option
@test_option
@seed_option("No effect: nothing is drawn at random.")
@out_option("monitor.csv", "The table, one row a rater in the order of finishing.")
@force_option
def monitor(
    ratings: Path,
    choices: bool,
    system: str,
    against: str | None,
    budget: int,
    half_width: float | None,
    margin: float | None,
    trials: int | None,
    scale: tuple[float, float] | None,
    screening: Path | None,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
    seed: int,  # noqa: ARG001
    out: Path,
    force: bool,
) -> None:
    """Whether a study may stop: an interval that holds at every look.

    RATINGS is a table of ratings, or with --choices of choices, as far as they have come in.
    [default: ratings.csv]

    All intervals hold at once, so one may look after every rater and stop for any reason. They
    hold for other raters of the same notes, and are wider than those of a study that is looked at
    once.
    """
    from analysis import monitor_run
    from analysis.answers import Source
    from analysis.column_map import parse_columns
    from analysis.monitor import StoppingRule
    from eval_suite.text_table import print_table, stdout_console

    request = monitor_run.MonitorRequest(
        source=Source(ratings, screening, parse_columns(columns), study, test, scale),
        out=out,
        system=system,
        rule=StoppingRule(budget, half_width, margin),
        against=against,
        is_choices=choices,
        trials_each=trials,
    )
    print_table(monitor_run.run(request, force), stdout_console())
    click.echo(str(out))
