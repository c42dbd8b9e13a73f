"""What is on a listening page: the columns, the notes, and where the numbers come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval_suite.columns import choose_columns
from eval_suite.ground_truth import find_ground_truth, open_sources
from eval_suite.metric_columns import metric_columns, named_metrics
from eval_suite.metrics.metric import Metric
from eval_suite.plan import Plan, choose_notes, split_labels
from eval_suite.request import Request, chosen_baselines, device_for
from eval_suite.sources import Sounds, Source
from eval_suite.tables import METRICS, read_table
from eval_suite.text_table import is_higher_better
from sing import log
from sing.audio import NOTE_SAMPLES
from sing.errors import SingError, suggestion
from sing.notes import Note

METRICS_SHOWN = ("spectral_loss", "wav_mse", "itakura_saito", "pitch_error", "loudness_error")
"""What is computed when nobody asks for anything: few numbers, of what an ear can tell apart."""


class Column:
    """A source as a column of the page: a note that it lacks is an empty cell with a reason.

    It remembers the last notes it was asked for, because they are both scored and shown, and a
    run would generate them twice.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._last: tuple[tuple[Note, ...], Sounds] | None = None

    @property
    def name(self) -> str:
        """The source's name."""
        return self._source.name

    def covers(self, note: Note) -> bool:  # noqa: ARG002
        """True: there is a cell for every note."""
        return True

    def lacks(self, note: Note) -> bool:
        """Whether the source never had the note, which is no fault."""
        return not self._source.covers(note)

    def facts(self) -> dict[str, Any]:
        """The source's facts."""
        return self._source.facts()

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """The source's waveforms [B, 64000]; zeros and a reason for a note that it lacks."""
        asked = tuple(notes)
        if self._last is None or self._last[0] != asked:
            self._last = asked, self._sounds(asked)
        return self._last[1]

    def _sounds(self, notes: tuple[Note, ...]) -> Sounds:
        waveforms = np.zeros((len(notes), NOTE_SAMPLES), dtype=np.float32)
        known = [row for row, note in enumerate(notes) if self._source.covers(note)]
        faults = dict.fromkeys(range(len(notes)), f"{self.name} does not have this note")
        if known:
            found = self._source.sounds([notes[row] for row in known])
            waveforms[known] = found.waveforms
            for place, row in enumerate(known):
                faults.pop(row)
                if place in found.faults:
                    faults[row] = found.faults[place]
        return Sounds(waveforms, faults)


@dataclass(frozen=True)
class Table:
    """The numbers of an existing metrics table: (values, reason) by (system, note name)."""

    path: Path
    metrics: tuple[str, ...]
    cells: Mapping[tuple[str, str], tuple[tuple[float, ...], str]]

    def cell(self, system: str, note: Note) -> tuple[tuple[float, ...], str]:
        """The values, NaN where missing, and why they are missing."""
        lacking = (math.nan,) * len(self.metrics), f"{self.path.name} has no row for it"
        return self.cells.get((system, note.name), lacking)


