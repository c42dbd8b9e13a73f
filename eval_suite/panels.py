"""The cells of a figure of notes (rows) by systems (columns): a rainbowgram, or why there is none.

The first column is the ground truth, the others are the systems in the order in which they were
asked for (Figure 2: WaveNet, then SING's variants).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval_suite.ground_truth import find_ground_truth, open_sources
from eval_suite.rainbowgram import PAPER, Settings, rainbowgrams
from eval_suite.sources import Source
from sing import log
from sing.errors import CheckFailed, SingError, suggestion
from sing.notes import Note

TRUTH = "ground truth"
"""The title of the first column."""

MOST_NOTES, MOST_COLUMNS = 40, 12
"""What one figure shows at most: some 2 m of paper."""


@dataclass(frozen=True)
class Missing:
    """A cell without a picture: a short reason to print in it, and the whole one."""

    reason: str
    details: str


Cell = NDArray[np.uint8] | Missing
"""A rainbowgram [bins, frames, 3], or why there is none."""


@dataclass(frozen=True)
class Panels:
    """Notes by columns, and what was found for each."""

    notes: tuple[Note, ...]
    titles: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    settings: Settings

    @property
    def missing(self) -> list[Missing]:
        """The cells without a picture, row by row."""
        return [cell for row in self.cells for cell in row if isinstance(cell, Missing)]


@dataclass(frozen=True)
class Asked:
    """The arguments of the command that decide the figure, as they were given."""

    notes: tuple[str, ...]
    systems: tuple[Path, ...] = ()
    data: Path | None = None
    reference: Path | None = None
    with_truth: bool = True
    device: str = "cpu"
    settings: Settings = PAPER


def find_columns(asked: Asked) -> list[tuple[str, Source]]:
    """The columns' titles and sources. Raises SingError when they cannot be opened."""
    systems = open_sources(asked.systems, asked.device)
    if not asked.with_truth:
        return [(source.name, source) for source in systems]
    truth = find_ground_truth(systems, asked.reference, asked.data)
    others = truth.systems_among(systems)
    return [(TRUTH, truth.reference), *((source.name, source) for source in others)]


def find_notes(names: Sequence[str], sources: Sequence[Source]) -> tuple[Note, ...]:
    """The notes of these names. Raises SingError for one that no source has."""
    notes = tuple(dict.fromkeys(Note.parse(name) for name in names))
    for note in notes:
        if not any(source.covers(note) for source in sources):
            known = {known.name for source in sources for known in getattr(source, "members", ())}
            places = ", ".join(source.name for source in sources)
            raise SingError(
                f"{note.name}: no such note in {places}; {suggestion(note.name, known)}"
            )
    return notes


def make_panels(asked: Asked) -> Panels:
    """Every note's rainbowgram by every system; says of each missing one why.

    Raises SingError for a note or a system that does not exist.
    """
    columns = find_columns(asked)
    notes = find_notes(asked.notes, [source for _, source in columns])
    if len(notes) > MOST_NOTES or len(columns) > MOST_COLUMNS:
        raise SingError(
            f"{len(notes)} notes in {len(columns)} columns: a figure has at most {MOST_NOTES} by "
            f"{MOST_COLUMNS}; draw several"
        )
    filled = [
        _column(title, source, notes, asked.settings)
        for title, source in log.progress(columns, "rainbowgrams")
    ]
    titles = tuple(title for title, _ in columns)
    panels = Panels(notes, titles, tuple(zip(*filled, strict=True)), asked.settings)
    for missing in panels.missing:
        log.warning("%s", missing.details)
    return panels


def _column(title: str, source: Source, notes: tuple[Note, ...], settings: Settings) -> list[Cell]:
    covered = [note for note in notes if source.covers(note)]
    cells: dict[Note, Cell] = {
        note: Missing("no such note", f"{source.name}: no note {note.name}") for note in notes
    }
    if covered:
        sounds = source.sounds(covered)
        pictures = rainbowgrams(sounds.waveforms, settings)
        for row, (note, picture) in enumerate(zip(covered, pictures, strict=True)):
            fault = sounds.faults.get(row)
            cells[note] = picture if fault is None else _faulty(title, fault)
    return [cells[note] for note in notes]


def _faulty(title: str, fault: str) -> Missing:
    """A fault is worded "where: what is wrong; what to do": the cell has room for the middle."""
    what = fault.split(": ", 1)[-1].split(";", maxsplit=1)[0]
    return Missing(what, f"{title}: {fault}")


def check_complete(out: Path, panels: Panels) -> None:
    """Raise CheckFailed, exit code 3, when a cell of the figure in `out` is empty."""
    count = sum(len(row) for row in panels.cells)
    if panels.missing:
        raise CheckFailed(
            f"{out}: {len(panels.missing)} of {count} rainbowgrams are missing; the empty cells "
            "and the lines above say why"
        )
