"""Paired differences between systems on the notes that both have, with two-way intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_suite.contracts import DIFFERENCES
from eval_suite.holm import holm
from eval_suite.intervals import cluster_numbers
from eval_suite.pairs import Pair
from eval_suite.score_table import ScoreTable
from eval_suite.text_table import (
    HIGHER,
    TextTable,
    heading,
    is_higher_better,
    p_text,
    rounded,
)
from eval_suite.two_way import two_way_mean
from sing.errors import SingError

Numbers = NDArray[np.int64]

KINDS = ("instrument", "pitch")
"""What notes of one kind have in common, so that they are no independent values."""


def compare(scores: ScoreTable, pairs: Sequence[Pair]) -> pd.DataFrame:
    """The rows of the differences table, metric by metric, the pairs in their order.

    Holm's correction is over all pairs of a metric. Raises SingError, naming the pair, when two
    systems have no scored note in common, or common notes of one instrument or one pitch only.
    """
    clusters = (
        cluster_numbers([note.instrument for note in scores.notes]),
        cluster_numbers([note.pitch for note in scores.notes]),
    )
    rows = []
    for metric in scores.metrics:
        compared = [_compare_pair(scores, metric, pair, clusters) for pair in pairs]
        corrected = holm([row["p_value"] for row in compared])
        rows += [{**row, "p_holm": p} for row, p in zip(compared, corrected, strict=True)]
    return pd.DataFrame(rows, columns=[column.name for column in DIFFERENCES.columns])


def _compare_pair(
    scores: ScoreTable, metric: str, pair: Pair, clusters: tuple[Numbers, Numbers]
) -> dict[str, Any]:
    places = [scores.systems.index(system) for system in pair]
    both = scores.values[:, places, scores.metrics.index(metric)]
    common = np.isfinite(both).all(axis=1)
    instruments, pitches = (numbers[common] for numbers in clusters)
    _check_common(scores.path, metric, pair, instruments, pitches)
    found = two_way_mean(both[common, 0] - both[common, 1], instruments, pitches, KINDS)
    mean_a, mean_b = both[common].mean(axis=0).tolist()
    return {
        "metric": metric,
        "a": pair[0],
        "b": pair[1],
        "mean_a": mean_a,
        "mean_b": mean_b,
        "difference": found.value,
        "ci_low": found.low,
        "ci_high": found.high,
        "p_value": found.p_value,
        "notes": int(common.sum()),
        "instruments": len(np.unique(instruments)),
        "pitches": len(np.unique(pitches)),
    }


def _check_common(
    path: Path, metric: str, pair: Pair, instruments: Numbers, pitches: Numbers
) -> None:
    named = f"{path}: {pair[0]} and {pair[1]}"
    if not len(instruments):
        raise SingError(
            f"{named} have no note in common with a {metric} of both; "
            "leave one out with --system, or score them on the same notes"
        )
    for numbers, kind in zip((instruments, pitches), KINDS, strict=True):
        if len(np.unique(numbers)) < 2:
            raise SingError(
                f"{named} have {len(numbers):,} scored notes in common, all of one {kind}; an "
                "interval over instruments and pitches needs two of each: score more notes"
            )


def shown(frame: pd.DataFrame, scores: ScoreTable) -> TextTable:
    """The differences for a person: a line for each pair, a column for each metric."""
    lines = []
    for (a, b), rows in frame.groupby(["a", "b"], sort=False):
        fewest, most = int(rows["notes"].min()), int(rows["notes"].max())
        notes = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
        columns = rows[["difference", "ci_low", "ci_high", "p_holm"]]
        cells = (_cell(*map(float, row)) for row in columns.itertuples(index=False))
        lines.append((str(a), str(b), notes, *cells))
    header = ("a", "b", "notes", *map(heading, scores.metrics))
    comparisons = len(lines)
    higher = any(map(is_higher_better, scores.metrics))
    remarks = (
        "mean of a - b over their common notes: below 0, a is better"
        + (f"; {HIGHER}: above 0, a is better" if higher else ""),
        "[95 % intervals] hold for other instruments and other pitches (two-way clustered, "
        "Student's t)",
        f"p: Holm's correction over the {comparisons:,} comparisons of a metric",
    )
    return TextTable(header, tuple(lines), remarks, left=2)


def _cell(difference: float, low: float, high: float, p_holm: float) -> str:
    """`-0.0818 [-0.1040, -0.0596] p 0.003`, rounded as the larger end of the interval is."""
    like = max(abs(low), abs(high))
    numbers = f"{rounded(difference, like)} [{rounded(low, like)}, {rounded(high, like)}]"
    return f"{numbers} p {p_text(p_holm)}"
