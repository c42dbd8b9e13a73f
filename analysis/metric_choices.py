"""The share of preference trials in which a metric prefers what the listener prefers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.abx import PairTrials, pairs_of
from analysis.contracts_agreement import METRIC_AGREEMENT
from analysis.metric_agreement import chosen_metrics
from analysis.proportions import two_way_interval
from eval_suite.intervals import RESAMPLES
from eval_suite.text_table import is_higher_better


def metrics_against_choices(
    choices: pd.DataFrame,
    metrics: pd.DataFrame,
    names: Sequence[str] = (),
    seed: int = 0,
    resamples: int = RESAMPLES,
    where: str = "choices",
) -> pd.DataFrame:
    """The rows `abx_share` of the table of metrics (contract METRIC_AGREEMENT), a pair at a time.

    0.5 is guessing; a trial whose two sounds the metric rates equal counts one half. The intervals
    are two-way bootstraps over raters and notes. Errors as `pairs_of` and `chosen_metrics`.
    """
    columns = chosen_metrics(metrics, names)
    values = metrics.set_index(["system", "note"])[columns]
    rows = [
        {"metric": name, **_share(trials, values[name], is_higher_better(name), seed, resamples)}
        for trials in pairs_of(choices, where)
        for name in columns
    ]
    return pd.DataFrame(rows, columns=[column.name for column in METRIC_AGREEMENT.columns])


def _share(
    trials: PairTrials, values: pd.Series[float], is_higher: bool, seed: int, resamples: int
) -> dict[str, Any]:
    of_a, of_b = (
        values.reindex(pd.MultiIndex.from_product([[system], trials.note_names])).to_numpy()
        for system in (trials.a, trials.b)
    )
    better_a = np.sign(of_a - of_b) * (1 if is_higher else -1)
    known = np.isfinite(better_a)[trials.note]
    named = {
        "system": f"{trials.a} | {trials.b}",
        "measure": "abx_share",
        "count": int(known.sum()),
        "left_out": int((~known).sum()),
    }
    if not known.any():
        missing = dict.fromkeys(("value", "ci_low", "ci_high", "ceiling"), np.nan)
        return {**named, **missing, "reason": "undefined: no note has the metric of both systems"}
    prefers_a = trials.prefers_a[known]
    hits = (1 + better_a[trials.note[known]] * (2 * prefers_a - 1)) / 2
    interval = two_way_interval(
        hits, trials.participant[known], trials.note[known], "bootstrap", seed, resamples
    )
    return {
        **named,
        "value": float(hits.mean()),
        "ci_low": interval.low,
        "ci_high": interval.high,
        "ceiling": _ceiling(trials, known),
        "reason": interval.reason,
    }


def _ceiling(trials: PairTrials, known: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
    """The share of trials that agree with the majority of their note."""
    answers = np.bincount(trials.note[known])
    prefer_a = np.bincount(trials.note[known], trials.prefers_a[known])
    return float(np.maximum(prefer_a, answers - prefer_a).sum() / answers.sum())
