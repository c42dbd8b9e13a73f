"""Times of answers, which other tools write in other ways, as UTC in ISO 8601: text that sorts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd

from sing.errors import SingError

_MTURK = "%a %b %d %H:%M:%S %Y"
_MTURK_ZONES = {"PST": -8, "PDT": -7, "UTC": 0, "GMT": 0}
"""Hours from UTC of what stands between time and year: Mon Jan 06 10:00:00 PST 2020."""


def utc_times(texts: pd.Series, path: Path, places: tuple[str, ...]) -> pd.Series:
    """The times as UTC to the microsecond; an empty cell stays empty.

    Understood are ISO 8601, in UTC where it names no zone, and times of Mechanical Turk. Raises
    SingError with the line of another one.
    """
    found = []
    for text, place in zip(texts, places, strict=True):
        moment = _moment(text)
        if text and moment is None:
            raise SingError(
                f"{path}: {place}: submitted_at '{text}' is no time such as 2020-01-06T18:00:00Z; "
                "mend the cell, or leave the column out with --column submitted_at="
            )
        found.append("" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}")
    return pd.Series(found, index=texts.index, dtype=texts.dtype)


def _moment(text: str) -> datetime | None:
    """The time in UTC, or None."""
    words = text.split()
    try:
        if len(words) == len(_MTURK.split()) + 1 and words[4] in _MTURK_ZONES:
            zone = timezone(timedelta(hours=_MTURK_ZONES[words.pop(4)]))
            moment = datetime.strptime(" ".join(words), _MTURK).replace(tzinfo=zone)
        else:
            moment = datetime.fromisoformat(text)
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: the first or last day of all years
        return None
