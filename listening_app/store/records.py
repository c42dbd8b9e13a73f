"""What goes into the store and comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Outcome = Literal["active", "complete", "dropped", "screened_out", "no_consent"]

ENDED: tuple[Outcome, ...] = ("complete", "screened_out", "no_consent")
"""Outcomes after which nothing changes; a session that was dropped may come back."""

Clock = Callable[[], float]
"""Seconds since 1970, as time.time: injected, so that a test can turn it back."""


@dataclass(frozen=True)
class Answer:
    """What a rater gave for one trial.

    `position` is the trial's place in the sheet, from 1; `uuid` is made by the browser once an
    answer and stays the same when it is sent again. `values` is {"score": 4} of a MOS or CMOS
    trial, {"choice": "A"} (a slot) of a comparison, {"S1": 80, ...} of a MUSHRA trial.
    """

    position: int
    uuid: str
    values: Mapping[str, float | str]
    plays: int = 0
    listened_seconds: float = 0.0
    seconds: float = 0.0
    comment: str = ""


@dataclass(frozen=True)
class Saved:
    """An answer is on disk. `position_next` is the next trial's, one past the last when done."""

    position_next: int
    is_done: bool


@dataclass(frozen=True)
class SessionState:
    """Where a session stands.

    `stage`: consent, questions, sound, headphones, practice, trials or done. `position` is the
    next trial's (from 1) of `trials`. `code` is there only when every answer is stored.
    """

    session: str
    participant: str
    platform: str
    sheet: str
    stage: str
    position: int
    trials: int
    outcome: Outcome
    language: str
    device: str = ""
    code: str | None = None


@dataclass(frozen=True)
class Rater:
    """Who asks to take part. `details` is what the platform sends along and paying needs."""

    platform: str
    identity: str
    language: str
    details: Mapping[str, str]


@dataclass(frozen=True)
class Recruit:
    """A rater as paying needs to know them: the identity that the export does not have."""

    session: str
    platform: str
    identity: str
    outcome: Outcome
    code: str | None
    started_at: str
    finished_at: str | None
    paid_at: str | None
    details: Mapping[str, str] = field(default_factory=dict)


def utc(seconds: float) -> str:
    """The time as text: UTC, ISO 8601, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:23] + "Z"
