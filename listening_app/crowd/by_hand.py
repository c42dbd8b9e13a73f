"""Recruiting and paying by hand: files to give out, and a list of whom to pay.

local   links.csv with a link a rater, which nobody else can guess
mturk   external-question.xml, which a HIT is made of
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from listening_app.crowd import with_query
from listening_app.crowd.local import LINK_COLUMNS, LINKS, PARAMETER
from listening_app.crowd.mturk import external_question
from listening_app.crowd.recruiting import Bonus, Offer, Settlement
from listening_app.store import Recruit
from sing import files, log
from sing.errors import SingError

QUESTION = "external-question.xml"

_CODE_BYTES = 9


class ByLinks:
    """Raters whom the experimenter invites. Links made before stay; more are added."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LINKS

    def publish(self, offer: Offer, is_live: bool) -> Sequence[str]:  # noqa: ARG002  # always live
        """Write as many links as there are places; lines to print."""
        found = files.read_csv(self._path, LINK_COLUMNS) if self._path.exists() else []
        codes = [row["rater"] for row in found]
        codes += [secrets.token_urlsafe(_CODE_BYTES) for _ in range(offer.places - len(codes))]
        rows = [
            {"rater": code, "link": with_query(offer.address, urlencode({PARAMETER: code}))}
            for code in codes
        ]
        files.write_csv(self._path, LINK_COLUMNS, rows)
        return [f"{self._path}  {len(rows):,} links, one a rater"]

    def settle(self, finished: Sequence[Recruit]) -> Settlement:
        """Nobody is paid by us."""
        return _unsettled(finished)

    def pay_bonuses(self, bonuses: Sequence[Bonus]) -> None:
        """Raises SingError if there are any: nobody is paid by us."""
        _refuse_bonuses(bonuses)


class ByHits:
    """Workers of Mechanical Turk, or of a service that speaks its protocol."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / QUESTION

    def publish(self, offer: Offer, is_live: bool) -> Sequence[str]:  # noqa: ARG002  # by hand
        """Write the question that a HIT is made of; lines to print."""
        log.warning("Amazon closed Mechanical Turk on 2026-09-30; the file is for services like it")
        if not offer.address.startswith("https://"):
            raise SingError(f"{offer.address}: a HIT shows https:// only; serve the study by it")
        files.write_text(self._path, external_question(offer.address))
        return [f"{self._path}  make a HIT of it with {offer.places:,} assignments"]

    def settle(self, finished: Sequence[Recruit]) -> Settlement:
        """Nobody is paid by us."""
        return _unsettled(finished)

    def pay_bonuses(self, bonuses: Sequence[Bonus]) -> None:
        """Raises SingError if there are any: nobody is paid by us."""
        _refuse_bonuses(bonuses)


def _unsettled(finished: Sequence[Recruit]) -> Settlement:
    return Settlement((), {recruit.session: "to be paid by hand" for recruit in finished})


def _refuse_bonuses(bonuses: Sequence[Bonus]) -> None:
    if bonuses:
        raise SingError("--bonus: only Prolific's raters are paid by this command; pay by hand")
