"""Preferences between pairs of systems: proportions, their intervals, and signs of trouble.

A preference trial of the paper (Section 5.3, there called ABX): a reference and two systems, and
the listener says which is closer to it. Nobody can be right, so the proportion is of taste; the
classic ABX task, in which X is A or B, is in `analysis.discrimination`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.contracts_preference import PREFERENCE, PREFERENCE_NOTES
from analysis.proportions import (
    BOOTSTRAP,
    Method,
    binomial_p,
    exact_interval,
    two_way_interval,
    two_way_p,
)
from eval_suite.baselines import in_table_order
from eval_suite.holm import holm
from eval_suite.intervals import RESAMPLES, numbered
from sing.errors import SingError

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class PairTrials:
    """The trials of one pair of systems, [T] each; participants and notes are numbers from 0.

    `prefers_a` is 1 where `a` was chosen, else 0; `at_a` is 1 where `a` stood at A, the first.
    """

    a: str
    b: str
    prefers_a: Values
    at_a: Values
    participant: Numbers
    note: Numbers
    note_names: NDArray[np.str_]
    rows: pd.DataFrame

    @property
    def chose_first(self) -> Values:
        """1 where the system at A was chosen, else 0, [T]."""
        return np.asarray(self.prefers_a == self.at_a, dtype=np.float64)


def pairs_of(
    choices: pd.DataFrame, where: str = "choices", is_graded: bool = False
) -> Iterator[PairTrials]:
    """The trials of each pair, both orders together; the systems in the order of tables.

    Raises SingError for an empty table, a system compared with itself, a choice that is neither of
    the two (but for graded trials, CMOS, which may end in none), and one pair heard with different
    references.
    """
    if choices.empty:
        raise SingError(f"{where}: no trial counts; collect choices, or check kind and screening")
    _check(choices, where, is_graded)
    order = in_table_order([*map(str, choices["a"].unique()), *map(str, choices["b"].unique())])
    places = {name: place for place, name in enumerate(order)}
    first, second = (choices[name].map(places).to_numpy(dtype=np.int64) for name in ("a", "b"))
    low, high = np.minimum(first, second), np.maximum(first, second)
    for pair in np.unique(low * len(order) + high).tolist():
        a, b = (order[place] for place in divmod(pair, len(order)))
        chosen = choices[low * len(order) + high == pair]
        _check_reference(chosen, a, b, where)
        names, notes = np.unique(chosen["note"].to_numpy(dtype=str), return_inverse=True)
        yield PairTrials(
            a,
            b,
            (chosen["choice"] == a).to_numpy(dtype=np.float64),
            (chosen["a"] == a).to_numpy(dtype=np.float64),
            numbered(chosen["participant"].to_numpy(dtype=str)),
            notes,
            names,
            chosen,
        )


def _check(choices: pd.DataFrame, where: str, is_graded: bool) -> None:
    same = choices["a"] == choices["b"]
    if same.any():
        system = choices["a"][same].iloc[0]
        raise SingError(f"{where}: {system} is compared with itself; take these trials out")
    stray = ~((choices["choice"] == choices["a"]) | (choices["choice"] == choices["b"]))
    if stray.any() and not is_graded:
        row = choices[stray].iloc[0]
        raise SingError(
            f"{where}: choice '{row['choice']}' is neither {row['a']} nor {row['b']}; "
            "write the chosen system's name"
        )


def _check_reference(trials: pd.DataFrame, a: str, b: str, where: str) -> None:
    """One reference a pair, unless it is A or B itself, as in classic ABX."""
    if "reference" not in trials:
        return
    references = sorted({*map(str, trials["reference"].fillna("").unique())} - {a, b})
    if len(references) > 1:
        raise SingError(
            f"{where}: {a} and {b} were heard with different references, {references[0] or 'none'} "
            f"and {references[1]}; analyze them one at a time"
        )


def preferences(
    choices: pd.DataFrame,
    method: Method = "logit",
    seed: int = 0,
    resamples: int = RESAMPLES,
    where: str = "choices",
) -> pd.DataFrame:
    """The table of preferences (contract PREFERENCE), a row a pair.

    `choices` holds the trials that count (contract CHOICES: participant, note, a, b, choice).
    Errors as `pairs_of`. The seed is that of the bootstrap.
    """
    rows = [_preference(trials, method, seed, resamples) for trials in pairs_of(choices, where)]
    corrected = holm([row["p_two_way"] for row in rows])
    rows = [{**row, "p_holm": p} for row, p in zip(rows, corrected, strict=True)]
    return pd.DataFrame(rows, columns=[column.name for column in PREFERENCE.columns])


def _preference(trials: PairTrials, method: Method, seed: int, resamples: int) -> dict[str, Any]:
    count, prefer_a = len(trials.prefers_a), int(trials.prefers_a.sum())
    exact = exact_interval(prefer_a, count)
    two_way, bootstrap = (
        two_way_interval(trials.prefers_a, trials.participant, trials.note, kind, seed, resamples)
        for kind in (method, BOOTSTRAP)
    )
    agreement = _agreement(trials)
    position, position_reason = position_bias(trials)
    reasons = [two_way.reason, position_reason]
    if np.isnan(agreement):
        reasons.append("agreement undefined: no note has two answers")
    return {
        "a": trials.a,
        "b": trials.b,
        "trials": count,
        "prefer_a": prefer_a,
        "proportion_a": prefer_a / count,
        "ci_low": two_way.low,
        "ci_high": two_way.high,
        "exact_low": exact.low,
        "exact_high": exact.high,
        "p_value": binomial_p(prefer_a, count),
        "p_two_way": two_way_p(trials.prefers_a, trials.participant, trials.note),
        "interval": method,
        "bootstrap_low": bootstrap.low,
        "bootstrap_high": bootstrap.high,
        "participants": int(trials.participant.max()) + 1,
        "notes": len(trials.note_names),
        "agreement": agreement,
        **position,
        "reason": "; ".join(filter(None, reasons)),
    }


def position_bias(trials: PairTrials) -> tuple[dict[str, float], str]:
    """Whether what stands at A, the first, is chosen more often; and a reason for what is missing.

    The share of trials with A chosen tells when systems stood at A equally often; the preference
    for `a` at either place tells in any case.
    """
    count, first = len(trials.prefers_a), int(trials.chose_first.sum())
    exact = exact_interval(first, count)
    at_a = trials.at_a == 1
    at_places = [
        float(trials.prefers_a[place].mean()) if place.any() else np.nan for place in (at_a, ~at_a)
    ]
    named = {
        "proportion_first": first / count,
        "first_low": exact.low,
        "first_high": exact.high,
        "first_p_value": binomial_p(first, count),
        "proportion_a_at_a": at_places[0],
        "proportion_a_at_b": at_places[1],
    }
    if at_a.all() or not at_a.any():
        always = "A" if at_a.all() else "B"
        return named, f"{trials.a} always stood at {always}: bias and preference are one"
    return named, ""


def _agreement(trials: PairTrials) -> float:
    """The chance that two answers about one note are alike, over all such pairs; NaN for none."""
    answers = np.bincount(trials.note).astype(np.float64)
    prefer_a = np.bincount(trials.note, trials.prefers_a)
    pairs = float((answers * (answers - 1)).sum())
    alike = prefer_a * (prefer_a - 1) + (answers - prefer_a) * (answers - prefer_a - 1)
    return float(alike.sum()) / pairs if pairs else np.nan


def preferences_by_note(choices: pd.DataFrame, where: str = "choices") -> pd.DataFrame:
    """Preferences note by note (contract PREFERENCE_NOTES), with exact intervals. Errors as above.

    The raters of one note are different people, so that their answers are independent.
    """
    rows = []
    for trials in pairs_of(choices, where):
        answers = np.bincount(trials.note)
        chosen = np.bincount(trials.note, trials.prefers_a).astype(np.int64)
        for name, count, prefer_a in zip(
            trials.note_names.tolist(), answers.tolist(), chosen.tolist(), strict=True
        ):
            rows.append(_note_row(trials, name, count, prefer_a))
    return pd.DataFrame(rows, columns=[column.name for column in PREFERENCE_NOTES.columns])


def _note_row(trials: PairTrials, note: str, count: int, prefer_a: int) -> dict[str, Any]:
    exact = exact_interval(prefer_a, count)
    others = count - prefer_a
    alike = prefer_a * (prefer_a - 1) + others * (others - 1)
    return {
        "a": trials.a,
        "b": trials.b,
        "note": note,
        "trials": count,
        "prefer_a": prefer_a,
        "proportion_a": prefer_a / count,
        "exact_low": exact.low,
        "exact_high": exact.high,
        "agreement": alike / (count * (count - 1)) if count > 1 else np.nan,
        "reason": "" if count > 1 else "agreement undefined: one answer",
    }
