"""Raters whom the experimenter invites: by links with a code, or by one open link."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from listening_app.crowd import MAX_IDENTITY, VISITOR, Arrival, Ending, with_query
from listening_app.store.records import Outcome
from sing import files

PARAMETER = "rater"
"""https://study.example.org/?rater=CODE: the code is the rater's identity."""

LINKS = "links.csv"
LINK_COLUMNS = ("rater", "link")

_MADE = re.compile(r"[0-9a-f-]{32,36}")


class Issued:
    """The codes of the links that were made, also of those that come while the study is served."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[object, frozenset[str]] = (None, frozenset())
        self.codes()

    def codes(self) -> frozenset[str] | None:
        """The codes; None if no links were made. Raises SingError when the file is damaged."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        version = (status.st_ino, status.st_size, status.st_mtime_ns)
        if version != self._read[0]:
            rows = files.read_csv(self._path, LINK_COLUMNS)
            self._read = (version, frozenset(row["rater"] for row in rows))
        return self._read[1]


class Local:
    """Links that the experimenter hands out.

    `issued`: once there are such links, only their codes are somebody; with `is_open` also whoever
    comes without a code. Else anybody could hold every sheet under names of their own making.
    """

    name = "local"
    frame_ancestors: tuple[str, ...] = ()
    form_targets: tuple[str, ...] = ()

    def __init__(
        self, completion_url: str, issued: Issued | None = None, is_open: bool = False
    ) -> None:
        self._completion_url = completion_url
        self._issued = issued
        self._is_open = is_open

    def arrive(self, parameters: Mapping[str, str]) -> Arrival | None:
        """The code in the link; without one, somebody new, known by what their browser made up."""
        codes = self._issued.codes() if self._issued else None
        if PARAMETER not in parameters:
            return None if codes is not None and not self._is_open else _visitor(parameters)
        code = parameters[PARAMETER].strip()
        if not code or len(code) > MAX_IDENTITY or not code.isprintable():
            return None
        return Arrival(code) if codes is None or code in codes else None

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


def _visitor(parameters: Mapping[str, str]) -> Arrival | None:
    made = parameters.get(VISITOR) or secrets.token_hex(16)
    return Arrival(f"open-{made}") if _MADE.fullmatch(made) else None