@dataclass(frozen=True)
class Content:
    """A page to make: `table` gives the numbers, else `plan` computes them.

    `columns` are the plan's reference and systems.
    `worst` is the metric by which the page is sorted when it opens; empty for the notes' names.
    """

    plan: Plan
    columns: tuple[Column, ...]
    splits: tuple[str, ...]
    table: Table | None
    worst: str = ""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics, in the order in which they are shown."""
        if self.table is not None:
            return self.table.metrics
        return tuple(metric.column for metric in self.plan.metrics)

    @property
    def systems(self) -> tuple[str, ...]:
        """The names of the columns after the ground truth."""
        return tuple(column.name for column in self.columns[1:])


def make_content(
    asked: Request, table: Path | None, worst: str | None, most: int, device: str
) -> Content:
    """The content that a person asked for; without a limit, no more than `most` notes.

    Raises SingError for sources, notes, metrics or a table that do not exist or do not go together.
    """
    sources = open_sources(asked.sources, device)
    truth = find_ground_truth(sources, asked.reference, asked.data)
    systems = truth.systems_among(sources)
    wanted = choose_notes(truth, asked.split_name, asked.notes_file)
    notes = _with_a_sound(wanted, systems)
    added = chosen_baselines(asked, truth, notes, systems)
    columns = tuple(Column(source) for source in (truth.reference, *systems, *added))
    names = [column.name for column in columns[1:]]
    numbers = _read(table, names, asked.metric_names)
    if worst is not None:
        worst = _worst_metric(worst, numbers)
    notes = _first(notes, asked.limit or most, numbers, worst, names)
    metrics = _metrics(asked) if numbers is None else ()
    used = device_for(systems, device)
    plan = Plan(columns[0], columns[1:], notes, metrics, asked.seed, used)
    splits = tuple(split_labels(notes, truth.split))
    return Content(plan, columns, splits, numbers, worst or "")


def _metrics(asked: Request) -> tuple[Metric, ...]:
    chosen = choose_columns(asked.metric_names, asked.classifier, METRICS_SHOWN)
    if chosen.distances:
        raise SingError(
            f"--metric {chosen.distances[0].name}: a distance of whole systems, and the page shows "
            "notes; leave it out"
        )
    return chosen.metrics


def _with_a_sound(notes: Sequence[Note], systems: Sequence[Source]) -> tuple[Note, ...]:
    """The notes that some system has; says how many each lacks. Raises SingError for none."""
    if not systems:
        return tuple(notes)
    held = {system.name: {note for note in notes if system.covers(note)} for system in systems}
    kept = tuple(note for note in notes if any(note in own for own in held.values()))
    if not kept:
        raise SingError(
            f"{', '.join(held)}: none of the {len(notes):,} notes of the page; check --split, "
            "--data and --reference"
        )
    for name, own in held.items():
        if len(own) < len(kept):
            log.info(
                "%s has %s of the %s notes; its other cells say so",
                *(name, f"{len(own):,}", f"{len(kept):,}"),
            )
    return kept


def _read(path: Path | None, systems: Sequence[str], names: Sequence[str]) -> Table | None:
    """The numbers of a metrics table: all its metrics, or those of these `names`."""
    if path is None:
        return None
    frame = read_table(path, METRICS)
    known = metric_columns(frame)
    chosen = named_metrics(names, known, path)
    present = set(frame["system"])
    for system in systems:
        if system not in present:
            raise SingError(f"{path}: no row of system '{system}'; {suggestion(system, present)}")
    metrics = tuple(chosen or known)
    values = frame[list(metrics)].to_numpy(dtype=float).tolist()
    keys = zip(frame["system"], frame["note"], strict=True)
    cells = zip(map(tuple, values), frame["reason"], strict=True)
    return Table(path, metrics, dict(zip(keys, cells, strict=True)))


def _first(
    notes: tuple[Note, ...],
    most: int,
    table: Table | None,
    worst: str | None,
    systems: Sequence[str],
) -> tuple[Note, ...]:
    """At most so many notes: the first by name, or the worst of these systems in a metric."""
    chosen = notes
    if worst is not None and table is not None:
        chosen = _worst_first(notes, table, worst, systems)
    if len(notes) > most:
        which = "first by name" if worst is None else f"worst in {worst}"
        log.info(
            "%s of the %s notes %s on the page, the %s; --limit takes more or fewer",
            *(f"{most:,}", f"{len(notes):,}", "is" if most == 1 else "are", which),
        )
    return tuple(sorted(chosen[:most], key=lambda note: note.name))


def _worst_metric(worst: str, table: Table | None) -> str:
    """The column that --worst names. Raises SingError where there is none."""
    if table is None:
        raise SingError(
            f"--worst {worst}: needs the numbers of all notes; pass --metrics metrics.csv"
        )
    return named_metrics([worst], table.metrics, table.path, "--worst")[0]


def _worst_first(
    notes: tuple[Note, ...], table: Table, worst: str, systems: Sequence[str]
) -> tuple[Note, ...]:
    """The notes by the value of their worst system; those without a number are last.

    A table has rows of baselines too, which would decide the order unheard.
    """
    place = table.metrics.index(worst)
    sign = -1 if is_higher_better(worst) else 1
    badness: dict[str, float] = {}
    for (system, note), (values, _) in table.cells.items():
        if system in systems and not math.isnan(values[place]):
            badness[note] = max(sign * values[place], badness.get(note, -math.inf))
    return tuple(sorted(notes, key=lambda note: (-badness.get(note.name, -math.inf), note.name)))
