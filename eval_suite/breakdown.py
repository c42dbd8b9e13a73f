"""Scores by group of notes: instrument family, source, octave or velocity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_suite.contracts import BREAKDOWN, GROUPINGS
from eval_suite.intervals import RESAMPLES, bootstrap_means, cluster_numbers
from eval_suite.score_table import ScoreTable
from eval_suite.text_table import HIGHER, TextTable, heading, is_higher_better, with_interval
from sing import log
from sing.notes import Note

_OF_NOTE: tuple[Callable[[Note], Any], ...] = (
    lambda note: note.family,
    lambda note: note.source,
    lambda note: note.pitch // 12 - 1,
    lambda note: note.velocity,
)
_GROUP_OF = dict(zip(GROUPINGS, _OF_NOTE, strict=True))


def break_down(scores: ScoreTable, groupings: Sequence[str], seed: int) -> pd.DataFrame:
    """The rows of the breakdown table, groups in their natural order, systems in that of tables.

    A group's interval is from a bootstrap over its (instrument, pitch) pairs, as in the table of
    `sing-eval metrics`: NaN where there are fewer than two with a value.
    """
    places: dict[tuple[str, Any], list[int]] = {}
    for grouping in groupings:
        group_of = _GROUP_OF[grouping]
        for group in sorted({group_of(note) for note in scores.notes}):
            places[grouping, group] = []
        for row, note in enumerate(scores.notes):
            places[grouping, group_of(note)].append(row)
    rows: list[dict[str, Any]] = []
    for (grouping, group), members in log.progress(places.items(), "groups", len(places)):
        found = _group_rows(scores, np.array(members), seed)
        rows += [{"by": grouping, "group": str(group), **cells} for cells in found]
    return pd.DataFrame(rows, columns=[column.name for column in BREAKDOWN.columns])


def _group_rows(
    scores: ScoreTable, members: NDArray[np.int64], seed: int
) -> Iterator[dict[str, Any]]:
    """One row a system and metric, of the notes in these places."""
    values = scores.values[members].reshape(len(members), -1)
    pairs = cluster_numbers([scores.notes[place].pair for place in members.tolist()])
    means, lows, highs = bootstrap_means(values, pairs, seed)
    present = np.isfinite(values)
    for column in range(values.shape[1]):
        system, metric = divmod(column, len(scores.metrics))
        yield {
            "system": scores.systems[system],
            "metric": scores.metrics[metric],
            "mean": float(means[column]),
            "ci_low": float(lows[column]),
            "ci_high": float(highs[column]),
            "notes": int(present[:, column].sum()),
            "pairs": len(np.unique(pairs[present[:, column]])),
        }


def shown(frame: pd.DataFrame, scores: ScoreTable, seed: int) -> list[TextTable]:
    """The breakdown for a person: a table for each grouping, a line for each group and system."""
    tables = []
    groupings = list(frame["by"].unique())
    for grouping in groupings:
        header = (grouping, "system", "notes", "pairs", *map(heading, scores.metrics))
        grouped = frame[frame["by"] == grouping].groupby(["group", "system"], sort=False)
        lines = tuple(_line(str(group), str(system), rows) for (group, system), rows in grouped)
        remarks = _remarks(scores, seed) if grouping == groupings[-1] else ()
        tables.append(TextTable(header, lines, remarks, names=4, left=2))
    return tables


def _line(group: str, system: str, cells: pd.DataFrame) -> tuple[str, ...]:
    ends = cells[["mean", "ci_low", "ci_high"]].itertuples(index=False)
    counts = (f"{int(cells['notes'].max()):,}", f"{int(cells['pairs'].max()):,}")
    return (group, system, *counts, *(with_interval(*map(float, end)) for end in ends))


def _remarks(scores: ScoreTable, seed: int) -> tuple[str, ...]:
    higher = any(map(is_higher_better, scores.metrics))
    return (
        "smaller is better" + (f"; {HIGHER}: larger is better" if higher else ""),
        f"[95 % intervals]: {RESAMPLES:,} bootstrap resamples of a group's (instrument, pitch) "
        f"pairs, seed {seed}; none for a single pair",
    )
