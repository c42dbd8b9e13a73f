"""Classic ABX: X is A or B, so an answer is right or wrong, and d' says how far apart they are.

Two decision models of Macmillan and Creelman (2005), "Detection theory: a user's guide", chapter 9,
turn the proportion of right answers of an unbiased listener into d':

- differencing: X is taken for the one that it differs less from. This is what listeners do when
  the pairs change from trial to trial, as notes do here, and the default:
  p = F(d / sqrt 2) F(d / sqrt 6) + F(-d / sqrt 2) F(-d / sqrt 6)
- independent observation: the best that can be done with a fixed pair of known sounds:
  p = F(d / sqrt 2) F(d / 2) + F(-d / sqrt 2) F(-d / 2)

with F the normal distribution function.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import optimize, special

from analysis.abx import PairTrials, pairs_of
from analysis.contracts_preference import DISCRIMINATION
from analysis.proportions import (
    Interval,
    Method,
    binomial_p,
    exact_interval,
    guessing_p,
    two_way_interval,
)
from eval_suite.intervals import RESAMPLES
from sing.errors import SingError

Model = Literal["differencing", "independent"]

_SECOND_FACTOR = {"differencing": math.sqrt(6), "independent": 2.0}
_LARGEST = 20.0  # F(20 / sqrt 6) is 1 in double precision


def proportion_correct(d_prime: float, model: Model = "differencing") -> float:
    """The proportion of right answers of an unbiased listener with this d', from 0.5 to 1."""
    order, likeness = d_prime / math.sqrt(2), d_prime / _SECOND_FACTOR[model]
    right = special.ndtr(order) * special.ndtr(likeness)
    return float(right + special.ndtr(-order) * special.ndtr(-likeness))


def d_prime(proportion: float, model: Model = "differencing") -> float:
    """The d' of a proportion of right answers: 0 up to one half, infinite for 1.

    Raises ValueError outside [0, 1].
    """
    if not 0 <= proportion <= 1:
        raise ValueError(f"{proportion} is not a proportion")
    if proportion <= 0.5:
        return 0.0
    if proportion >= proportion_correct(_LARGEST, model):
        return math.inf
    found = optimize.brentq(
        lambda d: proportion_correct(d, model) - proportion, 0.0, _LARGEST, xtol=1e-12
    )
    return float(found)


def discriminations(
    choices: pd.DataFrame,
    model: Model = "differencing",
    method: Method = "logit",
    seed: int = 0,
    resamples: int = RESAMPLES,
    where: str = "choices",
) -> pd.DataFrame:
    """The table of classic ABX (contract DISCRIMINATION), a row a pair.

    `choices` also holds `expected`, the system that X is. Raises SingError as `pairs_of` does, and
    where `expected` is missing or is neither of the two.
    """
    _check_expected(choices, where)
    rows = [
        _discrimination(trials, model, method, seed, resamples)
        for trials in pairs_of(choices, where)
    ]
    return pd.DataFrame(rows, columns=[column.name for column in DISCRIMINATION.columns])


def _check_expected(choices: pd.DataFrame, where: str) -> None:
    if "expected" not in choices:
        raise SingError(f"{where}: no column 'expected', which says what X was; add it")
    stray = ~((choices["expected"] == choices["a"]) | (choices["expected"] == choices["b"]))
    if stray.any():
        row = choices[stray].iloc[0]
        raise SingError(
            f"{where}: expected '{row['expected']}' is neither {row['a']} nor {row['b']}; "
            "in classic ABX X is one of them; for a preference pass --task preference"
        )


def _discrimination(
    trials: PairTrials, model: Model, method: Method, seed: int, resamples: int
) -> dict[str, Any]:
    is_right = trials.rows["choice"] == trials.rows["expected"]
    right = is_right.to_numpy().astype(np.float64)
    count, correct = len(right), int(right.sum())
    exact = exact_interval(correct, count)
    two_way = two_way_interval(right, trials.participant, trials.note, method, seed, resamples)
    first = int(trials.chose_first.sum())
    return {
        "a": trials.a,
        "b": trials.b,
        "trials": count,
        "correct": correct,
        "proportion_correct": correct / count,
        "ci_low": two_way.low,
        "ci_high": two_way.high,
        "exact_low": exact.low,
        "exact_high": exact.high,
        "p_value": guessing_p(correct, count),
        **_sensitivity(correct, count, two_way, model),
        "model": model,
        "proportion_first": first / count,
        "first_p_value": binomial_p(first, count),
        "interval": method,
        "participants": int(trials.participant.max()) + 1,
        "notes": len(trials.note_names),
    }


def _sensitivity(correct: int, count: int, two_way: Interval, model: Model) -> dict[str, Any]:
    """d' with its ends, and what is to be said of them and of the two-way interval."""
    # An infinite d' is of no use: half an error is taken for none (Macmillan and Creelman, ch. 1).
    proportion = min(correct, count - 0.5) / count
    ends = [
        math.nan if math.isnan(end) else d_prime(end, model) for end in (two_way.low, two_way.high)
    ]
    low, high = (end if math.isfinite(end) else math.nan for end in ends)
    reasons = [two_way.reason]
    if correct == count:
        reasons.append("d_prime of half an error, since there was none")
    if ends[1] == math.inf:
        reasons.append("d_high is infinite")
    told = "; ".join(filter(None, reasons))
    return {"d_prime": d_prime(proportion, model), "d_low": low, "d_high": high, "reason": told}
