"""The subject model of ITU-R BT.500-14 and ITU-T P.913 12.6: bias and inconsistency of raters.

o_ij = psi_j + b_i + sigma_i * e_ij: participant i's score of stimulus j (a system's rendering of a
note) is the stimulus' quality, plus a bias that is the participant's for all stimuli, plus noise
whose spread is the participant's own. Solved by turns, until no quality moves by more than 1e-8:

    sigma_i = standard deviation of i's residuals
    psi_j   = mean of o_ij - b_i, weighted by 1 / sigma_i^2
    b_i     = mean of o_ij - psi_j, then centred on 0
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]

TOLERANCE = 1e-8
MOST_ROUNDS = 10_000

SMALLEST_SHARE = 0.1
"""Least inconsistency, as a share of the root mean square of all residuals.

The likelihood has no limit where a participant's scores are met exactly: that participant (one of
few ratings, or the most consistent of five or ten) would decide the qualities alone.
"""


@dataclass(frozen=True)
class SubjectModel:
    """Qualities of stimuli [J] and their standard errors; biases and inconsistencies of raters [I].

    `groups` [I] numbers the sets of participants that share stimuli, directly or through others:
    biases and qualities of different groups cannot be compared. `rounds` is how often the solution
    was improved.
    """

    quality: Values
    standard_error: Values
    bias: Values
    inconsistency: Values
    groups: Numbers
    rounds: int


def fit(scores: Values, participant: Numbers, stimulus: Numbers) -> SubjectModel:
    """Fit the model to scores [T] of participants and stimuli, numbers from 0 without gaps, [T].

    Raises ValueError when there is no score, or one is not finite.
    """
    if not len(scores) == len(participant) == len(stimulus) > 0 or not np.isfinite(scores).all():
        raise ValueError("expected at least one score, all of them finite, and [T] three times")
    counts = np.bincount(participant)
    quality = np.bincount(stimulus, scores) / np.bincount(stimulus)
    bias = np.bincount(participant, scores - quality[stimulus]) / counts
    bias -= bias.mean()
    rounds, moved = 0, math.inf
    while moved > TOLERANCE and rounds < MOST_ROUNDS:
        rounds += 1
        residual = scores - quality[stimulus] - bias[participant]
        inconsistency = _deviations(residual, participant, counts)
        precision = np.bincount(stimulus, inconsistency[participant] ** -2.0)
        weighted = (scores - bias[participant]) * inconsistency[participant] ** -2.0
        previous, quality = quality, np.bincount(stimulus, weighted) / precision
        bias = np.bincount(participant, scores - quality[stimulus]) / counts
        bias -= bias.mean()
        moved = float(np.abs(quality - previous).max())
    groups = _connected(participant, stimulus)
    standard_error = np.asarray(1 / np.sqrt(precision))
    return SubjectModel(quality, standard_error, bias, inconsistency, groups, rounds)


def _deviations(residual: Values, participant: Numbers, counts: Numbers) -> Values:
    """Population standard deviation of each participant's residuals, not below the least, [I]."""
    mean = np.bincount(participant, residual) / counts
    squares = np.square(residual - mean[participant])
    deviations = np.sqrt(np.bincount(participant, squares) / counts)
    overall = float(np.sqrt(squares.mean()))
    # Where all scores are met exactly, any equal weights do.
    return np.asarray(np.maximum(deviations, SMALLEST_SHARE * overall if overall > 0 else 1.0))


def _connected(participant: Numbers, stimulus: Numbers) -> Numbers:
    """The number of each participant's group, [I]."""
    participants, stimuli = int(participant.max()) + 1, int(stimulus.max()) + 1
    size = participants + stimuli
    links = sparse.coo_array(
        (np.ones(len(participant)), (participant, participants + stimulus)), shape=(size, size)
    )
    labels = sparse.csgraph.connected_components(links, directed=False)[1]
    return np.asarray(labels[:participants], dtype=np.int64)


@dataclass(frozen=True)
class FittedStudy:
    """Tables of raters (contract RATERS) and stimuli (STIMULI), and the number of `groups`."""

    raters: pd.DataFrame
    stimuli: pd.DataFrame
    groups: int


def fit_study(ratings: pd.DataFrame) -> FittedStudy:
    """The model of a study's ratings, with columns participant, system, note and score."""
    codes, names = pd.factorize(ratings["participant"], sort=True)
    participant = codes.astype(np.int64)
    grouped = ratings.groupby(["system", "note"], sort=True)
    stimulus = np.asarray(grouped.ngroup(), dtype=np.int64)
    scores = ratings["score"].to_numpy(dtype=np.float64)
    found = fit(scores, participant, stimulus)
    counts = np.bincount(participant)
    is_single = counts < 2
    raters = pd.DataFrame(
        {
            "participant": names,
            "ratings": counts,
            "bias": found.bias,
            "inconsistency": np.where(is_single, np.nan, found.inconsistency),
            "reason": np.where(is_single, "inconsistency undefined: one rating", ""),
        }
    )
    stimuli = grouped["score"].agg(mos="mean", ratings="count").reset_index()
    stimuli.insert(2, "quality", found.quality)
    stimuli.insert(3, "standard_error", found.standard_error)
    return FittedStudy(raters, stimuli, int(found.groups.max()) + 1)
