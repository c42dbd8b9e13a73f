"""Holm's correction of p-values for several hypotheses tested at once."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted by Holm's step-down procedure (1979), in their order.

    NaN, an unknown p-value, stays NaN and takes no part. Calling every hypothesis
    false whose adjusted value is below 0.05 calls a true one false with a chance of at most 5 %,
    whatever the dependence between the tests. The smallest of m values is multiplied by m, the
    next by m - 1 and so on; none gets below the one before it, or above 1.
    """
    adjusted = [math.nan] * len(p_values)
    known = [place for place, p_value in enumerate(p_values) if not math.isnan(p_value)]
    largest = 0.0
    for step, place in enumerate(sorted(known, key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, (len(known) - step) * p_values[place]))
        adjusted[place] = largest
    return adjusted
