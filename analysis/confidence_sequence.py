"""A confidence sequence: intervals of a mean that all hold at once, however often one looks.

Waudby-Smith and Ramdas (2024), "Estimating means of bounded random variables by betting". For each
candidate mean m, one player bets that the values x_1, x_2, ... in [0, 1] are larger, one that they
are smaller. With bets chosen before each value, the capital

    K(m) = max(prod(1 + l_i (x_i - m)) / 2, prod(1 - l'_i (x_i - m)) / 2)

is a fair game's where m is the true mean, so that by Ville's inequality the chance that it ever
reaches 1 / 0.05 = 20 is at most 5 %, at whatever time one looks or stops. The interval holds every
m whose capital has not reached 20. All it needs: the mean of each value, given those before, is the
same. Where it is not, every m may be ruled out in the end, and there is no interval. Values must
not depend on each other otherwise, which ratings of one rater do: `analysis.monitor` therefore
makes one value of each rater.

The bets are the paper's predictable plug-in, l_i = sqrt(2 log(2 / 0.05) / (v_i n_i)), with v_i the
variance of the values so far and n_i = i log(i + 1), or the budget once that is smaller: as small
bets as are best for the last look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_suite.intervals import CONFIDENCE

Values = NDArray[np.float64]

STEPS = 1_000
"""Candidate means are multiples of 1 / STEPS; the ends are the next ones that are ruled out."""

_LARGEST_BET = 0.9  # of the bet that could lose all capital; decisions/0013
_BLOCK_NUMBERS = 1 << 21  # numbers held at once: 16 MB


@dataclass(frozen=True)
class ConfidenceSequence:
    """Running means and ends after each value, [T] each; ends only ever move inwards.

    The ends are NaN from where no mean is left: the values' mean changed with time.
    """

    mean: Values
    low: Values
    high: Values


def confidence_sequence(values: Values, budget: int | None = None) -> ConfidenceSequence:
    """The 95 % confidence sequence of the mean of `values` [T], each in [0, 1], in their order.

    `budget` is how many values there may be at most, as planned. Raises ValueError for a value
    outside [0, 1] or a budget below 1.
    """
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("a value is outside [0, 1]")
    if budget is not None and budget < 1:
        raise ValueError(f"a budget of {budget}")
    bets = _bets(values, budget)
    candidates = np.arange(STEPS + 1) / STEPS
    out = np.zeros((len(values), 2), dtype=np.int64)
    capital = [np.zeros(STEPS + 1), np.zeros(STEPS + 1)]
    block = max(1, _BLOCK_NUMBERS // (STEPS + 1))
    for start in range(0, len(values), block):
        part = slice(start, start + block)
        out[part] = _ruled_out(values[part], bets[part], candidates, capital)
    count = np.arange(1, len(values) + 1)
    return ConfidenceSequence(np.cumsum(values) / count, *_ends(np.maximum.accumulate(out)))


def _bets(values: Values, budget: int | None) -> Values:
    """How much to bet on each value, known before it, [T]."""
    count = np.arange(1, len(values) + 1)
    mean = (0.5 + np.cumsum(values)) / (count + 1)
    variance = (0.25 + np.cumsum((values - mean) ** 2)) / (count + 1)
    before = np.concatenate([[0.25], variance[:-1]])
    looks = count * np.log(count + 1)
    if budget is not None:
        looks = np.minimum(looks, budget)
    return np.asarray(np.sqrt(2 * math.log(2 / (1 - CONFIDENCE)) / (before * looks)))


def _ruled_out(
    values: Values, bets: Values, candidates: Values, capital: list[Values]
) -> NDArray[np.int64]:
    """How many candidates [M] are too small and too large after each value, [T, 2].

    The player who bets on larger values is the richer the smaller a candidate is, so it is always
    the smallest and the largest candidates that are ruled out. Adds to the logarithmic capital.
    """
    limit = math.log(2 / (1 - CONFIDENCE))
    found = np.zeros((len(values), 2), dtype=np.int64)
    distance = values[:, None] - candidates
    for place, (sign, risk) in enumerate(((1, candidates), (-1, 1 - candidates))):
        with np.errstate(divide="ignore"):
            bet = np.minimum(bets[:, None], _LARGEST_BET / risk)
        grown = capital[place] + np.cumsum(np.log1p(sign * bet * distance), axis=0)
        found[:, place] = (grown >= limit).sum(axis=1)
        capital[place] = grown[-1]
    return found


def _ends(out: NDArray[np.int64]) -> tuple[Values, Values]:
    """The largest candidate that is too small, the smallest that is too large, [T]; or NaN.

    NaN where both rule out the same one. Two neighbours may well be all that is ruled out: then
    the mean is between them.
    """
    low, high = np.maximum(out[:, 0] - 1, 0), STEPS - np.maximum(out[:, 1] - 1, 0)
    is_empty = out.sum(axis=1) > STEPS + 1
    return np.where(is_empty, np.nan, low / STEPS), np.where(is_empty, np.nan, high / STEPS)
