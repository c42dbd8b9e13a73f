"""Tables of one metric by group of notes: a line a family, source, octave or velocity."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.format import NumberStyle, decimals
from analysis.paper_table import Cell, PaperTable, TableColumn, TableRow
from analysis.paper_tables import METRIC_HEADINGS, METRIC_STYLES
from eval_suite.baselines import in_table_order
from eval_suite.contracts import GROUPINGS
from eval_suite.intervals import RESAMPLES
from eval_suite.text_table import is_higher_better
from sing.errors import SingError, suggestion

_BY_NUMBER = ("octave", "velocity")
_STYLE = NumberStyle(least=2, significant=3, most=4)

SINGLE_PAIR = "interval undefined: fewer than two (instrument, pitch) pairs"


def breakdown_tables(
    frame: pd.DataFrame | None, metrics: Sequence[str] = (), is_synthetic: bool = False
) -> tuple[PaperTable, ...]:
    """A table for each of the metrics and each grouping, systems side by side.

    `frame` is by the contract BREAKDOWN. Without names the metrics are those of Table 1, else the
    table's first. Raises SingError for a metric that is not in the table.
    """
    if frame is None:
        if metrics:
            raise SingError(f"--metric {metrics[0]}: no breakdown.csv; see sing-eval breakdown")
        return ()
    known = list(dict.fromkeys(map(str, frame["metric"])))
    for name in metrics:
        if name not in known:
            raise SingError(f"--metric {name}: not in the breakdown; {suggestion(name, known)}")
    chosen = metrics or [name for name in METRIC_HEADINGS if name in known] or known[:1]
    return tuple(
        _table(metric, by, part, is_synthetic)
        for metric in dict.fromkeys(chosen)
        for by, part in _by_grouping(frame[frame["metric"] == metric])
    )


def _by_grouping(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for by in GROUPINGS:
        part = frame[frame["by"] == by]
        if len(part):
            yield by, part


def _table(metric: str, by: str, frame: pd.DataFrame, is_synthetic: bool) -> PaperTable:
    found = {(row["group"], row["system"]): row for row in frame.to_dict("records")}
    groups = sorted(set(frame["group"]), key=float if by in _BY_NUMBER else str)
    systems = in_table_order(map(str, frame["system"].unique()))
    places = decimals(frame["mean"], METRIC_STYLES.get(metric, _STYLE))
    style = NumberStyle(least=places, most=places)  # one count for all systems: one quantity
    columns = tuple(TableColumn(f"{metric} {one}", one, style, system=one) for one in systems)
    rows = []
    for group in groups:
        cells = [found.get((group, system)) for system in systems]
        labels = (group, _counts([cell["notes"] for cell in cells if cell is not None]))
        rows.append(TableRow(group, labels, "", tuple(map(_cell, cells))))
    better = "Larger is better. " if is_higher_better(metric) else ""
    remark = (
        f"{better}± half the width of the 95 % interval: {RESAMPLES:,} bootstrap resamples of a "
        "group's (instrument, pitch) pairs; none for a single pair."
    )
    quantity = METRIC_HEADINGS.get(metric, metric)
    return PaperTable(
        f"{metric.replace('@', '-at-')}-by-{by}", f"Breakdown: {quantity} by {by}",
        (by.capitalize(), "Notes"), columns, tuple(rows), (remark,), is_synthetic,
        is_compared=False,
    )  # fmt: skip


def _counts(notes: Sequence[float]) -> str:
    """How many notes the systems have in the group: `20`, or `18 to 20`."""
    low, high = int(min(notes)), int(max(notes))
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _cell(row: dict[Hashable, Any] | None) -> Cell:
    if row is None:
        return Cell(reason="the breakdown has no such row")
    if math.isnan(row["mean"]):
        return Cell(reason="no scored note in the group")
    half = (row["ci_high"] - row["ci_low"]) / 2
    return Cell(row["mean"], half, reason=SINGLE_PAIR if math.isnan(half) else "")
