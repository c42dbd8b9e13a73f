"""Numbers as they are printed: one count of decimals for a column, none lost to rounding."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?( ± \d+(\.\d+)?([eE][-+]?\d+)?)?")


@dataclass(frozen=True)
class NumberStyle:
    """How a column prints its numbers.

    At least `least` decimals, and as many as give the smallest number `significant` digits, but no
    more than `most`: a smaller number is printed as 1.2e-07. With `by_cell` every number has its
    own: for columns that span orders of magnitude.
    """

    least: int = 0
    most: int = 6
    significant: int = 2
    by_cell: bool = False


def decimals(values: Iterable[float], style: NumberStyle) -> int:
    """The count of decimals of a column that holds these values; NaN and 0 decide nothing."""
    sizes = [abs(value) for value in values if math.isfinite(value) and value != 0]
    if not sizes:
        return style.least
    needed = style.significant - 1 - math.floor(math.log10(min(sizes)))
    return min(style.most, max(style.least, needed))


def fixed(value: float, places: int) -> str:
    """The value with so many decimals; in powers of ten if that would print nothing but zeros."""
    if value != 0 and round(abs(value), places) == 0:
        return f"{value:.1e}"
    return f"{value:.{places}f}"


def with_half_width(value: float, half: float, places: int) -> str:
    """`3.55 ± 0.23`; the value alone where the half-width is NaN.

    Neither is rounded to nothing, and both are in powers of ten where the value is.
    """
    if math.isnan(half):
        return fixed(value, places)
    shown = fixed(value, places)
    return f"{shown} ± {half:.1e}" if "e" in shown else f"{shown} ± {fixed(half, places)}"


def is_number(text: str) -> bool:
    """Whether a printed cell is a number, with or without its half-width."""
    return _NUMBER.fullmatch(text) is not None


def percent(share: float) -> str:
    """`69.7 %`."""
    return f"{100 * share:.1f} %"
