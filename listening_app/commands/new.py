"""`sing-eval study new`: a commented study.toml."""

from __future__ import annotations

from pathlib import Path

import click

from listening_app.commands.options import study_argument

DESIGNS = (
    *("mos", "abx", "xab-preference", "ab", "mushra", "cmos"),
    *("paper-mos", "paper-abx"),
)


@click.command()
@study_argument
@click.argument("systems", metavar="[SYSTEM]...", nargs=-1)
@click.option(
    "--test",
    "design",
    type=click.Choice(DESIGNS),
    required=True,
    help="The kind of test; paper-mos and paper-abx are the paper's own designs.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Write this value instead of the design's, such as notes.count=50.",
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    metavar="LANGUAGE",
    help="A language of the pages and of the texts in the file, en or de; repeat for several, the "
    "first is the file's own.  [default: en]",
)
def new(
    folder: Path,
    systems: tuple[str, ...],
    design: str,
    overrides: tuple[str, ...],
    languages: tuple[str, ...],
) -> None:
    """Write DIR/study.toml, in which every key stands with its explanation.

    SYSTEM is a system folder, or a dataset (`demo` is the embedded one, not the run) as the system
    ground-truth; NAME=FOLDER gives it another name in the tables. Without any, those in ./systems
    are taken.
    """
    from listening_app.new import new_study

    click.echo(new_study(folder, design, systems, overrides, languages))
