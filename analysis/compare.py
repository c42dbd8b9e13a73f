"""Differences between systems' mean scores on the notes that both have, and equivalence.

Every note weighs the same for both systems, so that easy and hard notes cancel, however unevenly
they were rated; where one rater scored both systems on a note, as in the paper's study, the rater's
leniency cancels too, and the difference is the mean of the paired differences. The interval holds
for other raters and other notes (decisions/0013).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.contracts_comparison import COMPARISONS
from eval_suite.baselines import in_table_order
from eval_suite.holm import holm
from eval_suite.intervals import numbered
from eval_suite.pairs import Pair, pairs_of
from eval_suite.two_way import Estimate, two_way_sum
from sing.errors import SingError

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class _Scores:
    """The ratings of all systems; raters, notes and systems as numbers from 0, [T] each."""

    systems: tuple[str, ...]
    system: Numbers
    participant: Numbers
    note: Numbers
    score: Values


def compare(
    ratings: pd.DataFrame,
    margin: float | None = None,
    against: str | None = None,
    where: str = "ratings",
) -> pd.DataFrame:
    """The table of comparisons (contract COMPARISONS), a row a pair of systems.

    `ratings` holds the ratings that count (participant, system, note, score); `against` compares
    with this system only. With a `margin`, in points of the scale, two one-sided tests (Schuirmann
    1987) ask whether the difference is smaller. Holm's correction is over the pairs. Raises
    SingError for an empty table, fewer than two systems, an unknown one, and a margin not above 0.
    """
    if margin is not None and not 0 < margin < math.inf:
        raise SingError(f"--margin {margin:g}: must be above 0, in points of the scale")
    scores = _numbered(ratings, where)
    rows = [_row(scores, pair, margin) for pair in pairs_of(scores.systems, against, where)]
    for name in ("p_value", "p_equivalence"):
        corrected = holm([row[name] for row in rows])
        target = "p_holm" if name == "p_value" else "p_equivalence_holm"
        for row, p_value in zip(rows, corrected, strict=True):
            row[target] = p_value
    for row in rows:
        row["verdict"] = _verdict(row)
    return pd.DataFrame(rows, columns=[column.name for column in COMPARISONS.columns])


def _numbered(ratings: pd.DataFrame, where: str) -> _Scores:
    if ratings.empty:
        raise SingError(f"{where}: no rating counts; collect ratings, or check kind and screening")
    systems = in_table_order(map(str, ratings["system"].unique()))
    places = {name: place for place, name in enumerate(systems)}
    return _Scores(
        tuple(systems),
        np.asarray(ratings["system"].map(places), dtype=np.int64),
        numbered(ratings["participant"].to_numpy(dtype=str)),
        numbered(ratings["note"].to_numpy(dtype=str)),
        np.asarray(ratings["score"], dtype=np.float64),
    )


def _row(scores: _Scores, pair: Pair, margin: float | None) -> dict[str, Any]:
    chosen, signs, weights = _balanced(scores, pair)
    named = {"a": pair[0], "b": pair[1], "margin": math.nan if margin is None else margin}
    count = int(chosen.sum())
    if not count:
        missing = ("mean_a", "mean_b", "difference", "ci_low", "ci_high", "p_value", "paired")
        nothing = dict.fromkeys((*missing, "p_equivalence"), math.nan)
        counts = dict.fromkeys(("ratings", "participants", "notes"), 0)
        return {**named, **nothing, **counts, "reason": "no note in common"}
    participant, note = scores.participant[chosen], scores.note[chosen]
    score = scores.score[chosen]
    means = [float(weights[signs == sign] @ score[signs == sign]) for sign in (1, -1)]
    deviations = score - np.where(signs == 1, *means)
    found = two_way_sum(
        means[0] - means[1], signs * weights * deviations, weights / 2, participant, note
    )
    return {
        **named,
        "mean_a": means[0],
        "mean_b": means[1],
        "difference": found.value,
        "ci_low": found.low,
        "ci_high": found.high,
        "p_value": found.p_value,
        "p_equivalence": math.nan if margin is None else equivalence_p(found, margin),
        "ratings": count,
        "paired": _paired_share(participant, note, signs),
        "participants": len(np.unique(participant)),
        "notes": len(np.unique(note)),
        "reason": found.reason,
    }


def _balanced(scores: _Scores, pair: Pair) -> tuple[NDArray[np.bool_], Numbers, Values]:
    """Which ratings are of the pair's common notes [T]; their signs and weights.

    With m ratings of a and n of b, a note weighs m n / (m + n), which is best for independent
    ratings; the weights of each system's ratings add up to 1.
    """
    a, b = (scores.systems.index(system) for system in pair)
    notes = int(scores.note.max()) + 1
    of_a, of_b = (np.bincount(scores.note[scores.system == s], minlength=notes) for s in (a, b))
    common = (of_a > 0) & (of_b > 0)
    chosen = ((scores.system == a) | (scores.system == b)) & common[scores.note]
    signs = np.where(scores.system[chosen] == a, 1, -1)
    with np.errstate(invalid="ignore"):
        of_note = np.where(common, of_a * of_b / (of_a + of_b), 0.0)
    counts = np.where(signs == 1, of_a[scores.note[chosen]], of_b[scores.note[chosen]])
    weights = of_note[scores.note[chosen]] / counts / max(of_note.sum(), 1e-300)
    return chosen, signs, weights


def _paired_share(participant: Numbers, note: Numbers, signs: Numbers) -> float:
    cells = numbered(participant * (int(note.max()) + 1) + note)
    has_a, has_b = (np.bincount(cells, signs == sign) > 0 for sign in (1, -1))
    return float((has_a & has_b)[cells].mean())


def equivalence_p(found: Estimate, margin: float) -> float:
    """The p-value of two one-sided tests: is the true value between -margin and margin?

    NaN where the estimate has no standard error.
    """
    if not found.is_defined:
        return math.nan
    return found.chance_beyond(margin - abs(found.value))


def _verdict(row: dict[str, Any]) -> str:
    if math.isnan(row["p_holm"]):
        return "undefined"
    parts = []
    if row["p_holm"] < SIGNIFICANCE:
        parts.append("a higher" if row["difference"] > 0 else "b higher")
    if row["p_equivalence_holm"] < SIGNIFICANCE:
        parts.append("equivalent")
    return ", ".join(parts) or "undecided"
