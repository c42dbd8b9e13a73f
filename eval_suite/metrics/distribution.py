"""Distances between two sets of notes, as clouds of a classifier's features.

    Fréchet   ||m_r - m_e||^2 + tr(C_r + C_e - 2 (C_r C_e)^(1/2)) of Gaussians fitted to both sets:
              Kilgour et al., "Fréchet Audio Distance", Interspeech 2019.
    kernel    the unbiased squared maximum mean discrepancy with a Gaussian kernel, whose bandwidth
              is the median distance within the reference: Chung et al., "KAD", 2025, without
              that paper's constant factor.

Both are 0 for equal distributions, smaller is better, and neither has a unit: they compare systems
in one table, judged by one classifier on the same notes. The Fréchet distance is biased upwards by
about 1 / N, the more the more features there are, so two sets of a few hundred notes out of one
distribution are visibly apart. The kernel distance has no such bias and can fall below 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eval_suite.intervals import CONFIDENCE

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

RESAMPLES = 500

MOST_FOR_BANDWIDTH = 2_000
"""So many reference notes, evenly spread, set the kernel's bandwidth: 2 million distances."""

_BLOCK_CELLS = 1 << 20  # of a matrix of distances at once: 8 MB


@dataclass(frozen=True)
class Interval:
    """A distance and its 95 % interval; both ends are NaN where it cannot be told."""

    value: float
    low: float
    high: float


def frechet_distance(reference: NDArray[np.floating], estimate: NDArray[np.floating]) -> float:
    """The Fréchet distance of features [N, E] and [M, E].

    Covariances divide by N - 1. It is defined for fewer notes than features too.
    Raises ValueError for sets of fewer than two notes, of different width or with a NaN.
    """
    first, second = _checked(reference, estimate)
    return _frechet(_moments(first), _moments(second))


def kernel_distance(reference: NDArray[np.floating], estimate: NDArray[np.floating]) -> float:
    """The squared maximum mean discrepancy of features [N, E] and [M, E], without bias.

    Means of k over the pairs of two different notes of the reference, plus of the estimate, minus
    twice the mean over pairs of one and the other; k(a, b) = exp(-||a - b||^2 / (2 bandwidth^2)).
    Raises ValueError as `frechet_distance` does.
    """
    first, second = _checked(reference, estimate)
    # All notes in one cluster that counts once: the plain distance.
    together = np.zeros(len(first), np.int64), np.zeros(len(second), np.int64)
    return float(_discrepancies(first, second, *together, np.ones((1, 1)))[0])


