"""`sing-eval study erase`: remove one rater's data on request."""

from __future__ import annotations

from pathlib import Path

import click

from listening_app.commands.options import database_option, study_argument
from listening_app.platform_names import PLATFORMS


@click.command()
@study_argument
@click.argument("identity", metavar="RATER")
@click.option(
    "--platform",
    type=click.Choice(PLATFORMS),
    help="Where the rater came from.  [default: any]",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def erase(
    folder: Path, identity: str, platform: str | None, yes: bool, database_url: str | None
) -> None:
    """Remove all that one RATER gave from the study in DIR.

    RATER is what the platform calls them (such as a Prolific ID), or the participant's hash in the
    tables. Exports made before still hold the answers: export again, and delete the old ones.
    """
    from listening_app.commands.confirm import confirm
    from listening_app.store import Store
    from listening_app.study import open_study
    from sing.errors import SingError

    with Store(open_study(folder), database_url, create=False) as store:
        if not store.is_known(identity, platform):
            raise SingError(f"{identity}: no such rater in {folder}; check the name and --platform")
        if not yes:
            confirm(f"Remove everything that {identity} gave?")
        erased = store.erase(identity, platform)
    click.echo(
        f"{', '.join(erased.participants)}: removed {erased.trial_answers:,} answers to trials "
        f"and {erased.question_answers:,} to questions"
    )
