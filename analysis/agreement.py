"""Whether raters agree: alpha, intraclass correlations and inter-rater correlation, with intervals.

For each system and for all together. Systems differ, so agreement over all of them is higher than
within any: it says that raters tell systems apart, the rows of the systems that they tell notes
apart. Intervals are percentiles of a bootstrap that draws whole notes, and hold for other notes
rated by these raters (decisions/0013).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.alpha import OrdinalAlpha
from analysis.contracts_agreement import AGREEMENT, ALL, RATER_MEASURES
from analysis.intraclass import Intraclass
from analysis.rater_correlation import LeaveOneOut
from analysis.rating_matrix import Rated, note_draws, rated
from eval_suite.baselines import in_table_order
from eval_suite.intervals import CONFIDENCE
from sing.errors import SingError

Values = NDArray[np.float64]

REPLICATES = 2_000
FEWEST_NOTES = 3
"""Notes below which the bootstrap has too little to draw from."""


def agreement(
    ratings: pd.DataFrame, seed: int = 0, replicates: int = REPLICATES, where: str = "ratings"
) -> pd.DataFrame:
    """The table of agreement (contract AGREEMENT): five measures, of each system and of all.

    `ratings` holds the ratings that count. Raises SingError for an empty table.
    """
    if ratings.empty:
        raise SingError(f"{where}: no rating counts; collect ratings, or check kind and screening")
    systems = in_table_order(map(str, ratings["system"].unique()))
    groups = [(name, ratings[ratings["system"] == name]) for name in systems]
    if len(systems) > 1:
        groups.append((ALL, ratings))
    rows = [row for name, group in groups for row in _rows(name, rated(group), seed, replicates)]
    return pd.DataFrame(rows, columns=[column.name for column in AGREEMENT.columns])


def _rows(system: str, group: Rated, seed: int, replicates: int) -> list[dict[str, Any]]:
    counts = {
        "ratings": len(group.score),
        "participants": group.participants,
        "stimuli": group.stimuli,
    }
    reasons = _reasons(group)
    measure = _measures(group)
    values = measure(np.ones((1, group.stimuli)))[0]
    low, high = _ends(measure, group, seed, replicates)
    rows = []
    for place, name in enumerate(RATER_MEASURES):
        reason = reasons.get(name, "")
        if reason:
            values[place] = low[place] = high[place] = np.nan
        elif not np.isfinite(values[place]):
            reason = "undefined: the scores do not vary enough"
        elif not np.isfinite(low[place]):
            reason = f"interval undefined: fewer than {FEWEST_NOTES} notes, or equal scores"
        ends = {"value": values[place], "ci_low": low[place], "ci_high": high[place]}
        rows.append({"system": system, "measure": name, **ends, **counts, "reason": reason})
    return rows


def _measures(group: Rated) -> Callable[[Values], Values]:
    """All measures of draws with these weights [B, stimuli], [B, 5]."""
    alpha, intraclass, correlation = OrdinalAlpha(group), Intraclass(group), LeaveOneOut(group)
    return lambda weights: np.column_stack(
        [alpha(weights), intraclass(weights), correlation(weights)]
    )


def _ends(
    measure: Callable[[Values], Values], group: Rated, seed: int, replicates: int
) -> tuple[Values, Values]:
    nothing = np.full(len(RATER_MEASURES), np.nan)
    if group.clusters < FEWEST_NOTES:
        return nothing, nothing.copy()
    drawn = np.concatenate(
        [measure(weights) for weights in note_draws(group.cluster, seed, replicates)]
    )
    return percentile_ends(drawn)


def percentile_ends(drawn: Values) -> tuple[Values, Values]:
    """The 95 % percentile ends of each column of replicates [B, K]; NaN where most are undefined.

    A draw that misses what a measure needs says nothing and is left out.
    """
    low, high = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    known = np.isfinite(drawn).mean(axis=0) > 0.5
    tail = (1 - CONFIDENCE) / 2
    if known.any():
        drawn = np.where(np.isfinite(drawn), drawn, np.nan)
        low[known], high[known] = np.nanquantile(drawn[:, known], (tail, 1 - tail), axis=0)
    return low, high


def _reasons(group: Rated) -> dict[str, str]:
    """Why a measure cannot be had, by measure; nothing for those that can."""
    if group.participants < 2:
        return dict.fromkeys(RATER_MEASURES, "undefined: one rater")
    if np.ptp(group.score) == 0:
        return dict.fromkeys(RATER_MEASURES, "undefined: all scores are equal")
    if group.stimuli < 2:
        return dict.fromkeys(RATER_MEASURES, "undefined: one note")
    if np.bincount(group.stimulus).max() < 2:
        return dict.fromkeys(RATER_MEASURES, "undefined: no note has two ratings")
    if np.bincount(group.participant).max() < 2:
        alone = "undefined: no rater has two ratings"
        return dict.fromkeys(("icc_2_1", "icc_2_k", "correlation"), alone)
    return {}
