"""The mean of values that come in two crossings of clusters, such as instruments and pitches.

Two notes of one instrument are not independent, and neither are two of one pitch; nor are two
ratings of one rater, or of one note. An interval that should hold for other instruments *and*
other pitches (raters and notes) must count both. The variance is that of Cameron, Gelbach and
Miller (2011), "Robust inference with multiway clustering":

    V = V(first) + V(second) - V(cells),   V(g) = G / (G - 1) * sum over clusters of S^2 / N^2

with G the number of clusters, S a cluster's sum of deviations from the mean, N all values, and a
cell the values of one first and one second cluster. It is at least V(first) and V(second), since
the subtraction may overshoot where both effects are small (MacKinnon, Nielsen and Webb 2024). With
Student's t of min(G) - 1 degrees of freedom it covers 95 to 98 % in designs as sparse as a test
split (docs/decisions/0010, benchmarks/two_way_coverage.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from eval_suite.intervals import CONFIDENCE


@dataclass(frozen=True)
class TwoWayMean:
    """A mean, its 95 % interval, and the p-value of the hypothesis that it is 0 (two-sided)."""

    mean: float
    low: float
    high: float
    p_value: float
    standard_error: float
    values: int
    first_clusters: int
    second_clusters: int


def two_way_mean(
    values: NDArray[np.float64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> TwoWayMean:
    """The mean of `values` [N] whose clusters are `first` [N] and `second` [N], any integers.

    Cells may be empty, or hold several values. Raises ValueError when the shapes differ, a value
    is not finite, or there are fewer than two clusters of either kind.
    """
    if not values.shape == first.shape == second.shape or values.ndim != 1:
        raise ValueError(f"expected [N] three times, got {values.shape}, {first.shape}, ...")
    if not np.isfinite(values).all():
        raise ValueError("a value is NaN or infinite")
    rows, columns = _numbered(first), _numbered(second)
    counts = [int(numbers.max(initial=-1)) + 1 for numbers in (rows, columns)]
    if min(counts) < 2:
        raise ValueError(f"{counts[0]} and {counts[1]} clusters, expected at least two of each")
    mean = float(values.mean())
    error = math.sqrt(_variance(values - mean, rows, columns))
    degrees = min(counts) - 1
    half = float(special.stdtrit(degrees, (1 + CONFIDENCE) / 2)) * error
    p_value = _p_value(mean, error, degrees)
    return TwoWayMean(mean, mean - half, mean + half, p_value, error, len(values), *counts)


def _numbered(clusters: NDArray[np.int64]) -> NDArray[np.int64]:
    """The clusters numbered from 0 without gaps, [N]."""
    numbers: NDArray[np.int64] = np.unique(clusters, return_inverse=True)[1]
    return numbers


def _variance(
    deviations: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> float:
    cells = _numbered(rows * (int(columns.max()) + 1) + columns)
    of_rows, of_columns = _one_way(deviations, rows), _one_way(deviations, columns)
    return max(of_rows + of_columns - _one_way(deviations, cells), of_rows, of_columns)


def _one_way(deviations: NDArray[np.float64], clusters: NDArray[np.int64]) -> float:
    """The variance of the mean if only these clusters mattered."""
    sums = np.bincount(clusters, deviations)
    count = len(sums)
    return float(sums @ sums) * count / (count - 1) / len(deviations) ** 2


def _p_value(mean: float, error: float, degrees: int) -> float:
    if error == 0:
        return float(mean == 0)
    return 2 * float(special.stdtr(degrees, -abs(mean) / error))
