"""The metrics table as an array: what breakdowns and comparisons of systems start from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_suite.baselines import in_table_order
from eval_suite.metric_columns import column_of, metric_columns
from eval_suite.metrics.registry import DISTANCES
from eval_suite.table_files import hashes
from eval_suite.tables import METRICS, read_table
from sing.errors import SingError, suggestion
from sing.notes import Note

_LARGEST = 1e150
"""Beyond it sums of squares are no numbers."""


@dataclass(frozen=True)
class ScoreTable:
    """Values [notes, systems, metrics]: NaN where a system has no such note, or no value for it.

    Systems stand in the order of tables, notes sorted by name, metrics as in the file.
    """

    path: Path
    notes: tuple[Note, ...]
    systems: tuple[str, ...]
    metrics: tuple[str, ...]
    values: NDArray[np.float64]


def read_scores(path: Path, metrics: Sequence[str] = (), systems: Sequence[str] = ()) -> ScoreTable:
    """Read these metrics of these systems from a metrics table; all of them for no names.

    Raises SingError for a table that does not fit its contract, an empty one, and for a metric or
    a system that is not in it.
    """
    frame = read_table(path, METRICS)
    if frame.empty:
        raise SingError(f"{path}: no row; write the table with sing-eval metrics")
    known = metric_columns(frame)
    for name in DISTANCES.keys() & set(metrics):
        raise SingError(
            f"--metric {name}: one number a system, with no value for a note; it stands in the "
            "table of distances beside the metrics"
        )
    chosen = _chosen("metric", path, (column_of(name, known) for name in metrics), known)
    present = in_table_order(map(str, frame["system"].unique()))
    kept = _chosen("system", path, systems, present)
    rows = frame[frame["system"].isin(kept)]
    require_means(path, rows, chosen)
    names, note_places = np.unique(rows["note"].to_numpy(dtype=str), return_inverse=True)
    values = np.full((len(names), len(kept), len(chosen)), np.nan)
    values[note_places, rows["system"].map(kept.index)] = rows[chosen]
    notes = tuple(map(Note.parse, names.tolist()))
    return ScoreTable(path, notes, tuple(kept), tuple(chosen), values)


def require_means(path: Path, frame: pd.DataFrame, metrics: Sequence[str]) -> None:
    """Raise SingError for the first value of which no mean can be computed."""
    for metric in metrics:
        for row in frame[frame[metric].abs() > _LARGEST].head(1).to_dict("records"):
            raise SingError(
                f"{path}: {row['system']}, {row['note']}: {metric} {row[metric]:g} is too large "
                "for a mean; mend the cell, or leave it empty with a reason"
            )


def _chosen(option: str, path: Path, names: Iterable[str], known: Sequence[str]) -> list[str]:
    """The names in the order of the table, or all known ones. Raises SingError for an unknown."""
    wanted = set(names)
    for name in sorted(wanted.difference(known)):
        raise SingError(f"--{option} {name}: not in {path}; {suggestion(name, known)}")
    if not known:
        raise SingError(f"{path}: no column of a {option}; write the table with sing-eval metrics")
    return [name for name in known if name in wanted or not wanted]


def source_facts(scores: ScoreTable) -> dict[str, Any]:
    """The table that was read and what was taken from it, for the record beside a result."""
    chosen = {"metrics": list(scores.metrics), "systems": list(scores.systems)}
    return {**hashes({"table": scores.path}), **chosen}
