"""`sing-eval tables`: the paper's tables, ours beside the published numbers."""

from __future__ import annotations

from pathlib import Path

import click

from analysis.commands.options import seed_option


@click.command()
@click.argument(
    "results", metavar="[RESULTS]", type=click.Path(path_type=Path), default=Path("results")
)
@click.option(
    "--row",
    "rows",
    multiple=True,
    metavar="ROW=SYSTEM",
    help="Which system is which row of the paper, such as 'SING spectral=sing', or a .toml file "
    "with a table [rows]; repeat for several.  [default: by name]",
)
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
@seed_option("Seed of the bootstrap.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The tables' folder.  [default: RESULTS/tables]",
)
@click.option("--force", is_flag=True, help="Replace an earlier folder of tables.")
def tables(
    results: Path,
    rows: tuple[str, ...],
    breakdown: Path | None,
    metrics: tuple[str, ...],
    seed: int,
    out: Path | None,
    force: bool,
) -> None:
    """Table 1, Table 2, the ABX sentence and breakdowns, as CSV, Markdown, LaTeX and HTML.

    RESULTS is the folder that holds metrics.csv, speed.csv, mos.csv and abx.csv, as far as they
    are there.  [default: results] From a breakdown table follows a table for each metric and
    grouping of notes, such as spectral_loss-by-family.

    The paper's rows are "Autoencoder waveform", "SING waveform", "Autoencoder spectral",
    "SING spectral" (or SING), "SING no time embedding", "Ground Truth" and "Wavenet". A row without
    a system is shown as missing; a system that is no row of the paper is shown below.
    """
    from analysis import tables_run
    from analysis.row_map import parse_rows
    from eval_suite.text_table import print_table, stdout_console

    target = out or results / "tables"
    made = tables_run.run(results, target, parse_rows(rows), seed, force, breakdown, metrics)
    for text in made.texts:
        print_table(text, stdout_console())
        click.echo("")
    for sentence in made.sentences:
        click.echo(sentence)
    for table in made.breakdowns:
        click.echo(f"{table.name}: {table.title}")
    click.echo(str(target))
