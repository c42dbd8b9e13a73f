"""The paper's tables from our results: Table 1 and Table 2, ours beside the published numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.format import NumberStyle
from analysis.paper_table import Cell, PaperTable, TableColumn, TableRow
from analysis.published import (
    NONE,
    NOT_APPLICABLE,
    TABLE_1,
    TABLE_1_COLUMNS,
    TABLE_2,
    TABLE_2_REMARKS,
    PublishedRow,
)
from analysis.results import Results
from analysis.row_map import match_rows
from analysis.score_scale import other_scale, score_table
from eval_suite.intervals import RESAMPLES, bootstrap_means, cluster_numbers
from sing.notes import Note

_NOISE = 1e-12

METRIC_STYLES = {
    "spectral_loss": NumberStyle(least=3, most=4),
    "wav_mse": NumberStyle(least=4, most=5),
}
METRIC_HEADINGS = {"spectral_loss": "Spectral loss", "wav_mse": "Wav MSE"}
"""How the metrics of Table 1 are printed, and called in headings."""

TABLE_2_COLUMNS = (
    TableColumn("mos", "MOS", NumberStyle(least=2)),
    TableColumn("training_hours", "Training, h · GPU", NumberStyle(significant=3, by_cell=True)),
    TableColumn("seconds_per_second", "Speed, s/s", NumberStyle(significant=3, by_cell=True)),
    TableColumn("compression_factor", "Compression", NumberStyle(significant=1)),
    TableColumn("megabytes", "Size, MB", NumberStyle(significant=3, by_cell=True)),
)


def paper_tables(results: Results, rows: Mapping[str, str], seed: int = 0) -> list[PaperTable]:
    """Table 1 and Table 2, and scores that are of another scale than the paper's.

    `rows` say which of our systems is which row of the paper. A row of which we have no system is
    shown with the paper's numbers and ours missing; a system that is no row of the paper is shown
    below them. Raises SingError for a row's system that no table has.
    """
    matched = match_rows(rows, results_systems(results))
    scores = score_table(results)
    return [
        table_1(results, matched, seed),
        table_2(results, matched),
        *([] if scores is None else [scores]),
    ]


def results_systems(results: Results) -> list[str]:
    """The systems of all tables, sorted."""
    found: set[str] = set()
    for name in ("metrics", "speed", "mos"):
        table = results.table(name)
        found |= set() if table is None else set(table["system"])
    return sorted(found)


def table_1(results: Results, rows: Mapping[str, str], seed: int = 0) -> PaperTable:
    """Spectral loss and wav MSE of training and held-out notes (Table 1, Section 5.2).

    The intervals are of a bootstrap over (instrument, pitch) pairs, which the split holds out.
    """
    metrics = results.table("metrics")
    means = {} if metrics is None else _means(metrics, seed)
    systems = () if metrics is None else tuple(metrics["system"].unique())
    lacking = "metrics.csv has no such column" if means else "no metrics.csv"

    def cell(system: str, published: str, column: tuple[str, str]) -> Cell:
        if published == NOT_APPLICABLE:
            return Cell(published=published, reason="means nothing: the phase was not trained")
        if not system:
            return Cell(published=published, reason="no system is this row; pass --row")
        found = means.get((system, *column))
        if found is None:
            known = any(key[0] == system and key[1] == column[0] for key in means)
            why = f"no scored note of the {column[1]} part" if known else lacking
            return Cell(published=published, reason=why)
        return Cell(*found, published=published)

    made = [
        TableRow(name, labels, system, tuple(map(cell, [system] * 4, texts, TABLE_1_COLUMNS)))
        for name, labels, system, texts in _rows(TABLE_1, rows, systems, len(TABLE_1_COLUMNS))
    ]
    columns = tuple(
        TableColumn(f"{metric} {part}", part, METRIC_STYLES[metric], METRIC_HEADINGS[metric])
        for metric, part in TABLE_1_COLUMNS
    )
    remarks = (
        *(() if metrics is None else _notes_remark(metrics)),
        f"± half the width of the 95 % interval: {RESAMPLES:,} bootstrap resamples of "
        f"(instrument, pitch) pairs, seed {seed}. The paper prints no intervals.",
        "The paper's numbers are of NSynth; ours compare with them on that dataset alone.",
    )
    title = "Table 1: spectral loss and wav MSE on training and held-out notes"
    return PaperTable(
        "table1", title, ("Model", "Trained on"), columns, tuple(made), remarks,
        results.is_synthetic,
    )  # fmt: skip


def _rows(
    published: Sequence[PublishedRow], rows: Mapping[str, str], systems: Sequence[str], width: int
) -> list[tuple[str, tuple[str, ...], str, tuple[str, ...]]]:
    """Name, labels, our system and published cells: the paper's rows, then our further systems."""
    found = [(one.name, one.labels, rows.get(one.name, ""), one.cells) for one in published]
    placed = {system for _, _, system, _ in found}
    labels = len(published[0].labels)
    for system in sorted(set(systems) - placed):
        found.append((system, (system, *[""] * (labels - 1)), system, ("",) * width))
    return found


