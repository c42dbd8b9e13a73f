"""The table that `sing-eval metrics` prints: means and 95 % intervals, one line a system."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from eval_suite.intervals import RESAMPLES, bootstrap_means, cluster_numbers
from eval_suite.partial import Results
from eval_suite.plan import Plan
from sing.losses import HOP_LENGTH, N_FFT

SIGNIFICANT = 4
COLUMN_GAP = 2


@dataclass(frozen=True)
class Summary:
    """The printed table as text: a header, one line of cells a system, notes under the table."""

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...]


def summarize(plan: Plan, results: Results, splits: Sequence[str]) -> Summary:
    """Means with intervals by a bootstrap over (instrument, pitch) pairs, in the plan's order."""
    systems, notes, metrics = results.values.shape
    clusters = cluster_numbers([note.pair for note in plan.notes])
    flat = results.values.transpose(1, 0, 2).reshape(notes, systems * metrics)
    ends = bootstrap_means(flat, clusters, plan.seed)
    means, lows, highs = (end.reshape(systems, metrics) for end in ends)
    failed = Counter(place for place, _ in results.reasons)
    lines = []
    for place, system in enumerate(plan.systems):
        cells = [
            with_interval(*map(float, cell))
            for cell in zip(means[place], lows[place], highs[place], strict=True)
        ]
        scored = notes - failed[place]
        lines.append((system.name, f"{scored:,}", f"{failed[place]:,}", *cells))
    header = ("system", "notes", "failed", *(metric.column for metric in plan.metrics))
    return Summary(header, tuple(lines), _remarks(plan, int(clusters.max()) + 1, splits))


def _remarks(plan: Plan, pairs: int, splits: Sequence[str]) -> tuple[str, ...]:
    floors = sorted({metric.epsilon for metric in plan.metrics if metric.epsilon is not None})
    epsilon = ", ".join(f"{floor:g}" for floor in floors)
    remarks = [
        f"{len(plan.notes):,} notes ({_parts_of_split(splits)}), reference {plan.reference.name}; "
        "0 is equal, smaller is better",
        f"[95 % intervals]: {RESAMPLES:,} bootstrap resamples of {pairs:,} (instrument, pitch) "
        f"pairs, seed {plan.seed}",
        f"STFT {N_FFT} / {HOP_LENGTH}, periodic Hann, unnormalised, uncentred"
        + (f"; epsilon {epsilon} in log(epsilon + |STFT|^2)" if floors else ""),
    ]
    return tuple(remarks)


def _parts_of_split(splits: Sequence[str]) -> str:
    """`test`, or how many are in which part: `test 90, train 10`."""
    counts = Counter(part or "no split known" for part in splits)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{part} {count:,}" for part, count in sorted(counts.items()))


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


def print_summary(summary: Summary, console: Console) -> None:
    """Print the table; on a terminal too narrow for all metrics, in several parts.

    Where stdout is not a terminal, the table is plain text in lines of whatever length it takes.
    """
    for columns in _parts(summary, console):
        if console.is_terminal:
            console.print(_rich_table(summary, columns))
        else:
            console.out("\n".join(_plain_lines(summary, columns)), highlight=False)
    for remark in summary.remarks:
        console.print(remark, markup=False, highlight=False, soft_wrap=True, style="dim")


def _parts(summary: Summary, console: Console) -> list[list[int]]:
    """Which columns stand together so that they fit a terminal; the names are in every part."""
    names = [0, 1, 2]
    rest = list(range(len(names), len(summary.header)))
    if not console.is_terminal:
        return [names + rest]
    parts: list[list[int]] = []
    for column in rest:
        if parts and _fits(summary, [*parts[-1], column], console):
            parts[-1].append(column)
        else:
            parts.append([*names, column])
    return parts


def _fits(summary: Summary, columns: Sequence[int], console: Console) -> bool:
    wide = console.options.update(width=10_000)
    table = _rich_table(summary, columns)
    return Measurement.get(console, wide, table).maximum <= console.width


def _widths(summary: Summary, columns: Sequence[int]) -> list[int]:
    rows = (summary.header, *summary.lines)
    return [max(len(row[column]) for row in rows) for column in columns]


def _plain_lines(summary: Summary, columns: Sequence[int]) -> list[str]:
    widths = _widths(summary, columns)
    lines = []
    for row in (summary.header, *summary.lines):
        first, *others = zip((row[column] for column in columns), widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        lines.append((" " * COLUMN_GAP).join(cells))
    return lines


def _rich_table(summary: Summary, columns: Sequence[int]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, COLUMN_GAP // 2))
    for place, column in enumerate(columns):
        justify = "left" if place == 0 else "right"
        table.add_column(summary.header[column], justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for line in summary.lines:
        table.add_row(*(line[column] for column in columns))
    return table


def stdout_console() -> Console:
    """The console on which results appear."""
    return Console(highlight=False)
