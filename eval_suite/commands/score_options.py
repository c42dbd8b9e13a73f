"""What the commands that read a metrics table share: the table, and which part of it counts."""

from __future__ import annotations

from pathlib import Path

import click

table_argument = click.argument(
    "table", metavar="[TABLE]", type=click.Path(path_type=Path), default=Path("metrics.csv")
)
metric_option = click.option(
    "--metric",
    "metric_names",
    multiple=True,
    metavar="NAME",
    help="A column of the table; repeat for several.  [default: all]",
)
system_option = click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="NAME",
    help="A system of the table; repeat for several.  [default: all]",
)
