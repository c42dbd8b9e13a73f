"""The answers that a classifier can give: the pitches and families of its training notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sing.notes import Note

UNKNOWN = -1
"""The class of a pitch or family that was in no training note."""


@dataclass(frozen=True)
class Classes:
    """MIDI pitches and names of families, both sorted; a class is a place in them."""

    pitches: tuple[int, ...]
    families: tuple[str, ...]

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Classes:
        """The classes that occur in these notes."""
        notes = list(notes)
        pitches = sorted({note.pitch for note in notes})
        return cls(tuple(pitches), tuple(sorted({note.family for note in notes})))

    def of_notes(self, notes: Sequence[Note]) -> NDArray[np.int64]:
        """The notes' classes, (pitch, family), [B, 2]; UNKNOWN where there is none."""
        pitches = {pitch: place for place, pitch in enumerate(self.pitches)}
        families = {family: place for place, family in enumerate(self.families)}
        rows = [
            (pitches.get(note.pitch, UNKNOWN), families.get(note.family, UNKNOWN)) for note in notes
        ]
        return np.array(rows, dtype=np.int64).reshape(-1, 2)
