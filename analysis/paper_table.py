"""A table of the paper as data: rows, cells with our number and the paper's, and its tidy form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.format import NumberStyle, decimals, with_half_width
from analysis.published import NONE, NOT_APPLICABLE
from eval_suite.contracts import Column, Contract

OURS, PAPER = "ours", "paper"
"""Whose number it is."""

MISSING = "missing"
"""What stands for a number that we do not have; the tidy table says why."""

SYNTHETIC_REMARK = "Synthetic study: its raters are simulated, and its scores say nothing of ears."


def _text(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, may_be_empty=True)


def _number(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, may_be_empty=True)


PAPER_TABLE = Contract(
    "paper_table",
    (
        Column("row", "text", "the row's name in the paper, or our system's"),
        Column(
            "column", "text", "the measured quantity, such as spectral_loss test, or the system"
        ),
        _text("system", "our system in this row or column"),
        _number("value", "our number"),
        _number("half_width", "half the width of its 95 % interval; empty where it has none"),
        _text("shown", "our cell as the other formats print it"),
        _text("published", "what the paper prints there"),
        Column(
            "data",
            "text",
            "synthetic where the study's raters are simulated",
            choices=("measured", "synthetic"),
        ),
        _text("reason", "why our number is missing, or what it depends on"),
    ),
    ("row", "column"),
)
"""One row a cell: the source of the table in every other format."""


@dataclass(frozen=True)
class TableColumn:
    """A measured column: its name in the tidy table, the headings over it, and its numbers.

    `system` is our system where the column is of one.
    """

    name: str
    heading: str
    style: NumberStyle
    group: str = ""
    system: str = ""


@dataclass(frozen=True)
class Cell:
    """Our number with the half-width of its 95 % interval, and the paper's text beside it.

    `value` is NaN where we have none, and then `reason` says why; it may also say on what a number
    depends. An empty `published`: the paper has no such row.
    """

    value: float = math.nan
    half_width: float = math.nan
    published: str = ""
    reason: str = ""


@dataclass(frozen=True)
class TableRow:
    """A row: its name, the labels that are printed, our system if there is one, and the cells."""

    name: str
    labels: tuple[str, ...]
    system: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class PaperTable:
    """A whole table. `label_headings` stand over the rows' labels.

    The paper's numbers stand beside ours, unless it has no such table: then not `is_compared`.
    """

    name: str
    title: str
    label_headings: tuple[str, ...]
    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]
    remarks: tuple[str, ...]
    is_synthetic: bool = False
    is_compared: bool = True

    @property
    def caption(self) -> str:
        """The title, marked when the study is synthetic."""
        return f"{self.title} (synthetic)" if self.is_synthetic else self.title

    @property
    def all_remarks(self) -> tuple[str, ...]:
        """What stands under the table, the mark of a synthetic study first."""
        return ((SYNTHETIC_REMARK,) if self.is_synthetic else ()) + self.remarks

    def shown(self) -> list[tuple[str, ...]]:
        """Our cells as printed, one tuple a row, with one count of decimals for each column."""
        columns = []
        for place, column in enumerate(self.columns):
            cells = [row.cells[place] for row in self.rows]
            places = decimals((cell.value for cell in cells), column.style)
            columns.append([_shown(cell, column.style, places) for cell in cells])
        return list(zip(*columns, strict=True))


def _shown(cell: Cell, style: NumberStyle, places: int) -> str:
    if math.isnan(cell.value):
        # Where the paper has no number there is none to be missed.
        return cell.published if cell.published in (NOT_APPLICABLE, NONE) else MISSING
    own = decimals([cell.value], style) if style.by_cell else places
    return with_half_width(cell.value, cell.half_width, own)


def tidy(table: PaperTable) -> pd.DataFrame:
    """One row a cell, by the contract PAPER_TABLE."""
    rows: list[dict[str, Any]] = []
    for row, shown in zip(table.rows, table.shown(), strict=True):
        for column, cell, text in zip(table.columns, row.cells, shown, strict=True):
            rows.append(
                {
                    "row": row.name,
                    "column": column.name,
                    "system": row.system or column.system,
                    "value": cell.value,
                    "half_width": cell.half_width,
                    "shown": text,
                    "published": cell.published,
                    "data": "synthetic" if table.is_synthetic else "measured",
                    "reason": cell.reason,
                }
            )
    return pd.DataFrame(rows, columns=[column.name for column in PAPER_TABLE.columns])
