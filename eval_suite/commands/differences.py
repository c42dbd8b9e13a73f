"""`sing-eval differences`: paired differences between systems, with intervals and p-values."""

from __future__ import annotations

from pathlib import Path

import click

from eval_suite.commands.score_options import metric_option, system_option, table_argument


@click.command()
@table_argument
@metric_option
@system_option
@click.option(
    "--against", metavar="NAME", help="Compare with this system only.  [default: every pair]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("differences.csv"),
    show_default=True,
    help="The table, one row a metric and pair of systems.",
)
@click.option("--force", is_flag=True, help="Replace an existing table.")
def differences(
    table: Path,
    metric_names: tuple[str, ...],
    systems: tuple[str, ...],
    against: str | None,
    out: Path,
    force: bool,
) -> None:
    """Differences between systems on the notes that both have, from a metrics table.

    TABLE is what `sing-eval metrics` wrote.  [default: metrics.csv]

    The 95 % intervals hold for other instruments and other pitches: they are two-way, and wider
    than those that take notes for independent. The p-values are corrected by Holm's method over
    all comparisons of a metric.
    """
    from eval_suite import differences as paired
    from eval_suite import score_table, text_table
    from eval_suite.contracts import DIFFERENCES
    from eval_suite.pairs import pairs_of
    from eval_suite.table_files import check_outputs, write_tables

    check_outputs([out], [table], force)
    named = (*systems, against) if systems and against else systems
    scores = score_table.read_scores(table, metric_names, named)
    frame = paired.compare(scores, pairs_of(scores.systems, against, str(scores.path)))
    facts = {**score_table.source_facts(scores), "against": against}
    write_tables([(out, DIFFERENCES, frame)], facts)
    text_table.print_table(paired.shown(frame, scores), text_table.stdout_console())
    click.echo(str(out))
