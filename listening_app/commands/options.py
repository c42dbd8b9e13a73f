"""What several commands of `sing-eval study` are given, each with one name and one help."""

from __future__ import annotations

from pathlib import Path

import click

study_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
database_option = click.option(
    "--database-url",
    envvar="DATABASE_URL",
    metavar="URL",
    help="The study's database.  [default: DATABASE_URL, else DIR/study.db]",
)
