"""Which metric agrees with ears: metrics against mean opinions of stimuli, and against choices.

A stimulus is a (system, note) pair, and its mean opinion the mean of its ratings. Correlations are
over stimuli: of all systems pooled, which a metric that only tells systems apart can make large;
within each system; and their mean within systems. Never over systems: three points say nothing.

Metrics of which smaller values are better change their sign, so that agreement is above 0.
Intervals are percentiles of a bootstrap that draws whole notes, and hold for other notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.agreement import REPLICATES, percentile_ends
from analysis.contracts_agreement import ALL, METRIC_AGREEMENT, WITHIN
from analysis.monotone import COEFFICIENTS, monotone_cubic, root_mean_square
from analysis.rank_correlation import kendall, pearson, spearman
from analysis.rating_matrix import note_draws
from eval_suite.baselines import in_table_order
from eval_suite.intervals import CONFIDENCE, numbered
from eval_suite.metric_columns import metric_columns, named_metrics
from eval_suite.text_table import is_higher_better
from sing.errors import SingError

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]

CORRELATIONS = {"pearson": pearson, "spearman": spearman, "kendall": kendall}
FEWEST_STIMULI = 5
MOST_STIMULI = 4_000
"""Stimuli above which Kendall's tau is not drawn again: its pairs would not fit in memory."""

MAPPED_REPLICATES = 200
"""Draws for the errors of the mapping, which is fitted anew in each."""


@dataclass(frozen=True)
class Stimuli:
    """Stimuli [N] with mean opinion, its 95 % half-width (NaN for one rating), and a metric.

    `note` numbers the notes from 0 without gaps, `system` those of `systems`; in `metric` larger
    is better.
    """

    systems: tuple[str, ...]
    system: Numbers
    note: Numbers
    mos: Values
    half_width: Values
    metric: Values

    def of(self, wanted: NDArray[np.bool_]) -> Stimuli:
        """Some of the stimuli."""
        note = numbered(self.note[wanted])
        return Stimuli(
            self.systems,
            self.system[wanted],
            note,
            self.mos[wanted],
            self.half_width[wanted],
            self.metric[wanted],
        )


def chosen_metrics(metrics: pd.DataFrame, names: Sequence[str] = ()) -> list[str]:
    """The metrics of a metrics table, or those of these names. Errors as `named_metrics`."""
    known = metric_columns(metrics)
    wanted = named_metrics(names, known, "the metrics table")
    return [name for name in known if not wanted or name in wanted]


def mean_opinions(ratings: pd.DataFrame) -> pd.DataFrame:
    """Mean opinion and 95 % half-width (Student's t over its ratings) of each stimulus."""
    grouped = ratings.groupby(["system", "note"], sort=True)["score"].agg(["mean", "std", "count"])
    count = grouped["count"].to_numpy(dtype=np.float64)
    quantile = special.stdtrit(np.maximum(count - 1, 1), (1 + CONFIDENCE) / 2)
    half = np.where(count > 1, quantile * grouped["std"].to_numpy() / np.sqrt(count), np.nan)
    return pd.DataFrame({"mos": grouped["mean"], "half_width": half}).reset_index()


def metrics_against_ratings(
    ratings: pd.DataFrame,
    metrics: pd.DataFrame,
    names: Sequence[str] = (),
    seed: int = 0,
    replicates: int = REPLICATES,
    where: str = "ratings",
) -> pd.DataFrame:
    """The table of metrics against mean opinions (contract METRIC_AGREEMENT).

    `ratings` holds the ratings that count, `metrics` a metrics table (contract METRICS). Raises
    SingError for an empty table, an unknown metric, and where no rated stimulus is in `metrics`.
    """
    if ratings.empty:
        raise SingError(f"{where}: no rating counts; collect ratings, or check kind and screening")
    opinions = mean_opinions(ratings)
    joined = opinions.merge(metrics, on=["system", "note"], how="left", indicator=True)
    if not (joined["_merge"] == "both").any():
        raise SingError(
            f"{where}: none of its (system, note) pairs is in the metrics table; "
            "score the systems that were rated, under the same names"
        )
    rows = []
    for name in chosen_metrics(metrics, names):
        rows += _metric_rows(name, joined, seed, replicates)
    return pd.DataFrame(rows, columns=[column.name for column in METRIC_AGREEMENT.columns])


def _metric_rows(
    name: str, joined: pd.DataFrame, seed: int, replicates: int
) -> list[dict[str, Any]]:
    known = joined[joined[name].notna()]
    left_out = (joined[name].isna()).groupby(joined["system"]).sum()
    stimuli = _stimuli(known, name)
    if known.empty:
        facts = {"metric": name, "ceiling": np.nan, "system": ALL, "left_out": len(joined)}
        return [{**facts, **row} for row in _nothing()]
    rows = []
    for system in in_table_order(map(str, left_out.index)):
        measured = _nothing()
        if system in stimuli.systems:
            part = stimuli.of(stimuli.system == stimuli.systems.index(system))
            measured = _measured(part, seed, replicates)
        rows += [{"system": system, "left_out": int(left_out[system]), **row} for row in measured]
    if len(stimuli.systems) > 1:
        total = int(left_out.sum())
        measured = [*_measured(stimuli, seed, replicates)]
        rows += [{"system": ALL, "left_out": total, **row} for row in measured]
        within = _within(stimuli, seed, replicates)
        rows += [{"system": WITHIN, "left_out": total, **row} for row in within]
    return [{"metric": name, "ceiling": np.nan, **row} for row in rows]


