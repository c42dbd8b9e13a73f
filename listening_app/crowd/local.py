"""Raters whom the experimenter invites: by links with a code, or by one open link."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from listening_app.crowd import MAX_IDENTITY, Arrival, Ending, with_query
from listening_app.store.records import Outcome

PARAMETER = "rater"
"""https://study.example.org/?rater=CODE: the code is the rater's identity."""


class Local:
    """Links that the experimenter hands out."""

    name = "local"
    frame_ancestors: tuple[str, ...] = ()
    form_targets: tuple[str, ...] = ()

    def __init__(self, completion_url: str) -> None:
        self._completion_url = completion_url

    def arrive(self, parameters: Mapping[str, str]) -> Arrival | None:
        """The code in the link; without one, somebody new, known by a code that we make up."""
        if PARAMETER not in parameters:
            return Arrival(f"open-{secrets.token_hex(8)}")
        code = parameters[PARAMETER].strip()
        if not code or len(code) > MAX_IDENTITY or not code.isprintable():
            return None
        return Arrival(code)

    def ending(
        self,
        outcome: Outcome,
        code: str | None,
        details: Mapping[str, str],  # noqa: ARG002  # another platform's
    ) -> Ending:
        """The study's completion_url with the code, for those who finished."""
        if outcome != "complete" or not code or not self._completion_url:
            return Ending()
        return Ending(with_query(self._completion_url, urlencode({"cc": code})))
