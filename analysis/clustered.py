"""The two-way clustered variance where some raters give many more ratings than others.

`eval_suite.two_way` takes clusters for about equally large. In a crowd, where a few raters do most
of the work, its factor G / (G - 1) and its G - 1 degrees of freedom promise too much. With p_g the
cluster's share of the values, the sum of squares of cluster sums is expected to be

    1 - 2 sum p^3 / sum p^2 + sum p^2

of what it estimates, if clusters shift all of their values alike, and there are only 1 / sum p^2
clusters' worth of information (Kish's effective number). For equal clusters these are (G - 1) / G
and G, so that both modules agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from eval_suite.intervals import CONFIDENCE

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


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
        """The chance that t exceeds `distance` in standard errors, one-sided."""
        if self.standard_error == 0:
            return 0.5 if distance == 0 else float(distance < 0)
        return float(special.stdtr(self.degrees, -distance / self.standard_error))


def clustered_mean(values: Values, participant: Numbers, note: Numbers) -> Estimate:
    """The mean of `values` [T] whose participants and notes are any integers, [T].

    Raises ValueError when there is no value or one is not finite.
    """
    if not len(values) or not np.isfinite(values).all():
        raise ValueError("no value, or one that is NaN or infinite")
    mean = float(values.mean())
    shares = np.full(len(values), 1 / len(values))
    return clustered_sum(mean, (values - mean) * shares, shares, participant, note)


def clustered_sum(
    value: float, influences: Values, shares: Values, participant: Numbers, note: Numbers
) -> Estimate:
    """The estimate `value` whose error is the sum of `influences` [T], one of each rating.

    `shares` [T] add up to 1: how much each rating weighs. Not defined for one rater or one note.
    """
    rows, columns = (np.unique(kind, return_inverse=True)[1] for kind in (participant, note))
    for kind, name in ((rows, "rater"), (columns, "note")):
        if kind.max() == 0:
            return Estimate(value, math.nan, math.nan, f"interval undefined: one {name}")
    cells = np.unique(rows * (int(columns.max()) + 1) + columns, return_inverse=True)[1]
    of_rows, of_columns, of_cells = (
        _one_way(influences, shares, kind) for kind in (rows, columns, cells)
    )
    variance = max(of_rows + of_columns - of_cells, of_rows, of_columns)
    degrees = min(effective_number(shares, kind) for kind in (rows, columns)) - 1
    return Estimate(value, math.sqrt(variance), max(degrees, 1.0))


def effective_number(shares: Values, clusters: Numbers) -> float:
    """How many equally large clusters tell as much as these (Kish 1965)."""
    return 1 / float(np.square(np.bincount(clusters, shares)).sum())


def _one_way(influences: Values, shares: Values, clusters: Numbers) -> float:
    """The variance of the estimate if only these clusters mattered."""
    sums, sizes = np.bincount(clusters, influences), np.bincount(clusters, shares)
    squares, cubes = float((sizes**2).sum()), float((sizes**3).sum())
    return float(sums @ sums) / (1 - 2 * cubes / squares + squares)
