"""The mean of values that come in two crossings of clusters, such as instruments and pitches.

Two notes of one instrument are not independent, and neither are two of one pitch; nor are two
ratings of one rater, or of one note. An interval that should hold for other instruments *and*
other pitches (raters and notes) must count both. The variance is that of Cameron, Gelbach and
Miller (2011), "Robust inference with multiway clustering":

    V = V(first) + V(second) - V(cells)

with V(g) the sum over clusters of S^2, S a cluster's sum of the values' influences on the estimate
(for a mean, deviation / N), and a cell the values of one first and one second cluster. It is at
least V(first) and V(second), since the subtraction may overshoot where both effects are small
(MacKinnon, Nielsen and Webb 2024).

The sum of S^2 is too small, the more so the more unequal the clusters are. With p the clusters'
shares of the values, it is expected to be

    1 - 2 sum p^3 / sum p^2 + sum p^2

of what it estimates, if clusters shift all of their values alike, and is divided by that: by
(G - 1) / G for G equal clusters. Student's t has the degrees of freedom of the fewer clusters,
1 / sum p^2 - 1: as many as equal clusters would tell as much (Kish 1965), G - 1 for G equal ones,
and never fewer than those of two: where one cluster has nearly all values, the interval is too
narrow, and with fewer degrees of freedom it would have no end.
So it covers 95 to 98 % in designs as sparse as a test split, and where a few raters do most of the
work (docs/decisions/0010, benchmarks/two_way_coverage.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from eval_suite.intervals import CONFIDENCE, numbered

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
Kinds = tuple[str, str]

RATERS_AND_NOTES: Kinds = ("rater", "note")


@dataclass(frozen=True)
class Estimate:
    """An estimate with its two-way standard error and degrees of freedom of Student's t.

    Where these cannot be had, they are NaN and `reason` says why.
    """

    value: float
    standard_error: float
    degrees: float
    reason: str = ""

    @property
    def is_defined(self) -> bool:
        """Whether there is a standard error."""
        return not self.reason

    @property
    def half_width(self) -> float:
        """Half the 95 % interval."""
        return self.half_width_at(CONFIDENCE)

    def half_width_at(self, confidence: float) -> float:
        """Half the interval of this confidence."""
        if not self.is_defined:
            return math.nan
        return float(special.stdtrit(self.degrees, (1 + confidence) / 2)) * self.standard_error

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self.value - self.half_width

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.value + self.half_width

    @property
    def p_value(self) -> float:
        """Two-sided, of a true value of 0."""
        if not self.is_defined:
            return math.nan
        return min(1.0, 2 * self.chance_beyond(abs(self.value)))

    def chance_beyond(self, distance: float) -> float:
        """The chance that an estimate exceeds its true value by `distance` or more, one-sided."""
        if self.standard_error == 0:
            return 0.5 if distance == 0 else float(distance < 0)
        return float(special.stdtr(self.degrees, -distance / self.standard_error))


def two_way_mean(
    values: Values, first: Numbers, second: Numbers, kinds: Kinds = RATERS_AND_NOTES
) -> Estimate:
    """The mean of `values` [N] whose clusters are `first` [N] and `second` [N], any integers.

    Cells may be empty, or hold several values. `kinds` name the clusters in the reason why there
    is no interval. Raises ValueError when the shapes differ, and when there is no value or one is
    not finite.
    """
    if not values.shape == first.shape == second.shape or values.ndim != 1:
        raise ValueError(f"expected [N] three times, got {values.shape}, {first.shape}, ...")
    if not len(values) or not np.isfinite(values).all():
        raise ValueError("no value, or one that is NaN or infinite")
    mean = float(values.mean())
    shares = np.full(len(values), 1 / len(values))
    return two_way_sum(mean, (values - mean) * shares, shares, first, second, kinds)


def two_way_sum(
    value: float,
    influences: Values,
    shares: Values,
    first: Numbers,
    second: Numbers,
    kinds: Kinds = RATERS_AND_NOTES,
) -> Estimate:
    """The estimate `value` whose error is the sum of `influences` [N], each of one value.

    `shares` [N] add up to 1: how much each value weighs. The interval is undefined where there is
    one cluster of either kind.
    """
    rows, columns = numbered(first), numbered(second)
    for numbers, kind in zip((rows, columns), kinds, strict=True):
        if numbers.max() == 0:
            return Estimate(value, math.nan, math.nan, f"interval undefined: one {kind}")
    cells = numbered(rows * (int(columns.max()) + 1) + columns)
    of_rows, of_columns, of_cells = (
        _one_way(influences, shares, numbers) for numbers in (rows, columns, cells)
    )
    variance = max(of_rows + of_columns - of_cells, of_rows, of_columns)
    degrees = min(effective_number(shares, numbers) for numbers in (rows, columns)) - 1
    return Estimate(value, math.sqrt(variance), max(degrees, 1.0))


def effective_number(shares: Values, clusters: Numbers) -> float:
    """How many equally large clusters tell as much as these, numbered from 0 (Kish 1965)."""
    return 1 / float(np.square(np.bincount(clusters, shares)).sum())


def _one_way(influences: Values, shares: Values, clusters: Numbers) -> float:
    """The variance of the estimate if only these clusters mattered."""
    sums, sizes = np.bincount(clusters, influences), np.bincount(clusters, shares)
    squares, cubes = float((sizes**2).sum()), float((sizes**3).sum())
    return float(sums @ sums) / (1 - 2 * cubes / squares + squares)
