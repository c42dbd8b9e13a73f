"""How many raters, notes and ratings a listening study needs.

N participants rate k of M notes each, all notes equally often (of at most N * k notes, then);
T = N * k ratings of each system.
With the variances of analysis/moments.py,

    Var(mean) = Vw / N + Vs / M + Vu / T,   half-width = t(0.975, min(N, M) - 1) * sqrt(Var(mean))

For a difference of two systems, rated by the same participants on the same notes, the variances are
those of the paired differences: what participants and notes do to both systems alike drops out.
Its power is that of a t-test (noncentral t). The part Vs / M does not shrink with more raters: too
few notes cannot be made up for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.moments import components, moments
from analysis.variances import Variances
from eval_suite.intervals import CONFIDENCE
from sing.errors import SingError

Values = NDArray[np.float64]

MOST_PARTICIPANTS = 1_000_000


def standard_error(
    variances: Variances, participants: ArrayLike, notes: ArrayLike, notes_each: ArrayLike
) -> Values:
    """The standard deviation of a mean, for numbers of participants, notes and notes each.

    Arguments broadcast against each other; so they do in the functions below.
    """
    raters, items, each = (
        np.asarray(one, dtype=np.float64) for one in (participants, notes, notes_each)
    )
    of_mean = variances.participant / raters + variances.note / np.minimum(items, raters * each)
    return np.asarray(np.sqrt(of_mean + variances.residual / (raters * each)))


def half_width(
    variances: Variances, participants: ArrayLike, notes: ArrayLike, notes_each: ArrayLike
) -> Values:
    """Half the width of the 95 % interval that the study will have; infinite for one of either."""
    error = standard_error(variances, participants, notes, notes_each)
    return np.asarray(_quantile(participants, notes) * error)


def power(
    difference: ArrayLike,
    variances: Variances,
    participants: ArrayLike,
    notes: ArrayLike,
    notes_each: ArrayLike,
) -> Values:
    """The chance that a 95 % interval leaves out 0 when a mean difference truly is `difference`."""
    error = standard_error(variances, participants, notes, notes_each)
    degrees = _degrees(participants, notes)
    quantile = _quantile(participants, notes)
    shift = np.abs(np.asarray(difference, dtype=np.float64)) / error
    # scipy's lower tail is NaN for large shifts; by symmetry it is an upper one.
    tails = (special.nctdtr(np.maximum(degrees, 1), sign * shift, quantile) for sign in (1, -1))
    found = sum(1 - tail for tail in tails)
    return np.asarray(np.where(degrees < 1, 0.0, found))


def _degrees(participants: ArrayLike, notes: ArrayLike) -> Values:
    fewest = np.minimum(np.asarray(participants, dtype=np.float64), np.asarray(notes))
    return np.asarray(fewest - 1)


def _quantile(participants: ArrayLike, notes: ArrayLike) -> Values:
    degrees = _degrees(participants, notes)
    quantile = special.stdtrit(np.maximum(degrees, 1), (1 + CONFIDENCE) / 2)
    return np.asarray(np.where(degrees < 1, math.inf, quantile))


def of_difference(variances: Variances, shared: float) -> Variances:
    """Variances of the paired difference of two systems that have `shared` of the effects.

    `shared` is the share of the variance of participants and of notes that is alike for both.
    """
    if not 0 <= shared <= 1:
        raise ValueError(f"shared {shared}: expected 0 to 1")
    own = 2 * (1 - shared)
    return Variances(own * variances.participant, own * variances.note, 2 * variances.residual)


def plan(
    variances: Variances,
    notes: Sequence[int],
    notes_each: int | None = None,
    *,
    target_half_width: float | None = None,
    difference: float | None = None,
    target_power: float = 0.8,
) -> pd.DataFrame:
    """The least number of raters for each number of notes (contract PLAN).

    They are planned for the half-width, or for the power to detect the difference. Each rater rates
    `notes_each` notes, or all. Raises ValueError unless one of the two is asked for.
    """
    if (target_half_width is None) == (difference is None):
        raise ValueError("expected either target_half_width or difference")
    items = np.array(sorted(set(notes)))
    each = items if notes_each is None else np.minimum(items, notes_each)

    def is_enough(participants: Values) -> NDArray[np.bool_]:
        if target_half_width is not None:
            return np.asarray(half_width(variances, participants, items, each) <= target_half_width)
        wanted = np.asarray(difference, dtype=np.float64)
        return np.asarray(power(wanted, variances, participants, items, each) >= target_power)

    least = _least(is_enough, len(items))
    rows = [
        _row(variances, *numbers, difference)
        for numbers in zip(items.tolist(), each.tolist(), least.tolist(), strict=True)
    ]
    return pd.DataFrame(rows)


def _least(is_enough: Callable[[Values], NDArray[np.bool_]], count: int) -> Values:
    """The least number of participants that is enough, [count]; NaN where a million is not.

    Half-widths only shrink and power only grows with participants, so halving finds it.
    """
    low, high = np.full(count, 1.0), np.full(count, float(MOST_PARTICIPANTS))
    possible = is_enough(high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = is_enough(middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(np.where(possible, high, math.nan))


def _row(
    variances: Variances, notes: int, each: int, participants: float, difference: float | None
) -> dict[str, Any]:
    design = f"{notes} {'note' if notes == 1 else 'notes'}, {each} each"
    row: dict[str, Any] = {
        "design": design,
        "notes": notes,
        "notes_each": each,
        "participants": participants,
    }
    if math.isnan(participants):
        least = float(half_width(variances, MOST_PARTICIPANTS, notes, each))
        what = f"{notes} notes alone give ± {least:.3g}" if notes > 1 else "one note"
        missing = {"ratings": math.nan, "half_width": math.nan, "power": math.nan}
        return {**row, **missing, "reason": f"no number of raters is enough: {what}"}
    chance = math.nan
    if difference is not None:
        chance = float(power(difference, variances, participants, notes, each))
    return {
        **row,
        "ratings": participants * each,
        "half_width": float(half_width(variances, participants, notes, each)),
        "power": chance,
        "reason": "" if difference is not None else "planned for the half-width: no power",
    }


def pilot_variances(ratings: pd.DataFrame, is_difference: bool, where: str) -> Variances:
    """Variances from a pilot's ratings: means over its systems, or over its pairs of systems.

    `ratings` has the columns participant, system, note and score. For differences, the variances
    are those of paired differences on shared cells. Raises SingError, beginning with `where`, when
    the pilot cannot tell them apart.
    """
    cells = ratings.pivot_table("score", ["participant", "note"], "system", aggfunc="mean")
    if is_difference and len(cells.columns) < 2:
        raise SingError(f"{where}: one system; a difference needs two: pass --half-width")
    columns = (
        [cells[b] - cells[a] for a, b in combinations(cells, 2)]
        if is_difference
        else [cells[system] for system in cells]
    )
    found = [_unbiased(column.dropna()) for column in columns]
    parts = np.array([one for one in found if np.isfinite(one).all()])
    if not len(parts):
        raise SingError(
            f"{where}: too few raters of several notes and notes of several raters to tell their "
            "variances apart; pass --var-participant, --var-note and --var-residual"
        )
    participant, note, residual = parts.mean(axis=0).tolist()
    return Variances(participant, note, residual)


def _unbiased(values: pd.Series) -> tuple[float, float, float]:
    """Variances of participants, notes and the rest by exact moments; NaN where undefined."""
    labels = (values.index.get_level_values(level) for level in ("participant", "note"))
    participant, note = (pd.factorize(label)[0].astype(np.int64) for label in labels)
    if values.empty or min(participant.max(), note.max()) < 1:
        return math.nan, math.nan, math.nan
    found = components(moments(values.to_numpy(dtype=np.float64)[:, None], participant, note, 1))
    return float(found.participant[0]), float(found.note[0]), float(found.residual[0])
