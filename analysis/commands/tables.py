"""`sing-eval tables`: the paper's tables, ours beside the published numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.commands.study_options import study_options

if TYPE_CHECKING:
    from analysis.study_run import Settings


@click.command()
@click.argument(
    "results", metavar="[RESULTS]", type=click.Path(path_type=Path), default=Path("results")
)
@study_options
@click.option(
    "--breakdown",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A table of sing-eval breakdown.  [default: RESULTS/breakdown.csv, if there is one]",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="A metric of the breakdown; repeat for several.  [default: those of Table 1]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The tables' folder.  [default: RESULTS/tables]",
)
@click.option("--force", is_flag=True, help="Replace an earlier folder of tables.")
def tables(
    results: Path,
    settings: Settings,
    breakdown: Path | None,
    metrics: tuple[str, ...],
    out: Path | None,
    force: bool,
) -> None:
    """Table 1, Table 2, the ABX sentence and breakdowns, as CSV, Markdown, LaTeX and HTML.

    RESULTS is the folder that holds metrics.csv, speed.csv, ratings.csv and choices.csv, as far as
    they are there.  [default: results] screening.csv, mos.csv and abx.csv are taken from it too,
    and computed where it has answers and no such table. From a breakdown table follows a table for
    each metric and grouping of notes, such as spectral_loss-by-family.

    The paper's rows are "Autoencoder waveform", "SING waveform", "Autoencoder spectral",
    "SING spectral" (or SING), "SING no time embedding", "Ground Truth" and "Wavenet". A row without
    a system is shown as missing; a system that is no row of the paper is shown below.
    """
    from analysis import tables_run
    from eval_suite.text_table import print_table, stdout_console

    target = out or results / "tables"
    made = tables_run.run(results, target, settings, force, breakdown, metrics)
    for text in made.texts:
        print_table(text, stdout_console())
        click.echo("")
    for sentence in made.sentences:
        click.echo(sentence)
    for table in made.breakdowns:
        click.echo(f"{table.name}: {table.title}")
    click.echo(str(target))
