"""Recruiting and paying through Prolific's HTTP interface.

publish   a draft study, then (a second time, or at once) live; its id is kept in recruiting.json,
          and before that the name by which a study is found again whose making was not answered
settle    every submission is looked up, and approved when it is this rater's and awaits review
bonuses   noted in bonuses.csv before they are sent: Prolific pays twice what is sent twice
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from listening_app.crowd.prolific import completion_codes, study_address
from listening_app.crowd.prolific_http import Connection, Declined
from listening_app.crowd.recruiting import RECORD, Bonus, Offer, Settlement, record_of
from listening_app.store import Recruit
from sing import files
from sing.errors import SingError
from sing.log import progress

BONUSES = "bonuses.csv"
BONUS_COLUMNS = ("session", "amount", "payment", "state", "at")
MOST_BONUSES = 200
"""Of one payment, by Prolific's rules."""

_ASKED = "asked"
"""The state of a study that Prolific was asked to make, before it has said that it did."""

_DESCRIPTION_CHARACTERS = 5_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ProlificRecruiter:
    """One study's raters on Prolific. Raises SingError without a token in PROLIFIC_TOKEN."""

    def __init__(self, folder: Path, secret: bytes, connection: Connection | None = None) -> None:
        self._folder = folder
        self._codes = completion_codes(secret)
        self._prolific = connection or Connection()

    def publish(self, offer: Offer, is_live: bool) -> Sequence[str]:
        """Make a draft if there is none yet, and take it live if asked; lines to print."""
        record = record_of(self._folder)
        if not record.get("study"):
            record = self._draft(offer, record.get("internal_name", ""))
        study, state = record.get("study", ""), record.get("state", "")
        if is_live and state != "live":
            self._prolific.post(f"studies/{study}/transition/", {"action": "PUBLISH"})
            state = "live"
            files.write_json(self._folder / RECORD, {**record, "state": state})
        lines = [f"Prolific study {study}: {state}"]
        if state == "draft":
            lines.append("look at it on Prolific, then publish it there or with --live")
        return lines

    def _draft(self, offer: Offer, name: str) -> dict[str, str]:
        """The record of a draft: made now, or found by the `name` under which it was asked for."""
        path = self._folder / RECORD
        found = self._found(name) if name else None
        if found is None:
            body = self._study(offer)
            self._check_currency(offer)
            # Our own part of the name: the account may have another study that is called the same.
            name = name or f"{offer.name} {secrets.token_hex(4)}"
            asked = {"platform": "prolific", "state": _ASKED, "internal_name": name}
            files.write_json(path, asked)
            try:
                found = self._prolific.post("studies/", {**body, "internal_name": name})
            except Declined:
                path.unlink()  # nothing was made
                raise
        state = "draft" if _status(found) in ("", "UNPUBLISHED") else "live"
        record = {"platform": "prolific", "study": _id(found), "state": state}
        files.write_json(path, record)
        return record

    def _found(self, name: str) -> dict[str, Any] | None:
        """The study of this internal name; None if Prolific has none."""
        listed = self._prolific.get("studies/").get("results")
        if not isinstance(listed, list):
            raise SingError(
                "Prolific: cannot list the studies; look there whether the study was made, and "
                f"write its id to {self._folder / RECORD} as study, with draft as state"
            )
        named = [each for each in listed if each.get("internal_name") == name]
        if len(named) > 1:
            raise SingError(f"Prolific: {len(named)} studies '{name}'; delete all but one there")
        return named[0] if named else None

    def settle(self, finished: Sequence[Recruit]) -> Settlement:
        """Approve what awaits review; a submission counts only if Prolific says whose it is."""
        study = self._study_id()
        paid, still_open = [], {}
        for recruit in progress(finished, "approve"):
            reason = self._approve(study, recruit)
            if reason:
                still_open[recruit.session] = reason
            else:
                paid.append(recruit.session)
        return Settlement(tuple(paid), still_open)

    def pay_bonuses(self, bonuses: Sequence[Bonus]) -> None:
        """Pay each bonus once. Raises SingError, before any is sent, if one was sent before."""
        study = self._study_id()
        path = self._folder / BONUSES
        rows = files.read_csv(path, BONUS_COLUMNS) if path.exists() else []
        state = {row["session"]: row["state"] for row in rows}
        for bonus in bonuses:
            if bonus.session in state:
                raise SingError(
                    f"{path}: session {bonus.session} has a bonus already "
                    f"({state[bonus.session]}); take it out of the list, or pay more on Prolific"
                )
        for start in range(0, len(bonuses), MOST_BONUSES):
            rows = self._pay(study, bonuses[start : start + MOST_BONUSES], path, rows)

    def _pay(
        self, study: str, bonuses: Sequence[Bonus], path: Path, rows: list[dict[str, str]]
    ) -> list[dict[str, str]]:
        listed = "\n".join(f"{bonus.identity},{bonus.amount:.2f}" for bonus in bonuses)
        made = self._prolific.post(
            "submissions/bonus-payments/", {"study_id": study, "csv_bonuses": listed}
        )
        payment = _id(made)
        files.write_csv(path, BONUS_COLUMNS, [*rows, *_rows(bonuses, payment, "sent")])
        try:
            self._prolific.post(f"bulk-bonus-payments/{payment}/pay/", {})
        except Declined:
            files.write_csv(path, BONUS_COLUMNS, rows)  # nobody was paid
            raise
        except SingError as error:
            raise SingError(
                f"{error}. Payment {payment} may have been made: look on Prolific, and pay it "
                f"there if not; {path} keeps it as sent"
            ) from None
        rows = [*rows, *_rows(bonuses, payment, "paid")]
        files.write_csv(path, BONUS_COLUMNS, rows)
        return rows

    def _approve(self, study: str, recruit: Recruit) -> str:
        """Approve a rater's submission; why not, or empty when they are paid."""
        submission = recruit.details.get("SESSION_ID", "")
        if _ID.fullmatch(submission) is None:
            return "no submission id"
        found = self._prolific.get(f"submissions/{submission}/")
        participant = found.get("participant_id") or found.get("participant")
        if participant != recruit.identity or found.get("study_id", study) != study:
            return "another rater's submission, by Prolific's records"
        status = _status(found)
        if status == "AWAITING REVIEW":
            told = self._prolific.post(
                f"submissions/{submission}/transition/", {"action": "APPROVE"}
            )
            status = _status(told) or status
        return "" if status == "APPROVED" else f"Prolific says {status.lower() or 'nothing'}"

    def _study_id(self) -> str:
        study = record_of(self._folder).get("study", "")
        if not study:
            raise SingError(
                f"{self._folder / RECORD}: no study on Prolific; sing-eval study publish "
                f"{self._folder} makes one, or write its id there as study"
            )
        return study

    def _check_currency(self, offer: Offer) -> None:
        """Rewards are in the currency of the account; Prolific would not ask."""
        account = self._prolific.get("users/me/").get("currency_code")
        if account and account != offer.currency:
            raise SingError(
                f"pay.currency = '{offer.currency}': the Prolific account has {account}; set it "
                "in study.toml, and the amount with it"
            )

    def _study(self, offer: Offer) -> dict[str, Any]:
        cents = round(offer.amount * 100)
        if cents < 1:
            raise SingError("pay.amount: Prolific's raters are paid; set it in study.toml")
        return {
            "name": offer.title,
            "internal_name": offer.name,
            "description": offer.description[:_DESCRIPTION_CHARACTERS],
            "external_study_url": study_address(offer.address),
            "prolific_id_option": "url_parameters",
            "completion_codes": [
                {
                    "code": code,
                    "code_type": "COMPLETED" if outcome == "complete" else "OTHER",
                    "actions": [{"action": "MANUALLY_REVIEW"}],
                }
                for outcome, code in self._codes.items()
            ],
            "total_available_places": offer.places,
            "estimated_completion_time": offer.minutes,
            "reward": cents,
            "device_compatibility": ["desktop", "tablet", "mobile"],
            "peripheral_requirements": ["audio"],
        }


def _rows(bonuses: Iterable[Bonus], payment: str, state: str) -> list[dict[str, str]]:
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return [
        {
            "session": bonus.session,
            "amount": f"{bonus.amount:.2f}",
            "payment": payment,
            "state": state,
            "at": at,
        }
        for bonus in bonuses
    ]


def _id(made: dict[str, Any]) -> str:
    found = made.get("id")
    if not isinstance(found, str) or _ID.fullmatch(found) is None:
        raise SingError("Prolific: the reply names no id; look on Prolific what was made")
    return found


def _status(submission: dict[str, Any]) -> str:
    return str(submission.get("status", "")).upper().replace("_", " ")
