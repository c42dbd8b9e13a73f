"""System folders: anything that turns notes into waveforms, as files (DESIGN: `systems/S/`).

    systems/S/   system.json   name, kind, where it comes from, counts
                 notes.csv     one line a note: note, clipped_samples
                 audio/<note>.wav

system.json is written last: a folder without it is an unfinished one and can be resumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sing import audio, files
from sing.errors import SingError
from sing.notes import Note

FORMAT = 1
_NOTES_COLUMNS = ("note", "clipped_samples")


@dataclass(frozen=True)
class System:
    """A finished system folder: its name, its kind (`run`, `truth`, ...) and its notes by name."""

    folder: Path
    name: str
    kind: str
    notes: tuple[Note, ...]

    def audio_path(self, note: Note) -> Path:
        """The file that holds the note's waveform."""
        return self.folder / "audio" / f"{note.name}.wav"

    def waveform(self, note: Note) -> NDArray[np.float32]:
        """The note's waveform [64000]. Raises SingError when its file is missing or broken."""
        return audio.read_waveform(self.audio_path(note))


def read_system(folder: Path) -> System:
    """Open a system folder. Raises SingError when it is unfinished, broken or of another format."""
    if not (folder / "system.json").is_file():
        raise SingError(f"{folder}: no system.json; not a system folder, or one left unfinished")
    facts = files.read_json(folder / "system.json")
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        found = facts.get("format") if isinstance(facts, dict) else "none"
        raise SingError(
            f"{folder}/system.json: format {found}, this version reads {FORMAT}; make it again"
        )
    rows = files.read_csv(folder / "notes.csv", _NOTES_COLUMNS)
    notes = tuple(sorted((Note.parse(row["note"]) for row in rows), key=lambda note: note.name))
    return System(folder, str(facts["name"]), str(facts["kind"]), notes)


class SystemWriter:
    """Writes one system folder, note by note; `finish` makes it a whole.

    A note whose file is already there (a run that was stopped) is not asked for again:
    `missing` tells which notes are left.
    """

    def __init__(self, folder: Path, name: str, kind: str) -> None:
        self._folder = folder
        self._name = name
        self._kind = kind

    def missing(self, notes: Iterable[Note]) -> list[Note]:
        """The notes that have no finished file yet."""
        return [note for note in notes if not self._path(note).is_file()]

    def write(self, note: Note, waveform: NDArray[np.floating]) -> None:
        """Write one note's waveform [64000], whole or not at all."""
        if waveform.shape != (audio.NOTE_SAMPLES,):
            raise ValueError(f"{note.name}: shape {waveform.shape}, expected (64000,)")
        with files.atomic_path(self._path(note)) as part:
            audio.write_waveform(part, waveform)

    def finish(self, notes: Sequence[Note], **facts: Any) -> System:
        """Write notes.csv and system.json with the given facts (JSON) and open the folder."""
        ordered = sorted(notes, key=lambda note: note.name)
        clipped = {note.name: self._clipped(note) for note in ordered}
        rows = [{"note": name, "clipped_samples": count} for name, count in clipped.items()]
        files.write_csv(self._folder / "notes.csv", _NOTES_COLUMNS, rows)
        counts = {"notes": len(rows), "clipped_samples": sum(clipped.values())}
        about = {"format": FORMAT, "name": self._name, "kind": self._kind, **counts, **facts}
        files.write_json(self._folder / "system.json", about)
        return read_system(self._folder)

    def _path(self, note: Note) -> Path:
        return self._folder / "audio" / f"{note.name}.wav"

    def _clipped(self, note: Note) -> int:
        """Samples at full scale, where a louder waveform was cut."""
        samples = audio.read_pcm16(self._path(note)).astype(np.int32)
        return int(
            np.count_nonzero((samples == audio.FULL_SCALE - 1) | (samples == -audio.FULL_SCALE))
        )
