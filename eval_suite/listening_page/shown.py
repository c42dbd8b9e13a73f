"""The words and numbers of a listening page: its rows as they stand on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eval_suite.listening_page.content import Content
from eval_suite.listening_page.rows import Row
from eval_suite.metrics.registry import REGISTRY
from eval_suite.pitch_name import pitch_name
from eval_suite.rainbowgram import PAPER
from eval_suite.text_table import is_higher_better, rounded
from sing.audio import NOTE_SAMPLES, SAMPLE_RATE
from sing.losses import EPSILON, HOP_LENGTH, N_FFT
from sing.notes import Note
from sing.provenance import versions

GROUND_TRUTH = "ground truth"


@dataclass(frozen=True)
class ShownNumber:
    """A metric of a cell: `is_best` when no other system of the note does better."""

    text: str
    is_best: bool


@dataclass(frozen=True)
class ShownCell:
    """A cell: the picture's address, empty where there is no sound, numbers, and what is amiss."""

    picture: str
    numbers: tuple[ShownNumber, ...]
    reason: str


@dataclass(frozen=True)
class ShownRow:
    """A note's row; `values` are its metrics [systems][metrics], None where missing.

    `sounds` is the address of the script that brings its sounds, empty when they are on the page.
    """

    note: Note
    lines: tuple[str, ...]
    cells: tuple[ShownCell, ...]
    values: tuple[tuple[float | None, ...], ...]
    sounds: str


def shown_row(content: Content, row: Row, pictures: Sequence[str], sounds: str) -> ShownRow:
    """The row, with the addresses at which its pictures and its sounds were put."""
    best = _best(content.metrics, [cell.values for cell in row.cells[1:]])
    cells = []
    for cell, picture in zip(row.cells, pictures, strict=True):
        numbers = tuple(
            ShownNumber(_number(value), value == top)
            for value, top in zip(cell.values, best if cell.values else (), strict=True)
        )
        cells.append(ShownCell(picture, numbers, cell.reason))
    note = row.note
    lines = (
        f"{pitch_name(note.pitch)} · pitch {note.pitch} · {note.frequency:.1f} Hz",
        f"velocity {note.velocity}" + (f" · {row.split}" if row.split else ""),
    )
    values = tuple(tuple(map(_or_none, cell.values)) for cell in row.cells[1:])
    return ShownRow(note, lines, tuple(cells), values, sounds)


def _best(metrics: Sequence[str], values: Sequence[Sequence[float]]) -> list[float]:
    """The best value of each metric over several systems, NaN where there is nothing to beat."""
    best = []
    for place, metric in enumerate(metrics):
        known = [own[place] for own in values if not math.isnan(own[place])]
        pick = max if is_higher_better(metric) else min
        best.append(pick(known) if len(known) > 1 else math.nan)
    return best


def _number(value: float) -> str:
    return "–" if math.isnan(value) else rounded(value, value)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(f"{value:.6g}")


def page_words(content: Content, rows: Sequence[ShownRow]) -> dict[str, Any]:
    """What the template asks for by name."""
    columns = (GROUND_TRUTH, *content.systems)
    count = f"{len(rows):,} note" + ("s" if len(rows) != 1 else "")
    names = ", ".join(content.systems) or "no system"
    truth = content.plan.reference.name
    return {
        "title": f"Listen and compare: {names}",
        "summary": f"{count} of {names}, beside the ground truth {truth}.",
        "columns": columns,
        "families": sorted({row.note.family for row in rows}),
        "metrics": content.metrics,
        "meanings": [_meaning(metric) for metric in content.metrics],
        "worst": content.worst,
        "rows": rows,
        "lowest_hz": f"{PAPER.frequencies[0]:.0f}",
        "highest_hz": f"{PAPER.frequencies[-1]:,.0f}",
        "range_db": f"{PAPER.range_db:g}",
        "seconds": NOTE_SAMPLES // SAMPLE_RATE,
        "foot": _foot(content),
        "data": _data(content, columns, rows),
    }


def _meaning(metric: str) -> str:
    """`cents; lower is better`, as far as the metric is known."""
    better = "higher" if is_higher_better(metric) else "lower"
    definition = REGISTRY.get(metric.partition("@")[0])
    unit = f"{definition.unit}; " if definition and definition.unit != "1" else ""
    return f"{unit}{better} is better"


def _foot(content: Content) -> str:
    if content.table is not None:
        source = f"Numbers from {content.table.path.name}."
    elif content.metrics:
        source = (
            f"STFT {N_FFT} / {HOP_LENGTH}, periodic Hann; epsilon {EPSILON:g} in "
            "log(epsilon + |STFT|²) unless a metric's name says another."
        )
    else:
        source = ""
    return f"Made by sing-eval {versions()['sing-eval']}. {source}".strip()


def _data(content: Content, columns: Sequence[str], rows: Sequence[ShownRow]) -> dict[str, Any]:
    """What the page's scripts work with."""
    return {
        "seconds": NOTE_SAMPLES / SAMPLE_RATE,
        "columns": columns,
        "systems": content.systems,
        "metrics": [
            {"name": metric, "higher_is_better": is_higher_better(metric)}
            for metric in content.metrics
        ],
        "notes": [
            {
                "name": row.note.name,
                "family": row.note.family,
                "pitch": row.note.pitch,
                "sounds": row.sounds,
                "values": row.values,
            }
            for row in rows
        ],
    }
