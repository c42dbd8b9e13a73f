"""Recruiters: what `sing-eval study publish` and `pay` need of a platform.

          publish                       settle, pay_bonuses
study ────────────> platform   store ───────────────────────> platform

A platform without an interface of its own (links, Mechanical Turk) gives files instead: what to
hand out, and whom to pay by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from listening_app.describe import told_minutes
from listening_app.store import Recruit
from listening_app.store.codes import study_secret
from listening_app.store.plan import Plan
from listening_app.study import DATABASE, Study
from sing import files
from sing.errors import SingError


@dataclass(frozen=True)
class Offer:
    """What a platform tells raters of a study. `amount` is the reward, in the currency's units."""

    name: str
    title: str
    description: str
    address: str
    places: int
    minutes: int
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Bonus:
    """What a rater gets beside the reward."""

    session: str
    identity: str
    amount: Decimal


@dataclass(frozen=True)
class Settlement:
    """Sessions whose raters have been paid, and for each other one why not."""

    paid: tuple[str, ...]
    open: Mapping[str, str]


class Recruiter(Protocol):
    """A platform that raters are asked for and paid through."""

    def publish(self, offer: Offer, is_live: bool) -> Sequence[str]:
        """Put the study before raters (a draft first, unless `is_live`); lines to print."""

    def settle(self, finished: Sequence[Recruit]) -> Settlement:
        """Pay the reward of these raters, who finished; again is harmless."""

    def pay_bonuses(self, bonuses: Sequence[Bonus]) -> None:
        """Pay these bonuses, each once: whoever had one before is an error."""


def offer_of(study: Study, address: str, description: str, places: int) -> Offer:
    """The offer of a study at this public address; what is not given is as in study.toml."""
    settings = study.settings
    plan = Plan(study)
    needed = len(study.sheets) - len(plan.surplus)
    return Offer(
        name=settings.name,
        title=settings.title,
        description=description or settings.consent.text,
        address=address,
        places=places or settings.platform.places or needed,
        minutes=told_minutes(study),
        amount=Decimal(str(settings.pay.amount)),
        currency=settings.pay.currency,
    )


RECORD = "recruiting.json"
"""What was published, in the study's folder."""


def record_of(folder: Path) -> dict[str, str]:
    """What `publish` noted of the platform's study; empty before."""
    path = folder / RECORD
    if not path.exists():
        return {}
    found = files.read_json(path)
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise SingError(f"{path}: not as publish wrote it; restore the file")
    return found


def secret_of(folder: Path) -> bytes:
    """The study's secret, made if the study has not begun; a begun one must have it."""
    return study_secret(folder, create=not (folder / DATABASE).exists())