def _nothing() -> list[dict[str, Any]]:
    """All measures of stimuli of which none has a value."""
    found = (np.nan, np.nan, np.nan, "undefined: no rated stimulus has a value")
    return [_row(measure, 0, found) for measure in (*CORRELATIONS, "rmse", "rmse_star")]


def _stimuli(known: pd.DataFrame, name: str) -> Stimuli:
    systems = in_table_order(map(str, known["system"].unique()))
    sign = 1.0 if is_higher_better(name) else -1.0
    return Stimuli(
        tuple(systems),
        known["system"].map(systems.index).to_numpy(dtype=np.int64),
        numbered(known["note"].to_numpy(dtype=str)),
        known["mos"].to_numpy(dtype=np.float64),
        known["half_width"].to_numpy(dtype=np.float64),
        sign * known[name].to_numpy(dtype=np.float64),
    )


def _measured(stimuli: Stimuli, seed: int, replicates: int) -> list[dict[str, Any]]:
    """All measures of one group of stimuli."""
    reason = _reason(stimuli)
    rows = [
        _row(measure, len(stimuli.mos), _correlation(measure, stimuli, seed, replicates, reason))
        for measure in CORRELATIONS
    ]
    return rows + _mapping_rows(stimuli, seed, reason)


def _row(measure: str, count: int, found: tuple[float, float, float, str]) -> dict[str, Any]:
    value, low, high, reason = found
    ends = {"value": value, "ci_low": low, "ci_high": high}
    return {"measure": measure, **ends, "count": count, "reason": reason}


def _reason(stimuli: Stimuli) -> str:
    if len(stimuli.mos) < FEWEST_STIMULI:
        return f"undefined: fewer than {FEWEST_STIMULI} stimuli"
    if np.ptp(stimuli.mos) == 0:
        return "undefined: all mean opinions are equal"
    return "undefined: the metric is constant" if np.ptp(stimuli.metric) == 0 else ""


def _correlation(
    measure: str, stimuli: Stimuli, seed: int, replicates: int, reason: str
) -> tuple[float, float, float, str]:
    if reason:
        return np.nan, np.nan, np.nan, reason
    if measure == "kendall" and len(stimuli.mos) > MOST_STIMULI:
        return np.nan, np.nan, np.nan, f"not computed for more than {MOST_STIMULI:,} stimuli"
    correlation, data = CORRELATIONS[measure], (stimuli.metric, stimuli.mos)
    value = float(correlation(*data, np.ones((1, len(stimuli.mos))))[0])
    drawn = [correlation(*data, weights) for weights in note_draws(stimuli.note, seed, replicates)]
    low, high = percentile_ends(np.concatenate(drawn)[:, None])
    return value, float(low[0]), float(high[0]), _ends_reason(low)


def _ends_reason(low: Values) -> str:
    return "" if np.isfinite(low[0]) else "interval undefined: too few notes to draw from"


def _within(stimuli: Stimuli, seed: int, replicates: int) -> list[dict[str, Any]]:
    """The mean over systems of the correlations within each; the same notes drawn for all."""
    parts = [stimuli.system == place for place in range(len(stimuli.systems))]
    usable = [part for part in parts if not _reason(stimuli.of(part))]
    rows = []
    for measure, correlation in CORRELATIONS.items():
        count = sum(int(part.sum()) for part in usable)
        is_large = measure == "kendall" and len(stimuli.mos) > MOST_STIMULI
        if not usable or is_large:
            reason = "undefined within every system" if not usable else "not computed: too many"
            rows.append(_row(measure, count, (np.nan, np.nan, np.nan, reason)))
            continue

        def mean(weights: Values, of: Any = correlation) -> Values:
            found = [of(stimuli.metric[p], stimuli.mos[p], weights[:, p]) for p in usable]
            return np.asarray(np.mean(found, axis=0))

        value = float(mean(np.ones((1, len(stimuli.mos))))[0])
        drawn = [mean(weights) for weights in note_draws(stimuli.note, seed, replicates)]
        low, high = percentile_ends(np.concatenate(drawn)[:, None])
        found = (value, float(low[0]), float(high[0]), _ends_reason(low))
        rows.append(_row(measure, count, found))
    return rows


def _mapping_rows(stimuli: Stimuli, seed: int, reason: str) -> list[dict[str, Any]]:
    count = len(stimuli.mos)
    names = ("rmse", "rmse_star")
    if reason:
        return [_row(name, count, (np.nan, np.nan, np.nan, reason)) for name in names]
    values = _errors(stimuli, np.arange(count))
    drawn = []
    for weights in note_draws(stimuli.note, seed, MAPPED_REPLICATES):
        for weight in weights:
            chosen = np.repeat(np.arange(count), weight.astype(np.int64))
            drawn.append(_errors(stimuli, chosen))
    low, high = percentile_ends(np.array(drawn))
    rows = []
    for place, name in enumerate(names):
        missing = "" if np.isfinite(values[place]) else "undefined: a stimulus has one rating"
        missing = missing or _ends_reason(low[place : place + 1])
        found = (float(values[place]), float(low[place]), float(high[place]), missing)
        rows.append(_row(name, count, found))
    return rows


def _errors(stimuli: Stimuli, chosen: Numbers) -> list[float]:
    """rmse and rmse* of the chosen stimuli; NaN where they cannot be had."""
    metric, mos, half = (
        values[chosen] for values in (stimuli.metric, stimuli.mos, stimuli.half_width)
    )
    if len(chosen) <= COEFFICIENTS or np.ptp(metric) == 0:
        return [np.nan, np.nan]
    errors = mos - monotone_cubic(metric, mos)
    plain = root_mean_square(errors, np.zeros_like(errors))
    return [plain, root_mean_square(errors, half) if np.isfinite(half).all() else np.nan]
