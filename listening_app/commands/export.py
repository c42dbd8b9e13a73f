"""`sing-eval study export`: the answers as tables."""

from __future__ import annotations

from pathlib import Path

import click

from listening_app.commands.options import database_option, study_argument


@click.command()
@study_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the tables go.  [default: DIR/export]",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Screening rules to compare with the locked ones.  [default: the locked name, in DIR]",
)
@click.option("--force", is_flag=True, help="Replace an earlier export.")
@database_option
def export(
    folder: Path, out: Path | None, rules: Path | None, force: bool, database_url: str | None
) -> None:
    """Write the answers of the study in DIR as tables, also while raters are at work.

    ratings.csv (mos, mushra) or choices.csv (preference, abx, ab, cmos), sessions.csv and
    answers.csv. Raters are called by a keyed hash; systems by their names.
    """
    from listening_app.export import export as write
    from listening_app.store import Store
    from listening_app.study import open_study

    with Store(open_study(folder), database_url, create=False) as store:
        written = write(store, out or folder / "export", rules, force)
    for name, rows in written.rows.items():
        click.echo(f"{written.folder / name}.csv  {rows:,} rows")