def _means(metrics: pd.DataFrame, seed: int) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Mean and half-width by (system, metric, part), of the notes that all systems share."""
    found = {}
    for part, name, values in _shared(metrics):
        if values.empty:
            continue
        pairs = cluster_numbers([Note.parse(str(note)).pair for note in values.index])
        ends = bootstrap_means(values.to_numpy(dtype=np.float64), pairs, seed)
        for system, mean, low, high in zip(values, *ends, strict=True):
            half = float(high - low) / 2
            is_noise = half < _NOISE * abs(mean)  # equal values, summed in another order
            found[str(system), name, part] = float(mean), 0.0 if is_noise else half
    return found


def _shared(metrics: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Part, metric and a table of notes by systems: of the notes that every system has a value for.

    A system that has none in this part is not waited for. Notes are sorted, so that the order of
    rows does not decide which pairs a seed draws.
    """
    for part, rows in metrics.groupby("split", sort=True):
        for name in METRIC_HEADINGS:
            if name in metrics:
                values = rows.pivot(index="note", columns="system", values=name)
                yield str(part), name, values.dropna(axis="columns", how="all").dropna()


def _notes_remark(metrics: pd.DataFrame) -> tuple[str, ...]:
    """On how many notes a mean is where systems lack some; nothing where they lack none."""
    said = []
    for part, name, values in _shared(metrics):
        rows = metrics[(metrics["split"] == part) & metrics["system"].isin(values.columns)]
        scored = rows["note"].nunique()
        if len(values) < scored:
            said.append(f"{METRIC_HEADINGS[name]} {part} {len(values):,} of {scored:,}")
    if not said:
        return ()
    return (f"Means are over the notes that all systems have a value for: {', '.join(said)}.",)


def table_2(results: Results, rows: Mapping[str, str]) -> PaperTable:
    """MOS and computational load (Table 2, Section 5.3.1)."""
    scale = other_scale(results)
    mos, speed = (_by_system(results.table(name), key) for name, key in _ORDERS.items())
    made = []
    for name, labels, system, texts in _rows(TABLE_2, rows, [*mos, *speed], len(TABLE_2_COLUMNS)):
        cells = [_mos_cell(mos.get(system), texts[0], system, scale)]
        for column, text in zip(TABLE_2_COLUMNS[1:], texts[1:], strict=True):
            cells.append(_speed_cell(speed.get(system), column.name, text, system))
        made.append(TableRow(name, labels, system, tuple(cells)))
    table = results.table("mos")
    remarks = (*_mos_remarks(table, scale), *_device_remarks(speed), *TABLE_2_REMARKS)
    title = "Table 2: mean opinion scores and computational load"
    return PaperTable(
        "table2", title, ("Model",), TABLE_2_COLUMNS, tuple(made), remarks, results.is_synthetic
    )


_ORDERS = {"mos": "mos", "speed": "seconds_per_second"}


def _by_system(table: pd.DataFrame | None, key: str) -> dict[str, dict[str, Any]]:
    """A row a system; of several, such as a run's devices, the one with the largest `key`."""
    if table is None:
        return {}
    rows = table.sort_values(["system", key], kind="stable").to_dict("records")
    return {str(row["system"]): {str(name): cell for name, cell in row.items()} for row in rows}


def _mos_cell(row: dict[str, Any] | None, published: str, system: str, scale: str | None) -> Cell:
    if row is None:
        why = f"mos.csv has no system '{system}'" if system else "no system is this row; pass --row"
        return Cell(published=published, reason=why)
    if scale is not None:
        return Cell(published=published, reason=f"scores {scale}: see the table scores")
    reason = str(row.get("reason", "") or "")
    return Cell(row["mos"], row["ci95"], published, reason)


def _speed_cell(row: dict[str, Any] | None, name: str, published: str, system: str) -> Cell:
    if published == NONE:
        return Cell(published=published, reason="nothing is generated")
    if row is None:
        why = (
            f"speed.csv has no system '{system}'" if system else "no system is this row; pass --row"
        )
        return Cell(published=published, reason=why)
    if math.isnan(row[name]):
        return Cell(published=published, reason="speed.csv has no value")
    return Cell(row[name], published=published, reason=f"on {row['device']}")


def _mos_remarks(table: pd.DataFrame | None, scale: str | None) -> tuple[str, ...]:
    if table is None:
        return ()
    if scale is not None:
        return (f"Ours, MOS: scores {scale} are none, as the paper's are from 1 to 5: see scores.",)
    methods = ", ".join(sorted(set(table["interval"])))
    rules = ", ".join(sorted(set(table["rules"])))
    return (f"Ours, MOS: ± half the width of the 95 % interval ({methods}); screening: {rules}.",)


def _device_remarks(speed: Mapping[str, dict[str, Any]]) -> tuple[str, ...]:
    if not speed:
        return ()
    devices = "; ".join(f"{name} on {row['device']}" for name, row in sorted(speed.items()))
    return (f"Ours, speed: {devices}. The paper's are of a P100.",)
