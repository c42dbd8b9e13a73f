"""Distances between all notes of a system and of the reference: one value a system.

They stand in a table of their own beside the metrics table, metrics.distances.csv, since a note
has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval_suite.contracts import DISTANCES
from eval_suite.intervals import cluster_numbers
from eval_suite.metrics.registry import Distance
from eval_suite.partial import Results, shared_notes
from eval_suite.plan import Plan
from eval_suite.tables import write_rows


@dataclass(frozen=True)
class SystemDistance:
    """A system's distance with its 95 % interval, over `notes` notes; NaN needs a `reason`."""

    system: str
    metric: str
    value: float
    low: float
    high: float
    notes: int
    reason: str = ""


def distances_path(table: Path) -> Path:
    """metrics.distances.csv beside metrics.csv."""
    return table.with_name(f"{table.stem}.distances{table.suffix}")


def system_distances(plan: Plan, results: Results) -> tuple[SystemDistance, ...]:
    """Every distance of every system, in the plan's order, from the notes that all of them have."""
    if results.features is None:
        return ()
    clusters = cluster_numbers([note.pair for note in plan.notes])
    reference = results.features[-1]
    present = np.asarray(np.isfinite(results.features).all(axis=2, keepdims=True))
    shared = shared_notes(present)[:, 0]
    found: list[SystemDistance] = []
    for place, system in enumerate(plan.systems):
        estimate = results.features[place]
        scored = shared & np.isfinite(reference).all(1) & np.isfinite(estimate).all(1)
        both = (reference[scored], estimate[scored], clusters[scored], clusters[scored])
        found += [
            _distance(distance, system.name, int(scored.sum()), both, plan.seed)
            for distance in plan.distances
        ]
    return tuple(found)


def _distance(
    distance: Distance, system: str, notes: int, both: Sequence[np.ndarray], seed: int
) -> SystemDistance:
    if notes < 2:
        missing = (math.nan, math.nan, math.nan)
        return SystemDistance(system, distance.name, *missing, notes, "fewer than two scored notes")
    found = distance.function(*both, seed)
    return SystemDistance(system, distance.name, found.value, found.low, found.high, notes)


def write_distances(path: Path, found: Sequence[SystemDistance]) -> None:
    """Write the table of distances."""
    columns = [column.name for column in DISTANCES.columns]
    ordered = sorted(found, key=lambda one: (one.system, one.metric))
    rows = (
        {
            "system": one.system,
            "metric": one.metric,
            "value": one.value,
            "ci_low": one.low,
            "ci_high": one.high,
            "notes": one.notes,
            "reason": one.reason,
        }
        for one in ordered
    )
    write_rows(path, DISTANCES, columns, rows)
