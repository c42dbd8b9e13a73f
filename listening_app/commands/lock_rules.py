"""`sing-eval study lock-rules`: fix the screening rules before anybody sees a rating."""

from __future__ import annotations

from pathlib import Path

import click

from listening_app.commands.options import database_option, study_argument


@click.command("lock-rules")
@study_argument
@click.argument("rules", metavar="FILE", type=click.Path(path_type=Path))
@database_option
def lock_rules(folder: Path, rules: Path, database_url: str | None) -> None:
    """Lock the screening rules in FILE for the study in DIR: once, and for good.

    Stores the SHA-256 of the file's bytes and the time; every export then says whether the rules
    are still the same. Keep the file: only its hash is stored.
    """
    from listening_app.store import Store
    from listening_app.study import open_study
    from sing import log

    with Store(open_study(folder), database_url) as store:
        locked = store.lock_rules(rules)
    if locked.exported_at:
        log.warning("the answers were exported before, at %s; exports say so", locked.exported_at)
    click.echo(f"{locked.file}  sha256 {locked.sha256}  locked at {locked.locked_at}")
