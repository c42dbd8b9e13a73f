"""Variance components of ratings by the method of moments, and the variance of their mean.

One system at a time. Z_ij = mu + w_i + s_j + u_ij: participant i, note j, independent normals,
cells may be missing. T ratings in all, N_i of them by participant i, M_j of note j. From

    A, the mean over notes with M_j >= 2 of the variance within the note     -> Vw + Vu
    B, the mean over participants with N_i >= 2 of that within a participant -> Vs + Vu
    C, the variance of all ratings                                           -> Vs + Vw + Vu

`crowdmos` (Ribeiro, Florencio, Zhang and Seltzer, ICASSP 2011) takes population variances and

    Vs = max(C - A, 0)   Vw = max(C - B, 0)   Vu = max(A + B - C, 0)

`exact-moments` takes sample variances and E[C] as it is in a finite table,

    E[C] = T / (T - 1) * (Vs (1 - sum M_j^2 / T^2) + Vw (1 - sum N_i^2 / T^2)) + Vu

Both give Var(mean) = Vs * sum M_j^2 / T^2 + Vw * sum N_i^2 / T^2 + Vu / T. Where nobody rated two
notes, B and so Vw do not exist, and A / T stands for the last two terms; without A, B / T stands
for the first and the last; without both, C / T is all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]

CROWDMOS = "crowdmos"
EXACT = "exact-moments"

_TINY = 1e-12


@dataclass(frozen=True)
class Layout:
    """How many ratings, participants and notes there are, and how unequally they are spread.

    `participant_share` is sum N_i^2 / T^2, the chance that two ratings drawn with replacement are
    one participant's; `note_share` is sum M_j^2 / T^2.
    """

    ratings: int
    participants: int
    notes: int
    participant_share: float
    note_share: float

    @property
    def degrees(self) -> int:
        """Degrees of freedom of Student's t: min(participants, notes) - 1."""
        return min(self.participants, self.notes) - 1


@dataclass(frozen=True)
class Moments:
    """Mean and the three variances A, B, C of K systems rated in one layout, [K] each.

    A and B are NaN where no note, or no participant, has two ratings. `ddof` is 0 for population
    variances and 1 for sample variances.
    """

    layout: Layout
    ddof: int
    mean: Values
    within_note: Values
    within_participant: Values
    pooled: Values


@dataclass(frozen=True)
class Components:
    """Estimated variances and the variance of the mean, [K] each.

    Where nobody rated two notes, `participant` is NaN and `residual` holds both. Where no note was
    rated twice, `note` is NaN and `residual` holds both. Where neither was, it holds all three.
    """

    participant: Values
    note: Values
    residual: Values
    of_mean: Values

    @property
    def total(self) -> Values:
        """The variance of one rating of a random participant and note, [K]."""
        return np.asarray(
            np.nan_to_num(self.participant) + np.nan_to_num(self.note) + self.residual
        )


def layout_of(participant: Numbers, note: Numbers) -> Layout:
    """The layout of ratings whose participants and notes are these, [T]; numbers may have gaps."""
    ratings = len(participant)
    counts = [np.unique(labels, return_counts=True)[1] for labels in (participant, note)]
    shares = [float(np.square(count, dtype=np.float64).sum()) / ratings**2 for count in counts]
    return Layout(ratings, len(counts[0]), len(counts[1]), shares[0], shares[1])


def moments(values: Values, participant: Numbers, note: Numbers, ddof: int = 0) -> Moments:
    """The moments of scores [T, K] whose participants and notes are numbers from 0, [T].

    Raises ValueError when there is no rating, the shapes differ or a score is not finite.
    """
    if values.ndim != 2 or not len(values) == len(participant) == len(note) > 0:
        raise ValueError(f"expected [T, K] and [T] twice, got {values.shape}, {participant.shape}")
    if not np.isfinite(values).all():
        raise ValueError("a score is NaN or infinite")
    ratings = len(values)
    mean = values.mean(axis=0)
    centred = values - mean
    squares = np.square(centred)
    pooled = squares.sum(axis=0) / max(ratings - ddof, 1)
    return Moments(
        layout_of(participant, note),
        ddof,
        mean,
        _within(centred, squares, note, ddof),
        _within(centred, squares, participant, ddof),
        pooled,
    )


def _within(centred: Values, squares: Values, group: Numbers, ddof: int) -> Values:
    """The mean over groups of two or more of the variance within the group, [K]; NaN for none."""
    ratings = len(group)
    member = sparse.csr_array((np.ones(ratings), (group, np.arange(ratings))))
    sizes = np.bincount(group)
    large = sizes >= 2
    if not large.any():
        return np.full(centred.shape[1], math.nan)
    sums, sums_of_squares = (member @ part for part in (centred, squares))
    size = sizes[large, None]
    spread = sums_of_squares[large] - np.square(sums[large]) / size
    return np.asarray((np.maximum(spread, 0) / (size - ddof)).mean(axis=0))


def components(found: Moments) -> Components:
    """The components by crowdMOS' equations (ddof 0) or by those with the exact E[C] (ddof 1)."""
    of_note, of_participant, residual = _solved(found)
    layout = found.layout
    of_mean = (
        np.nan_to_num(of_note) * layout.note_share
        + np.nan_to_num(of_participant) * layout.participant_share
        + residual / layout.ratings
    )
    return Components(of_participant, of_note, residual, of_mean)


def _solved(found: Moments) -> tuple[Values, Values, Values]:
    """Variances of notes, participants and the rest, by the case's equations."""
    note_factor, participant_factor = _factors(found)
    within_note, within_participant, pooled = (
        found.within_note,
        found.within_participant,
        found.pooled,
    )
    unknown = np.full(len(pooled), math.nan)
    has_note, has_participant = (
        not np.isnan(part).any() for part in (within_note, within_participant)
    )
    if not has_note and not has_participant:
        return unknown, unknown, pooled
    if not has_participant:
        return _ratio(pooled - within_note, note_factor), unknown, within_note
    if not has_note:
        return unknown, _ratio(pooled - within_participant, participant_factor), within_participant
    if found.ddof == 0:
        residual = np.maximum(within_note + within_participant - pooled, 0)
        return (
            np.maximum(pooled - within_note, 0),
            np.maximum(pooled - within_participant, 0),
            residual,
        )
    both = note_factor * within_participant + participant_factor * within_note
    residual = _ratio(both - pooled, note_factor + participant_factor - 1)
    return (
        np.maximum(within_participant - residual, 0),
        np.maximum(within_note - residual, 0),
        residual,
    )


def _factors(found: Moments) -> tuple[float, float]:
    """What Vs and Vw are multiplied with in E[C]; 1 by crowdMOS' approximation."""
    if found.ddof == 0:
        return 1.0, 1.0
    layout = found.layout
    scale = layout.ratings / max(layout.ratings - 1, 1)
    return scale * (1 - layout.note_share), scale * (1 - layout.participant_share)


def _ratio(numerator: Values, denominator: float) -> Values:
    """Their ratio, at least 0; 0 where the layout cannot tell (a denominator of 0)."""
    if denominator < _TINY:
        return np.zeros_like(numerator)
    return np.asarray(np.maximum(numerator / denominator, 0))
