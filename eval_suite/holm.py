"""Holm's correction of p-values for several hypotheses tested at once."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted by Holm's step-down procedure (1979), in their order.

    Calling every hypothesis false whose adjusted value is below 0.05 calls a true one false with a
    chance of at most 5 %, whatever the dependence between the tests. The smallest of m values is
    multiplied by m, the next by m - 1 and so on; none gets below the one before it, or above 1.
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for step, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, (len(p_values) - step) * p_values[place]))
        adjusted[place] = largest
    return adjusted
