"""`sing-eval study pay`: pay a platform's raters, and forget who they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from listening_app.commands.options import database_option, study_argument

if TYPE_CHECKING:
    from listening_app.crowd.recruiting import Bonus, Recruiter
    from listening_app.setting_tables import Pay
    from listening_app.store import Recruit, Store
    from listening_app.store.recruits import Whose


@click.command()
@study_argument
@click.option(
    "--bonus", type=click.Path(path_type=Path), metavar="CSV",
    help="Also pay bonuses: columns participant (hash or identity) and amount.",
)  # fmt: skip
@click.option(
    "--paid-by-hand", is_flag=True, help="Note all who finished as paid: you have paid them."
)
@click.option("--forget", is_flag=True, help="Then delete the identities of who is paid.")
@click.option(
    "--forget-all", is_flag=True,
    help="After the study: delete all identities but those of raters who are still to be paid.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def pay(
    folder: Path,
    bonus: Path | None,
    paid_by_hand: bool,
    forget: bool,
    forget_all: bool,
    yes: bool,
    database_url: str | None,
) -> None:
    """Pay the raters who finished the study in DIR; again is harmless.

    prolific: approve their submissions, with the token in PROLIFIC_TOKEN. Others: list whom to
    pay by hand, one a line: identity, completion code, time.
    """
    from listening_app.crowd.bonuses import read_bonuses
    from listening_app.crowd.recruiters import recruiter_of
    from listening_app.store import Store
    from listening_app.study import open_study

    study = open_study(folder)
    settings = study.settings
    with Store(study, database_url, create=False) as store:
        recruits = _finished(store, settings.platform.name)
        bonuses = read_bonuses(bonus, store.secret, recruits) if bonus else []
        unpaid = [recruit for recruit in recruits if recruit.paid_at is None]
        click.echo(_summary(settings.pay, recruits, unpaid, bonuses))
        # By hand, it is a list of whom to pay: nothing changes.
        is_list = settings.platform.name != "prolific" and not paid_by_hand
        if not yes:
            _ask(bool(unpaid or bonuses) and not is_list, paid_by_hand, forget, forget_all)
        if paid_by_hand:
            store.mark_paid([recruit.session for recruit in unpaid])
        elif unpaid:
            _settle(store, recruiter_of(study, store.secret), unpaid)
        if bonuses:
            recruiter_of(study, store.secret).pay_bonuses(bonuses)
            click.echo(f"{len(bonuses):,} bonuses paid")
        if forget or forget_all:
            _forget(store, forget_all, bool(settings.pay.amount))


def _finished(store: Store, platform: str) -> list[Recruit]:
    """The platform's raters who finished and whose identity is still stored."""
    return [
        recruit
        for recruit in store.recruits()
        if recruit.platform == platform and recruit.outcome == "complete"
    ]


def _summary(
    reward: Pay, recruits: Sequence[Recruit], unpaid: Sequence[Recruit], bonuses: Sequence[Bonus]
) -> str:
    return (
        f"{len(recruits):,} finished, {len(unpaid):,} not yet paid "
        f"({reward.amount * len(unpaid):,.2f} {reward.currency}); {len(bonuses):,} bonuses "
        f"({sum(each.amount for each in bonuses):,.2f} {reward.currency})"
    )


def _ask(is_paying: bool, paid_by_hand: bool, forget: bool, forget_all: bool) -> None:
    """Ask before something changes; raises SingError for a no."""
    from listening_app.commands.confirm import confirm

    if is_paying:
        confirm("Note them as paid?" if paid_by_hand else "Pay?")
    if forget_all:
        confirm("Delete the identities of all raters but those who are still to be paid?")
    elif forget and not is_paying:
        confirm("Delete the identities of those who are paid?")


def _forget(store: Store, is_after_study: bool, is_paid: bool) -> None:
    """Delete identities; those of raters who finished stay while they are owed something."""
    whose: Whose = "paid"
    if is_after_study:
        whose = "not owed" if is_paid else "all"
    click.echo(f"{store.forget_identities(whose):,} identities deleted")


def _settle(store: Store, recruiter: Recruiter, unpaid: Sequence[Recruit]) -> None:
    """Pay, note who is paid, and list the others."""
    from sing import log

    settled = recruiter.settle(unpaid)
    store.mark_paid(settled.paid)
    click.echo(f"{len(settled.paid):,} paid")
    for recruit in unpaid:
        reason = settled.open.get(recruit.session)
        if reason:
            click.echo(f"{recruit.identity}  {recruit.code}  {recruit.finished_at}  {reason}")
    if settled.open:
        log.info("%d not paid, listed above", len(settled.open))