def bandwidth(reference: Array) -> float:
    """The median distance between two of the reference's notes; 1 when most are equal."""
    count = min(len(reference), MOST_FOR_BANDWIDTH)
    chosen = reference[np.arange(count) * len(reference) // count]
    squares = _squared_distances(chosen, chosen)[np.triu_indices(count, k=1)]
    return float(np.sqrt(np.median(squares))) or 1.0


def frechet_interval(
    reference: NDArray[np.floating],
    estimate: NDArray[np.floating],
    reference_clusters: Numbers,
    estimate_clusters: Numbers,
    seed: int,
    resamples: int = RESAMPLES,
) -> Interval:
    """The Fréchet distance with its interval over clusters; see `kernel_interval`.

    It is never below zero, nor is its interval.
    """
    first, second = _checked(reference, estimate)
    ours, theirs, groups = _numbered(reference_clusters, estimate_clusters)
    value = frechet_distance(first, second)
    drawn = [
        _frechet(_moments(first, times[ours]), _moments(second, times[theirs]))
        for times in _draws(ours, theirs, groups, seed, resamples)
    ]
    found = _interval(value, np.array(drawn))
    return replace(found, low=float(np.maximum(found.low, 0.0)))  # keeps NaN


def kernel_interval(
    reference: NDArray[np.floating],
    estimate: NDArray[np.floating],
    reference_clusters: Numbers,
    estimate_clusters: Numbers,
    seed: int,
    resamples: int = RESAMPLES,
) -> Interval:
    """The kernel distance with its 95 % interval over clusters ((instrument, pitch) pairs).

    The clusters, [N] and [M], are numbered alike for both sets: a pair that is drawn enters each as
    often, as it would if another draw of the test split had it. The interval covers what the same
    estimator would give on as many other pairs; of the Fréchet distance's bias it says nothing. It
    is the spread of `resamples` bootstrap draws, moved so that their mean lies on the value: a draw
    repeats notes, which alone puts Fréchet distances up.
    The ends are NaN where there are fewer than two clusters.
    """
    first, second = _checked(reference, estimate)
    ours, theirs, groups = _numbered(reference_clusters, estimate_clusters)
    draws = _draws(ours, theirs, groups, seed, resamples)
    # The first column is `kernel_distance`: with the draws' it takes one pass over the kernel.
    values = _discrepancies(first, second, ours, theirs, np.array([np.ones(groups), *draws]).T)
    return _interval(float(values[0]), values[1:])


def _checked(
    reference: NDArray[np.floating], estimate: NDArray[np.floating]
) -> tuple[Array, Array]:
    for name, features in (("reference", reference), ("estimate", estimate)):
        if features.ndim != 2 or len(features) < 2:
            raise ValueError(f"{name}: expected [N, E] with N >= 2, got {features.shape}")
        if not np.isfinite(features).all():
            raise ValueError(f"{name}: a feature is NaN or infinite")
    if reference.shape[1] != estimate.shape[1]:
        raise ValueError(f"reference {reference.shape} and estimate {estimate.shape} differ in E")
    return reference.astype(np.float64), estimate.astype(np.float64)


def _moments(features: Array, weights: Array | None = None) -> tuple[Array, Array]:
    """Mean [E] and covariance [E, E] of notes that count `weights` times each (once for None)."""
    if weights is None:
        weights = np.ones(len(features))
    total = weights.sum()
    mean = weights @ features / total
    centred = features - mean
    return mean, (centred * weights[:, None]).T @ centred / (total - 1)


def _frechet(reference: tuple[Array, Array], estimate: tuple[Array, Array]) -> float:
    """The distance of two Gaussians, each a mean and a covariance.

    The trace of (C_r C_e)^(1/2) is the sum of the square roots of the eigenvalues of the symmetric
    S C_e S with S = C_r^(1/2). They are real and, but for rounding, not negative, even where a
    covariance has no full rank and a general matrix square root would fail.
    """
    (mean_r, covariance_r), (mean_e, covariance_e) = reference, estimate
    values, vectors = np.linalg.eigh(covariance_r)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    mixed = np.linalg.eigvalsh(root @ covariance_e @ root).clip(min=0)
    between = np.trace(covariance_r) + np.trace(covariance_e) - 2 * np.sqrt(mixed).sum()
    # Rounding may take the distance of equal sets a little below zero.
    return max(0.0, float(((mean_r - mean_e) ** 2).sum() + between))


def _squared_distances(rows: Array, columns: Array) -> Array:
    """||a - b||^2 of each row a and column b, [rows, columns]."""
    squares: Array = -2 * rows @ columns.T
    squares += (rows * rows).sum(1)[:, None]
    squares += (columns * columns).sum(1)
    return squares.clip(min=0, out=squares)


def _discrepancies(
    first: Array, second: Array, ours: Numbers, theirs: Numbers, times: Array
) -> Array:
    """MMD^2 when cluster g counts times[g, r] times, for each r, [R].

    `ours` and `theirs` are the clusters of the notes. The pairs of a note with itself, or with
    another copy of itself in a resample, do not count: their kernel is 1, whatever the
    distributions.
    """
    # Distances do not change, and rounding is least, when the features are near zero.
    centre, width = first.mean(0), bandwidth(first)
    one = _Cloud((first - centre) / width, ours)
    other = _Cloud((second - centre) / width, theirs)
    within = _within(one, times) + _within(other, times)
    across = _kernel_sums(one, other, times) / (one.counts(times) * other.counts(times))
    discrepancy: Array = within - 2 * across
    return discrepancy


class _Cloud:
    """Features [N, E] and the clusters [N] of their notes, sorted by cluster."""

    def __init__(self, features: Array, clusters: Numbers) -> None:
        order = np.argsort(clusters, kind="stable")
        self.features, self.clusters = features[order], clusters[order]

    def __len__(self) -> int:
        return len(self.features)

    def counts(self, times: Array) -> Array:
        """How many notes there are, [R], when cluster g counts times[g] [R] times."""
        counts: Array = np.bincount(self.clusters, minlength=len(times)) @ times
        return counts


def _within(cloud: _Cloud, times: Array) -> Array:
    """The mean kernel over pairs of different notes of one set, [R]."""
    own = cloud.counts(times**2)
    mean: Array = (_kernel_sums(cloud, cloud, times) - own) / (cloud.counts(times) ** 2 - own)
    return mean


def _kernel_sums(rows: _Cloud, columns: _Cloud, times: Array) -> Array:
    """The sum of exp(-||a - b||^2 / 2) over all rows a and columns b, [R].

    A block of rows at a time, of which only sums over clusters are kept.
    """
    groups, firsts = np.unique(columns.clusters, return_index=True)
    totals = np.zeros(times.shape[1])
    block = max(1, _BLOCK_CELLS // len(columns))
    for start in range(0, len(rows), block):
        part = slice(start, start + block)
        kernel = _squared_distances(rows.features[part], columns.features)
        kernel *= -0.5
        np.exp(kernel, out=kernel)
        here, starts = np.unique(rows.clusters[part], return_index=True)
        sums = np.add.reduceat(np.add.reduceat(kernel, firsts, axis=1), starts, axis=0)
        totals += (times[here] * (sums @ times[groups])).sum(0)
    return totals


def _numbered(ours: Numbers, theirs: Numbers) -> tuple[Numbers, Numbers, int]:
    """Both sets' clusters numbered anew from 0, and how many there are."""
    groups, places = np.unique(np.concatenate([ours, theirs]), return_inverse=True)
    return places[: len(ours)], places[len(ours) :], len(groups)


def _draws(
    ours: Numbers, theirs: Numbers, groups: int, seed: int, resamples: int
) -> Iterator[Array]:
    """How often each cluster is in each resample, [groups].

    A resample that leaves fewer than two different notes of a set says nothing and is left out.
    """
    generator = np.random.default_rng(seed)
    for _ in range(resamples if groups > 1 else 0):
        drawn = generator.integers(groups, size=groups)
        times = np.bincount(drawn, minlength=groups).astype(np.float64)
        if min(np.count_nonzero(times[ours]), np.count_nonzero(times[theirs])) >= 2:
            yield times


def _interval(value: float, drawn: Array) -> Interval:
    if not len(drawn):
        return Interval(value, float("nan"), float("nan"))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn - drawn.mean(), (tail, 1 - tail))
    return Interval(value, value + float(low), value + float(high))
