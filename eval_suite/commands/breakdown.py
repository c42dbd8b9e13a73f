"""`sing-eval breakdown`: scores by instrument family, source, octave or velocity."""

from __future__ import annotations

from pathlib import Path

import click

from eval_suite.commands.score_options import metric_option, system_option, table_argument
from eval_suite.contracts import GROUPINGS


@click.command()
@table_argument
@click.option(
    "--by",
    "groupings",
    multiple=True,
    type=click.Choice(GROUPINGS),
    help="What groups the notes; repeat for several.  [default: all four]",
)
@metric_option
@system_option
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the intervals."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("breakdown.csv"),
    show_default=True,
    help="The table, one row a system, group and metric.",
)
@click.option("--force", is_flag=True, help="Replace an existing table.")
def breakdown(
    table: Path,
    groupings: tuple[str, ...],
    metric_names: tuple[str, ...],
    systems: tuple[str, ...],
    seed: int,
    out: Path,
    force: bool,
) -> None:
    """Means and 95 % intervals of each group of notes, from a metrics table.

    TABLE is what `sing-eval metrics` wrote.  [default: metrics.csv]

    The groups follow from the notes' names. Octaves are numbered so that middle C, MIDI 60, begins
    octave 4.
    """
    from eval_suite import breakdown as by_group
    from eval_suite import score_table, text_table
    from eval_suite.contracts import BREAKDOWN
    from eval_suite.table_files import check_outputs, write_tables

    check_outputs([out], [table], force)
    scores = score_table.read_scores(table, metric_names, systems)
    chosen = [name for name in GROUPINGS if name in groupings or not groupings]
    frame = by_group.break_down(scores, chosen, seed)
    facts = {**score_table.source_facts(scores), "by": chosen, "seed": seed}
    write_tables([(out, BREAKDOWN, frame)], facts)
    for shown in by_group.shown(frame, scores, seed):
        text_table.print_table(shown, text_table.stdout_console())
    click.echo(str(out))
