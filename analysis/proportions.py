"""Intervals of a proportion of choices, from the plainest to those that count raters and notes.

The exact interval takes trials for independent. They are not: a rater has a taste, and a note is
easier or harder than others, so another draw of raters and notes moves the proportion further. The
two-way intervals hold for other raters *and* other notes (decisions/0013).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.two_way_bootstrap import expanded_tail, replicate_means
from eval_suite.intervals import CONFIDENCE, RESAMPLES, numbered
from eval_suite.two_way import Estimate, two_way_mean

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
Method = Literal["logit", "identity", "bootstrap"]

BOOTSTRAP: Method = "bootstrap"
METHODS: tuple[Method, ...] = ("logit", "identity", BOOTSTRAP)


@dataclass(frozen=True)
class Interval:
    """Both ends of a 95 % interval; NaN where undefined, and then the reason."""

    low: float
    high: float
    reason: str = ""


def exact_interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """The Clopper-Pearson (1934) interval of `hits` of `trials` independent trials.

    Raises ValueError unless 0 <= hits <= trials and there is a trial.
    """
    _check(hits, trials)
    tail = (1 - confidence) / 2
    low = special.betaincinv(hits, trials - hits + 1, tail) if hits else 0.0
    high = special.betaincinv(hits + 1, trials - hits, 1 - tail) if hits < trials else 1.0
    return Interval(float(low), float(high))


def binomial_p(hits: int, trials: int) -> float:
    """The two-sided p-value of `hits` of `trials` fair coins (exact). Errors as above."""
    _check(hits, trials)
    return min(1.0, 2 * float(special.bdtr(min(hits, trials - hits), trials, 0.5)))


def guessing_p(hits: int, trials: int) -> float:
    """The exact chance of at least `hits` of `trials` by guessing between two. Errors as above."""
    _check(hits, trials)
    return float(special.bdtr(trials - hits, trials, 0.5))


def _check(hits: int, trials: int) -> None:
    if not 0 <= hits <= trials or trials == 0:
        raise ValueError(f"{hits} hits of {trials} trials")


def two_way_interval(
    hits: Values,
    participant: Numbers,
    note: Numbers,
    method: Method = "logit",
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """The interval of the mean of `hits` [T], each from 0 to 1, for other raters and other notes.

    `participant` and `note` [T] are any integers. "logit" and "identity": the two-way clustered
    variance, never below that of independent trials, with Student's t on either scale; "bootstrap":
    percentiles of raters and notes drawn again. Undefined, with a reason, for fewer than two raters
    or notes, and where all hits are equal: then nothing tells how much raters and notes vary.
    """
    found = _estimate(hits, participant, note)
    if not found.is_defined:
        return Interval(math.nan, math.nan, found.reason)
    if method == BOOTSTRAP:
        return _bootstrap(hits, numbered(participant), numbered(note), seed, resamples)
    mean, half = found.value, found.half_width
    if method == "identity":
        return Interval(max(0.0, mean - half), min(1.0, mean + half))
    centre, half = float(special.logit(mean)), half / (mean * (1 - mean))
    return Interval(float(special.expit(centre - half)), float(special.expit(centre + half)))


def two_way_p(hits: Values, participant: Numbers, note: Numbers) -> float:
    """The two-sided p-value of a mean of one half, by the "logit" interval; NaN where undefined."""
    found = _estimate(hits, participant, note)
    if not found.is_defined:
        return math.nan
    mean = found.value
    return replace(found, value=float(special.logit(mean)) * mean * (1 - mean)).p_value


def _estimate(hits: Values, participant: Numbers, note: Numbers) -> Estimate:
    found = two_way_mean(hits, participant, note)
    if not found.is_defined:
        return found
    if (hits == hits[0]).all():
        return replace(found, reason="two-way interval undefined: all answers are equal")
    # Answers of one rater or of one note are alike, or at least not unlike: what chance makes look
    # like negative correlation must not give an interval narrower than independent trials do.
    least = math.sqrt(float(hits.var()) / len(hits))
    return replace(found, standard_error=max(found.standard_error, least))


def _bootstrap(
    hits: Values, participant: Numbers, note: Numbers, seed: int, resamples: int
) -> Interval:
    one_column = np.zeros_like(participant)
    means = replicate_means(hits, participant, note, one_column, seed, resamples)
    tail = expanded_tail(min(int(participant.max()), int(note.max())) + 1)
    low, high = np.nanquantile(means, (tail, 1 - tail))
    return Interval(float(low), float(high))
