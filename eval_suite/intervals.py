"""Means with bootstrap intervals, for values that come in clusters.

The velocities of one (instrument, pitch) pair are held out together and sound alike, so pairs,
not notes, are what another draw of the test set would draw again.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
CONFIDENCE = 0.95

_BLOCK_CELLS = 1 << 22  # resampled clusters drawn at once: 32 MB of integers


def cluster_numbers(clusters: Sequence[Hashable]) -> NDArray[np.int64]:
    """The clusters numbered from 0 in the order of their first appearance, [N]."""
    number_of: dict[Hashable, int] = {}
    return np.array([number_of.setdefault(c, len(number_of)) for c in clusters], dtype=np.int64)


def numbered(labels: NDArray[np.generic]) -> NDArray[np.int64]:
    """Labels as numbers from 0 without gaps, in sorted order, [N]."""
    return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)


def bootstrap_means(
    values: NDArray[np.float64],
    clusters: NDArray[np.int64],
    seed: int,
    resamples: int = RESAMPLES,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Means of columns and their 95 % percentile intervals: (mean, low, high), each [K].

    `values` [N, K] may hold NaN for a missing value; `clusters` [N] are numbers from 0. Whole
    clusters are drawn with replacement, the same ones for all K columns, so that columns stay
    comparable. Ends are NaN where fewer than two clusters have a value, since nothing can then be
    said about their spread; a mean is NaN where no value is.
    """
    present = np.isfinite(values)
    groups = int(clusters.max()) + 1
    sums = _per_cluster(np.where(present, values, 0.0), clusters, groups)
    counts = _per_cluster(present.astype(np.float64), clusters, groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.sum(0) / counts.sum(0)
        drawn = _resampled_means(sums, counts, seed, resamples)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    for column in np.flatnonzero((counts > 0).sum(0) >= 2):
        # A resample may miss every cluster that has a value: it says nothing and is left out.
        low[column], high[column] = np.nanquantile(drawn[:, column], (tail, 1 - tail))
    return mean, low, high


def _per_cluster(
    values: NDArray[np.float64], clusters: NDArray[np.int64], groups: int
) -> NDArray[np.float64]:
    """Sums over the rows of each cluster, [groups, K]."""
    totals = np.zeros((groups, values.shape[1]))
    np.add.at(totals, clusters, values)
    return totals


def _resampled_means(
    sums: NDArray[np.float64], counts: NDArray[np.float64], seed: int, resamples: int
) -> NDArray[np.float64]:
    """The mean of each column in each resample, [resamples, K]."""
    generator = np.random.default_rng(seed)
    groups = len(sums)
    block = max(1, _BLOCK_CELLS // groups)
    means = []
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = generator.integers(groups, size=(rows, groups))
        drawn += groups * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * groups).reshape(rows, groups)
        times = times.astype(np.float64)
        means.append((times @ sums) / (times @ counts))
    return np.concatenate(means)
