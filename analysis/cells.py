"""Numbers as they stand in the printed tables of preferences, differences and agreement."""

from __future__ import annotations

import math
from collections.abc import Iterable


def interval(value: float, low: float, high: float, decimals: int = 3) -> str:
    """`0.697 [0.667, 0.725]`; the value alone where there is no interval, `-` where there is none.

    A minus stands only where the rounded number is not 0.
    """
    if math.isnan(value):
        return "-"
    number = fixed(value, decimals)
    if math.isnan(low) or math.isnan(high):
        return number
    return f"{number} [{fixed(low, decimals)}, {fixed(high, decimals)}]"


def ends(low: float, high: float, decimals: int = 3) -> str:
    """`[0.667, 0.725]`; `-` where there is no interval."""
    if math.isnan(low) or math.isnan(high):
        return "-"
    return f"[{fixed(low, decimals)}, {fixed(high, decimals)}]"


def fixed(value: float, decimals: int = 3) -> str:
    """The number with so many decimals; `-` for NaN."""
    return "-" if math.isnan(value) else f"{round(value, decimals) + 0.0:.{decimals}f}"


def p_text(p_value: float) -> str:
    """`0.012`, or `<0.001`; `-` for NaN."""
    return "<0.001" if p_value < 0.001 else fixed(p_value)


def reasons(named: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """A remark for each reason, with the rows that it is of: `sing | wavenet: one rater`."""
    of_reason: dict[str, list[str]] = {}
    for name, reason in named:
        if reason:
            of_reason.setdefault(reason, []).append(name)
    return tuple(f"{', '.join(names)}: {reason}" for reason, names in of_reason.items())
