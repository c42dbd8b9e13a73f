"""Errors that are the user's to mend, each printed as one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SingError(Exception):
    """The user's fault, worded "where: what is wrong; what to do". Exit code 2."""

    exit_code = 2


class CheckFailed(SingError):
    """A check ran to its end and found faults; its results are written. Exit code 3."""

    exit_code = 3


class SaidElsewhere(SingError):
    """The user's error, which another process of the same command prints."""

    def __init__(self, exit_code: int) -> None:
        super().__init__("another process of this command failed; its own message says why")
        self.exit_code = exit_code


def suggestion(name: str, known: Iterable[str]) -> str:
    """The nearest of the `known` names, as the end of an error message.

    "did you mean 'pitch'?" when one is close, else the known names (the first twelve).
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    listed = ", ".join(names[:12]) + (f", ... ({len(names):,} in all)" if len(names) > 12 else "")
    return f"known: {listed}" if names else "none is known"
