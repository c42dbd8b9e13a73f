"""What a model knows: the instruments, pitches and velocities that have rows in its tables.

Section 4.1's look-up tables are indexed by the numbers that `Vocabulary.encode` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from sing import files
from sing.errors import SingError, suggestion
from sing.notes import MAX_MIDI, Note
from sing.validation import validated

FORMAT = 2


@dataclass(frozen=True)
class Vocabulary:
    """Instruments (sorted), rows of the pitch table, velocities and the row of each velocity.

    The public model numbers the velocities 25 50 75 100 127 as 0 1 2 4 5 in a table of 6 rows;
    ours are 0 to 4 in 5 rows. A pitch that is not among the `known_pitches` (sorted) has a row
    that no note has trained.
    """

    instruments: tuple[str, ...]
    pitches: int
    velocities: tuple[int, ...]
    velocity_rows: Mapping[int, int] = field(hash=False)
    known_pitches: tuple[int, ...]

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Vocabulary:
        """The vocabulary of `notes`. Raises SingError when there are none."""
        known = list(notes)
        if not known:
            raise SingError("vocabulary: there are no notes to take it from; check the dataset")
        velocities = tuple(sorted({note.velocity for note in known}))
        return cls(
            instruments=tuple(sorted({note.instrument for note in known})),
            pitches=1 + max(note.pitch for note in known),
            velocities=velocities,
            velocity_rows={velocity: row for row, velocity in enumerate(velocities)},
            known_pitches=tuple(sorted({note.pitch for note in known})),
        )

    @property
    def instrument_count(self) -> int:
        """Rows of the instrument table."""
        return len(self.instruments)

    @property
    def pitch_rows(self) -> int:
        """Rows of the pitch table: 1 + the highest pitch."""
        return self.pitches

    @property
    def velocity_row_count(self) -> int:
        """Rows of the velocity table, unused ones included."""
        return 1 + max(self.velocity_rows.values())

    @cached_property
    def _instrument_rows(self) -> dict[str, int]:
        return {instrument: row for row, instrument in enumerate(self.instruments)}

    @cached_property
    def _trained_pitches(self) -> frozenset[int]:
        return frozenset(self.known_pitches)

    def encode(self, notes: Sequence[Note]) -> NDArray[np.int64]:
        """The notes' rows [B, 3] in the tables, in the order instrument, pitch, velocity.

        Raises SingError for an unknown instrument, pitch or velocity, saying which exist.
        """
        rows = np.empty((len(notes), 3), dtype=np.int64)
        for place, note in enumerate(notes):
            if (
                note.instrument not in self._instrument_rows
                or note.pitch not in self._trained_pitches
                or note.velocity not in self.velocity_rows
            ):
                raise SingError(self._unknown(note))
            rows[place] = (
                self._instrument_rows[note.instrument],
                note.pitch,
                self.velocity_rows[note.velocity],
            )
        return rows

    def _unknown(self, note: Note) -> str:
        if note.instrument not in self._instrument_rows:
            hint = suggestion(note.instrument, self.instruments)
            return f"instrument '{note.instrument}': unknown to the model; {hint}"
        if note.velocity not in self.velocity_rows:
            listed = ", ".join(map(str, self.velocities))
            return f"velocity {note.velocity}: unknown to the model; known: {listed}"
        return f"pitch {note.pitch}: unknown to the model; known: {ranges(self.known_pitches)}"


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers in words, runs of three and more as ranges: "21, 36 to 84"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs
    )


class _VocabularyFile(BaseModel):
    """vocabulary.json as it stands on disk; velocity_rows is in the order of velocities."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: int
    instruments: list[str]
    pitches: int
    velocities: list[int]
    velocity_rows: list[int]
    known_pitches: list[int]

    @model_validator(mode="after")
    def _is_consistent(self) -> _VocabularyFile:
        if self.format != FORMAT:
            raise ValueError(f"format {self.format}, this version reads 1 and {FORMAT}")
        if not self.instruments or self.instruments != sorted(set(self.instruments)):
            raise ValueError("instruments must be sorted, without doubles, at least one")
        if not 1 <= self.pitches <= MAX_MIDI + 1:
            raise ValueError("pitches must be 1 to 128, the rows of the table")
        if not self.known_pitches or self.known_pitches != sorted(set(self.known_pitches)):
            raise ValueError("known_pitches must be sorted, without doubles, at least one")
        if not 0 <= self.known_pitches[0] <= self.known_pitches[-1] < self.pitches:
            raise ValueError("known_pitches must have rows of their own, 0 to pitches - 1")
        if not self.velocities or self.velocities != sorted(set(self.velocities)):
            raise ValueError("velocities must be sorted, without doubles, at least one")
        rows = self.velocity_rows
        if len(rows) != len(self.velocities) or len(set(rows)) != len(rows) or min(rows) < 0:
            raise ValueError("velocity_rows must give each velocity a row of its own")
        return self


def write_vocabulary(path: Path, vocabulary: Vocabulary) -> None:
    """Write vocabulary.json."""
    record = _VocabularyFile(
        format=FORMAT,
        instruments=list(vocabulary.instruments),
        pitches=vocabulary.pitches,
        velocities=list(vocabulary.velocities),
        velocity_rows=[vocabulary.velocity_rows[velocity] for velocity in vocabulary.velocities],
        known_pitches=list(vocabulary.known_pitches),
    )
    files.write_json(path, record.model_dump())


def read_vocabulary(path: Path) -> Vocabulary:
    """Read vocabulary.json, of format 1 too. Raises SingError naming the key that is wrong."""
    record = validated(_VocabularyFile, _renewed(path, files.read_json(path)), str(path))
    return Vocabulary(
        instruments=tuple(record.instruments),
        pitches=record.pitches,
        velocities=tuple(record.velocities),
        velocity_rows=dict(zip(record.velocities, record.velocity_rows, strict=True)),
        known_pitches=tuple(record.known_pitches),
    )


def _renewed(path: Path, record: Any) -> Any:
    """A record of format 1 in today's: it knows every pitch from `lowest_pitch` on."""
    if not isinstance(record, dict) or record.get("format") != 1:
        return record
    renewed = {key: value for key, value in record.items() if key != "lowest_pitch"}
    lowest, pitches = record.get("lowest_pitch"), record.get("pitches")
    if type(lowest) is not int or type(pitches) is not int:
        raise SingError(
            f"{path}: format 1 needs the whole numbers pitches and lowest_pitch; restore the file"
        )
    known = range(max(lowest, -1), min(pitches, MAX_MIDI + 1))
    return {**renewed, "format": FORMAT, "known_pitches": list(known)}
