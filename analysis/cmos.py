"""Comparison mean opinion scores (ITU-T P.800, annex E): how much better B is than A."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.abx import PairTrials, pairs_of
from analysis.contracts_preference import CMOS
from eval_suite.holm import holm
from eval_suite.two_way import two_way_mean
from sing.errors import SingError


def comparison_scores(choices: pd.DataFrame, where: str = "choices") -> pd.DataFrame:
    """The table of CMOS (contract CMOS), a row a pair.

    `choices` also holds `score`, how much better B was than A (below 0: A was better). Raises
    SingError as `pairs_of` does, and where a score is missing.
    """
    if "score" not in choices or choices["score"].isna().any():
        raise SingError(f"{where}: a CMOS trial has no score; fill the column 'score'")
    rows = [_comparison(trials) for trials in pairs_of(choices, where, is_graded=True)]
    corrected = holm([row["p_value"] for row in rows])
    rows = [{**row, "p_holm": p} for row, p in zip(rows, corrected, strict=True)]
    return pd.DataFrame(rows, columns=[column.name for column in CMOS.columns])


def _comparison(trials: PairTrials) -> dict[str, Any]:
    raw = trials.rows["score"].to_numpy(dtype=np.float64)
    signs = np.where(trials.at_a == 1, -1.0, 1.0)
    found = two_way_mean(signs * raw, trials.participant, trials.note)
    has_both = 0 < trials.at_a.sum() < len(raw)
    # With t the true difference and e that of the places, the two orders' raw means are -t + e
    # (a at A) and t + e.
    at_a = trials.at_a == 1
    order_effect = (raw[at_a].mean() + raw[~at_a].mean()) / 2 if has_both else np.nan
    order_reason = (
        "" if has_both else f"order effect undefined: {trials.a} always stood at one place"
    )
    return {
        "a": trials.a,
        "b": trials.b,
        "trials": len(raw),
        "cmos": found.value,
        "ci_low": found.low,
        "ci_high": found.high,
        "p_value": found.p_value,
        "order_effect": float(order_effect),
        "participants": int(trials.participant.max()) + 1,
        "notes": len(trials.note_names),
        "reason": "; ".join(filter(None, (found.reason, order_reason))),
    }
