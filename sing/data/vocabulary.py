"""What a model knows: the instruments, pitches and velocities that have rows in its tables.

Section 4.1's look-up tables are indexed by the numbers that `Vocabulary.encode` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from sing import files
from sing.errors import SingError, suggestion
from sing.notes import MAX_MIDI, Note

FORMAT = 1


@dataclass(frozen=True)
class Vocabulary:
    """Instruments (sorted), rows of the pitch table, velocities and the row of each velocity.

    The public model numbers the velocities 25 50 75 100 127 as 0 1 2 4 5 in a table of 6 rows;
    ours are 0 to 4 in 5 rows. A pitch below `lowest_pitch` has a row that no note has trained.
    """

    instruments: tuple[str, ...]
    pitches: int
    velocities: tuple[int, ...]
    velocity_rows: Mapping[int, int] = field(hash=False)
    lowest_pitch: int = 0

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
            lowest_pitch=min(note.pitch for note in known),
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

    def encode(self, notes: Sequence[Note]) -> NDArray[np.int64]:
        """The notes' rows [B, 3] in the tables, in the order instrument, pitch, velocity.

        Raises SingError for an unknown instrument, pitch or velocity, saying which exist.
        """
        rows = np.empty((len(notes), 3), dtype=np.int64)
        for place, note in enumerate(notes):
            if (
                note.instrument not in self._instrument_rows
                or not self.lowest_pitch <= note.pitch < self.pitches
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
        known = f"{self.lowest_pitch} to {self.pitches - 1}"
        return f"pitch {note.pitch}: unknown to the model; known: {known}"


class _VocabularyFile(BaseModel):
    """vocabulary.json as it stands on disk; velocity_rows is in the order of velocities."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: int
    instruments: list[str]
    pitches: int
    velocities: list[int]
    velocity_rows: list[int]
    lowest_pitch: int

    @model_validator(mode="after")
    def _is_consistent(self) -> _VocabularyFile:
        if self.format != FORMAT:
            raise ValueError(f"format {self.format}, this version reads {FORMAT}")
        if not self.instruments or self.instruments != sorted(set(self.instruments)):
            raise ValueError("instruments must be sorted, without doubles, at least one")
        if not 0 <= self.lowest_pitch < self.pitches <= MAX_MIDI + 1:
            raise ValueError("0 <= lowest_pitch < pitches <= 128 does not hold")
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
        lowest_pitch=vocabulary.lowest_pitch,
    )
    files.write_json(path, record.model_dump())


def read_vocabulary(path: Path) -> Vocabulary:
    """Read vocabulary.json. Raises SingError naming the key that is wrong."""
    try:
        record = _VocabularyFile.model_validate(files.read_json(path))
    except ValidationError as error:
        raise SingError(f"{path}: {_first_fault(error)}") from None
    return Vocabulary(
        instruments=tuple(record.instruments),
        pitches=record.pitches,
        velocities=tuple(record.velocities),
        velocity_rows=dict(zip(record.velocities, record.velocity_rows, strict=True)),
        lowest_pitch=record.lowest_pitch,
    )


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"unknown key '{key}'; {suggestion(key, _VocabularyFile.model_fields)}"
    where = f"{key}: " if key else ""
    return f"{where}{first['msg'].removeprefix('Value error, ')}; restore the file"
