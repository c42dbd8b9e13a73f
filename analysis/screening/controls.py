"""Controls: gold questions, whose answer is known, and traps, which say what to answer.

Both are rows of kind control with the right score in `expected`. A trap is a control whose system
is one of the rule's `trap_systems`; it must be answered exactly, gold within a tolerance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.screening.evidence import Evidence, Flags, Numbers, Raters, Values
from analysis.screening.finding import Finding, reasons, unknown
from analysis.screening.rules import ControlsRule

FIVE_POINTS = 4.0
"""From the lowest to the highest score of the scale that the rules' numbers are worded for."""


def stretch(evidence: Evidence) -> float:
    """How many times the study's scale is as long as one from 1 to 5; 1 where none is stated."""
    scale = evidence.ratings.scale
    return (scale[1] - scale[0]) / FIVE_POINTS if scale else 1.0


def controls(evidence: Evidence, rule: ControlsRule) -> Finding:
    """Raters who miss too many gold questions or traps."""
    asked = evidence.ratings.controls
    asked = asked[asked["expected"].notna()] if "expected" in asked else asked.iloc[:0]
    is_trap = asked["system"].isin(rule.trap_systems).to_numpy(dtype=np.bool_)
    right = asked["expected" if "expected" in asked else "score"]
    error = (asked["score"] - right).abs().to_numpy(dtype=np.float64)
    tolerance = np.where(is_trap, 0, rule.gold_tolerance * stretch(evidence))
    return shares_right(evidence, asked, is_trap, error <= tolerance + 1e-9, rule)


def shares_right(
    evidence: Raters, asked: pd.DataFrame, is_trap: Flags, is_right: Flags, rule: ControlsRule
) -> Finding:
    """Raters whose shares of right answers are too small. `asked` [T] are the controls' rows."""
    raters = len(evidence.participants)
    rater = evidence.numbers(asked)
    gold = _share(rater[~is_trap], is_right[~is_trap], raters)
    traps = _share(rater[is_trap], is_right[is_trap], raters)
    misses_gold, misses_traps = gold < rule.fewest_gold, traps < rule.fewest_traps

    def word(one: int) -> str:
        parts = [
            f"{100 * share[one]:.0f} % of {kind} right, expected at least {100 * fewest:.0f} %"
            for kind, share, fewest, misses in (
                ("gold questions", gold, rule.fewest_gold, misses_gold),
                ("traps", traps, rule.fewest_traps, misses_traps),
            )
            if misses[one]
        ]
        return "; ".join(parts)

    score = _share(rater, is_right, raters)
    return Finding(
        reasons(misses_gold | misses_traps, word),
        unknown("controls", np.isfinite(score)),
        control_score=score,
    )


def _share(rater: Numbers, right: Flags, raters: int) -> Values:
    """The share of right answers of each rater, NaN for none asked."""
    asked = np.bincount(rater, minlength=raters)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(rater, right, raters) / asked)
