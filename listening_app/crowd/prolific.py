"""Raters from Prolific: who comes by its links, and the codes with which they are sent back.

https://study.example.org/?PROLIFIC_PID=...&STUDY_ID=...&SESSION_ID=...

Prolific knows one completion code an outcome, the same for all raters of a study. Ours are made
from the study's secret, so server and `sing-eval study publish` agree without telling each other,
and nobody can guess one. That a rater is done is decided by the study's own records, not by a code.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from listening_app.crowd import Arrival, Ending, with_query
from listening_app.store.records import Outcome

COMPLETE = "https://app.prolific.com/submissions/complete"
"""Where raters go at the end, with ?cc=CODE."""

PARAMETERS = ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")

CODED: tuple[Outcome, ...] = ("complete", "no_consent", "screened_out")
"""The outcomes that have a code."""

_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_CODE_CHARACTERS = 10


def completion_codes(secret: bytes) -> dict[Outcome, str]:
    """The code of each outcome, from the study's secret."""
    return {
        outcome: hmac.new(secret, f"prolific code of {outcome}".encode(), hashlib.sha256)
        .hexdigest()[:_CODE_CHARACTERS]
        .upper()
        for outcome in CODED
    }


def study_address(address: str) -> str:
    """The study's address with the parameters that Prolific fills in for each rater."""
    return with_query(address, "&".join(f"{name}={{{{%{name}%}}}}" for name in PARAMETERS))


class Prolific:
    """Links that Prolific sends raters to, and where they go afterwards."""

    name = "prolific"
    frame_ancestors: tuple[str, ...] = ()
    form_targets: tuple[str, ...] = ()

    def __init__(self, secret: bytes, completion_url: str = "") -> None:
        self._codes = completion_codes(secret)
        self._url = completion_url or COMPLETE

    def arrive(self, parameters: Mapping[str, str]) -> Arrival | None:
        """The rater of PROLIFIC_PID; None when a parameter is missing or no id."""
        ids = {name: parameters.get(name, "") for name in PARAMETERS}
        if any(_ID.fullmatch(text) is None for text in ids.values()):
            return None
        identity = ids.pop("PROLIFIC_PID")
        return Arrival(identity, ids)

    def ending(
        self,
        outcome: Outcome,
        code: str | None,
        details: Mapping[str, str],  # noqa: ARG002  # another platform's
    ) -> Ending:
        """Back to Prolific with the outcome's code; without one, who is not done stays here."""
        if outcome not in self._codes or (outcome == "complete" and not code):
            return Ending()
        return Ending(with_query(self._url, urlencode({"cc": self._codes[outcome]})))
