"""Numbers and reasons as they stand in the printed tables on ratings and choices."""

from __future__ import annotations

import math
from collections.abc import Iterable

UNKNOWN = "-"
"""Stands where a number cannot be had."""

_MOST_NAMES = 3


def interval(value: float, low: float, high: float, decimals: int = 3) -> str:
    """`0.697 [0.667, 0.725]`; the value alone where there is no interval, `-` where there is none.

    A minus stands only where the rounded number is not 0.
    """
    if math.isnan(value):
        return UNKNOWN
    number = with_decimals(value, decimals)
    if math.isnan(low) or math.isnan(high):
        return number
    return f"{number} [{with_decimals(low, decimals)}, {with_decimals(high, decimals)}]"


def ends(low: float, high: float, decimals: int = 3) -> str:
    """`[0.667, 0.725]`; `-` where there is no interval."""
    if math.isnan(low) or math.isnan(high):
        return UNKNOWN
    return f"[{with_decimals(low, decimals)}, {with_decimals(high, decimals)}]"


def with_decimals(value: float, decimals: int = 3) -> str:
    """The number with so many decimals; `-` for NaN."""
    return number(round(value, decimals) + 0.0, f".{decimals}f")


def number(value: float, form: str) -> str:
    """The number in this format, such as `.0%`; `-` for NaN."""
    return UNKNOWN if math.isnan(value) else format(value, form)


def reasons(named: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """A remark for each reason, with the first rows that it is of: `sing | wavenet: one rater`."""
    of_reason: dict[str, list[str]] = {}
    for name, reason in named:
        if reason:
            of_reason.setdefault(reason, []).append(name)
    return tuple(f"{_listed(names)}: {reason}" for reason, names in of_reason.items())


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")
