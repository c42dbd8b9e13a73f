"""`sing-eval study build`: stimuli and sheets."""

from __future__ import annotations

from pathlib import Path

import click

from listening_app.commands.options import study_argument


@click.command()
@study_argument
@click.option("--force", is_flag=True, help="Build again, unless raters have been here already.")
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    metavar="URL",
    help="Where raters' answers would be, beside DIR/study.db.  [default: DATABASE_URL]",
)
def build(folder: Path, force: bool, database_url: str | None) -> None:
    """Draw notes, make the stimuli of equal loudness under opaque names, and draw balanced sheets.

    Everything is decided by study.toml and the systems: the same give the same bytes. If a rater
    could tell the systems apart by anything but the sound, nothing is built and the exit code is 3.
    """
    from listening_app.build import build_study
    from listening_app.describe import described

    built = build_study(folder, force, database_url)
    for line in described(built.study, built.needed_sheets):
        click.echo(line)
