"""Mean opinion scores with intervals that hold for other participants and other notes.

`crowdmos`       mean ± t(0.975, min(N, M) - 1) * sqrt(Var(mean)), moments of Ribeiro et al. (2011)
`exact-moments`  the same with unbiased moments (analysis/moments.py)
`bootstrap`      half the distance of percentiles of analysis/two_way_bootstrap.py
`naive`          mean ± 1.96 sd / sqrt(T), which takes ratings for independent: for comparison

`effective_n` is the number of independent ratings, each by another participant of another note,
whose mean would vary as much: (Vw + Vs + Vu) / Var(mean). It and the variances come from the
unbiased moments for `exact-moments` and `bootstrap`, from crowdMOS' for the other two.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis import two_way_bootstrap
from analysis.moments import CROWDMOS, EXACT, Layout, components, layout_of, moments
from eval_suite.intervals import CONFIDENCE, RESAMPLES
from eval_suite.study_contracts import MOS
from sing.notes import Note

BOOTSTRAP = "bootstrap"
NAIVE = "naive"
INTERVALS = (CROWDMOS, EXACT, BOOTSTRAP, NAIVE)
OF_RATERS = "t over raters"
"""The interval of a single note: nothing else than the raters could have been drawn otherwise."""

_NORMAL_QUANTILE = float(special.ndtri((1 + CONFIDENCE) / 2))


@dataclass(frozen=True)
class MosEstimate:
    """A mean opinion score, what it rests on, and how far it may be off.

    NaN where a value is undefined; `reason` then says why. Fields as in the contract `mos`.
    """

    mos: float
    ci95: float
    interval: str
    ratings: int
    participants: int
    notes: int
    effective_n: float
    var_participant: float
    var_note: float
    var_residual: float
    reason: str = ""


def estimate(
    scores: NDArray[np.float64],
    participant: NDArray[np.int64],
    note: NDArray[np.int64],
    interval: str = CROWDMOS,
    half_width: float = math.nan,
) -> MosEstimate:
    """The score of one system from ratings [T] of these participants and notes (numbers, [T]).

    `half_width` is the interval's when it comes from a bootstrap. Raises ValueError when there is
    no rating, a score is not finite or the interval is not one of INTERVALS.
    """
    if interval not in INTERVALS:
        raise ValueError(f"interval {interval}: expected one of {', '.join(INTERVALS)}")
    ddof = 1 if interval in (EXACT, BOOTSTRAP) else 0
    common = _common_score(scores)
    origin = common or 0.0
    found = moments((scores - origin)[:, None], participant, note, ddof)
    parts = components(found)
    layout = found.layout
    of_mean, total = float(parts.of_mean[0]), float(parts.total[0])
    undefined = _undefined(layout, interval, common is not None, of_mean)
    if interval == NAIVE and not undefined:
        half_width = _NORMAL_QUANTILE * float(scores.std(ddof=1)) / math.sqrt(layout.ratings)
    elif interval != BOOTSTRAP and not undefined:
        quantile = float(special.stdtrit(layout.degrees, (1 + CONFIDENCE) / 2))
        half_width = quantile * math.sqrt(of_mean)
    has_two = layout.degrees > 0 and of_mean > 0
    return MosEstimate(
        origin + float(found.mean[0]),
        math.nan if undefined else half_width,
        interval,
        layout.ratings,
        layout.participants,
        layout.notes,
        total / of_mean if has_two else math.nan,
        float(parts.participant[0]) if layout.participants > 1 else math.nan,
        float(parts.note[0]) if layout.notes > 1 else math.nan,
        float(parts.residual[0]) if layout.ratings > 1 else math.nan,
        undefined or _inseparable(layout, parts.participant, parts.note),
    )


def _common_score(scores: NDArray[np.float64]) -> float | None:
    """The score that all of them are, if they are.

    Equal decimals such as 3.3 have a mean that is rounded, and so deviations that are not 0.
    """
    return float(scores[0]) if len(scores) and np.ptp(scores) == 0 else None


def _undefined(layout: Layout, interval: str, are_equal: bool, of_mean: float) -> str:
    """Why there is no interval; empty when there is one."""
    if layout.ratings == 1:
        return "interval undefined: one rating"
    if are_equal:
        return "interval undefined: all scores are equal"
    if interval != NAIVE and layout.participants == 1:
        return "interval undefined: one rater"
    if interval != NAIVE and layout.notes == 1:
        return "interval undefined: one note"
    if interval != NAIVE and not of_mean > 0:
        return "interval undefined: raters repeat the same notes too often"
    return ""


def _inseparable(layout: Layout, participant: NDArray[Any], note: NDArray[Any]) -> str:
    """Which variances the layout cannot tell apart; empty when it can."""
    if layout.participants == 1 or layout.notes == 1:
        missing = "raters" if layout.participants == 1 else "notes"
        return f"variance of {missing} unknown: there is one" if layout.ratings > 1 else ""
    no_note, no_participant = bool(np.isnan(note[0])), bool(np.isnan(participant[0]))
    if no_note and no_participant:
        return "no rater and no note has two ratings: var_residual holds all variances"
    if no_note:
        return "no note was rated twice: var_residual holds var_note"
    if no_participant:
        return "no rater rated two notes: var_residual holds var_participant"
    return ""


def estimates(
    ratings: pd.DataFrame,
    by: str,
    interval: str = CROWDMOS,
    seed: int = 0,
    replicates: int = RESAMPLES,
) -> Iterator[tuple[Hashable, MosEstimate]]:
    """An estimate for each value of the column `by`, sorted.

    `ratings` has the columns participant, note, score and `by`. With `bootstrap`, all values see
    the same draws of participants and notes.
    """
    groups, labels = pd.factorize(ratings[by], sort=True)
    participant, note = (
        pd.factorize(ratings[name], sort=True)[0] for name in ("participant", "note")
    )
    scores = ratings["score"].to_numpy(dtype=np.float64)
    halves = np.full(len(labels), math.nan)
    if interval == BOOTSTRAP and len(scores):
        drawn = two_way_bootstrap.replicate_means(
            scores, participant, note, groups, seed, replicates
        )
        for group in range(len(labels)):
            rows = groups == group
            degrees = layout_of(participant[rows], note[rows]).degrees
            if degrees > 0:
                halves[group] = two_way_bootstrap.half_widths(drawn[:, group], degrees + 1)
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(np.bincount(groups, minlength=len(labels)))
    for group, (label, rows) in enumerate(zip(labels, np.split(order, ends[:-1]), strict=True)):
        half = float(halves[group])
        yield label, estimate(scores[rows], participant[rows], note[rows], interval, half)


def mos_table(
    ratings: pd.DataFrame,
    interval: str = CROWDMOS,
    rules: str = "none",
    seed: int = 0,
    replicates: int = RESAMPLES,
) -> pd.DataFrame:
    """The mos table (contract MOS) of ratings with the columns system, participant, note, score.

    `rules` are those by which participants were screened. One row a system, sorted by name.
    """
    found = estimates(ratings, "system", interval, seed, replicates)
    rows = [{"system": system, "rules": rules, **asdict(one)} for system, one in found]
    return pd.DataFrame(rows, columns=[column.name for column in MOS.columns])


def grouped_table(
    ratings: pd.DataFrame,
    by: str,
    interval: str = CROWDMOS,
    seed: int = 0,
    replicates: int = RESAMPLES,
) -> pd.DataFrame:
    """As `mos_table`, one row a system and instrument family or note (contract MOS_GROUPS).

    `by` is family or note. The interval of a single note is over its raters only: Student's t of
    the raters' means of it. Raises SingError for families of notes whose names do not tell them.
    """
    if by == "family":
        family_of = {name: Note.parse(name).family for name in map(str, ratings["note"].unique())}
        grouped = ratings.assign(group=ratings["note"].map(family_of))
    elif by == "note":
        grouped = ratings.assign(group=ratings["note"])
    else:
        raise ValueError(f"by {by}: expected family or note")
    rows = []
    for system, of_system in grouped.groupby("system", sort=True):
        found = estimates(
            of_system, "group", interval if by == "family" else NAIVE, seed, replicates
        )
        notes = _of_raters(of_system) if by == "note" else {}
        for group, one in found:
            shown = replace(one, **notes[group]) if by == "note" else one
            rows.append({"system": system, "by": by, "group": group, **asdict(shown)})
    return pd.DataFrame(rows)


def _of_raters(ratings: pd.DataFrame) -> dict[Hashable, dict[str, Any]]:
    """For each note, the interval over its raters in place of one over raters and notes."""
    means = ratings.groupby(["note", "participant"], sort=False)["score"].mean()
    spread = means.groupby("note").agg(["std", "count"])
    scores = ratings.groupby("note")["score"]
    spread["range"] = scores.max() - scores.min()
    found: dict[Hashable, dict[str, Any]] = {}
    for note, deviation, count, reach in spread.itertuples():
        reason = ""
        if count < 2:
            reason = "interval undefined: one rater"
        elif deviation == 0 or reach == 0:
            reason = "interval undefined: all scores are equal"
        quantile = special.stdtrit(max(count - 1, 1), (1 + CONFIDENCE) / 2)
        half = math.nan if reason else float(quantile * deviation / math.sqrt(count))
        found[note] = {"ci95": half, "interval": OF_RATERS, "reason": reason}
    return found
