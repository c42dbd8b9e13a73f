"""What a rule finds: why each rater is not to be kept, and what it could not look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Finding:
    """One reason a rater, empty for those who pass, and remarks on the rule as a whole.

    `correlation`, `null_quantile` and `control_score` [raters] are given by the rules that look at
    them, with NaN where undefined.
    """

    reasons: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    correlation: Values | None = None
    null_quantile: Values | None = None
    control_score: Values | None = None


def reasons(fails: Iterable[bool], word: Callable[[int], str]) -> tuple[str, ...]:
    """The word for each rater who fails, empty for the others."""
    return tuple(word(rater) if failed else "" for rater, failed in enumerate(fails))


def unknown(rule: str, known: NDArray[np.bool_]) -> tuple[str, ...]:
    """The remark that a rule knows nothing of some raters, who therefore pass it."""
    lacking = int((~known).sum())
    if not lacking:
        return ()
    return (f"{rule}: nothing known of {lacking:,} of {len(known):,} raters, who pass this rule",)
