"""Tables of numbers as a person reads them: aligned text, in parts where a terminal is narrow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from eval_suite.metrics.registry import REGISTRY

SIGNIFICANT = 4
COLUMN_GAP = 2

HIGHER = "↑"
"""Stands behind the name of a metric whose larger values are the better ones."""


@dataclass(frozen=True)
class TextTable:
    """A printed table as text: a header, one line of cells a row, remarks under the table.

    The first `names` columns say what a line is about, and so stand in every part of a table that
    is too wide for the terminal; the first `left` columns are aligned to the left.
    """

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...]
    names: int = 3
    left: int = 1


def is_higher_better(metric: str) -> bool:
    """Whether larger values of a metrics table's column are better; False for an unknown one."""
    definition = REGISTRY.get(metric.partition("@")[0])
    return definition is not None and definition.better == "higher"


def heading(metric: str) -> str:
    """The column's name in a printed table: marked where larger values are better."""
    return f"{metric} {HIGHER}" if is_higher_better(metric) else metric


def with_interval(mean: float, low: float, high: float) -> str:
    """`0.1234 [0.1201, 0.1270]`: four significant digits of the mean, the ends rounded alike.

    The mean alone when there is no interval; `-` when there is no mean.
    """
    if math.isnan(mean):
        return "-"
    if math.isnan(low):
        return rounded(mean, mean)
    return f"{rounded(mean, mean)} [{rounded(low, mean)}, {rounded(high, mean)}]"


def rounded(value: float, like: float) -> str:
    """The value with as many decimals as give `like` four significant digits."""
    if value == 0:
        return "0"
    if like != 0 and not 1e-4 <= abs(like) < 1e7:
        return f"{value:.{SIGNIFICANT - 1}e}"
    exponent = math.floor(math.log10(abs(like))) if like else 0
    return f"{value:,.{max(0, SIGNIFICANT - 1 - exponent)}f}"


def p_text(p_value: float) -> str:
    """`0.012`, or `<0.001`; `-` for NaN."""
    if math.isnan(p_value):
        return "-"
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def print_table(table: TextTable, console: Console) -> None:
    """Print the table; on a terminal too narrow for all metrics, in several parts.

    Where stdout is not a terminal, the table is plain text in lines of whatever length it takes.
    """
    for columns in _parts(table, console):
        if console.is_terminal:
            console.print(_rich_table(table, columns))
        else:
            console.out("\n".join(_plain_lines(table, columns)), highlight=False)
    for remark in table.remarks:
        console.print(remark, markup=False, highlight=False, soft_wrap=True, style="dim")


def _parts(table: TextTable, console: Console) -> list[list[int]]:
    """Which columns stand together so that they fit a terminal; the names are in every part."""
    names = list(range(table.names))
    rest = list(range(table.names, len(table.header)))
    if not console.is_terminal:
        return [names + rest]
    parts: list[list[int]] = []
    for column in rest:
        if parts and _fits(table, [*parts[-1], column], console):
            parts[-1].append(column)
        else:
            parts.append([*names, column])
    return parts


def _fits(table: TextTable, columns: Sequence[int], console: Console) -> bool:
    wide = console.options.update(width=10_000)
    measured = Measurement.get(console, wide, _rich_table(table, columns))
    return measured.maximum <= console.width


def _widths(table: TextTable, columns: Sequence[int]) -> list[int]:
    rows = (table.header, *table.lines)
    return [max(len(row[column]) for row in rows) for column in columns]


def _plain_lines(table: TextTable, columns: Sequence[int]) -> list[str]:
    widths = _widths(table, columns)
    lines = []
    for row in (table.header, *table.lines):
        cells = [
            row[column].ljust(width) if column < table.left else row[column].rjust(width)
            for column, width in zip(columns, widths, strict=True)
        ]
        lines.append((" " * COLUMN_GAP).join(cells))
    return lines


def _rich_table(table: TextTable, columns: Sequence[int]) -> Table:
    rich = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, COLUMN_GAP // 2))
    for column in columns:
        justify = "left" if column < table.left else "right"
        rich.add_column(table.header[column], justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for line in table.lines:
        rich.add_row(*(Text(line[column]) for column in columns))  # a name is no markup
    return rich


def stdout_console() -> Console:
    """The console on which results appear."""
    return Console(highlight=False)
