"""System folders: anything that turns notes into waveforms, as files (DESIGN: `systems/S/`).

    systems/S/   system.json   name, kind, where it comes from, counts
                 notes.csv     one line a note: note, clipped_samples
                 audio/<note>.wav
                 clipped.txt   only while unfinished: each note's count, in the order of writing

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
_COUNTS = "clipped.txt"


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
    for key in ("name", "kind"):
        text = facts.get(key)
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            raise SingError(f"{folder}/system.json: no line of text under '{key}'; make it again")
    rows = files.read_csv(folder / "notes.csv", _NOTES_COLUMNS)
    try:
        notes = sorted((Note.parse(row["note"]) for row in rows), key=lambda note: note.name)
    except SingError as error:
        raise SingError(f"{folder}/notes.csv: {error}") from None
    return System(folder, facts["name"], facts["kind"], tuple(notes))


class SystemWriter:
    """Writes one system folder, note by note; `finish` makes it a whole.

    A note that is already there (a run that was stopped) is not asked for again: `missing` tells
    which notes are left. How many samples were clipped cannot be read back from the audio, in
    which a sample at full scale may be genuine, so it is noted before each file is put in place.
    """

    def __init__(self, folder: Path, name: str, kind: str) -> None:
        self._folder = folder
        self._name = name
        self._kind = kind

    def missing(self, notes: Iterable[Note]) -> list[Note]:
        """The notes that have no finished file yet, or one whose clipped samples are not known."""
        counted = self._counts()
        return [
            note for note in notes if note.name not in counted or not self._path(note).is_file()
        ]

    def write(self, note: Note, waveform: NDArray[np.floating]) -> None:
        """Write one note's waveform [64000], whole or not at all."""
        if waveform.shape != (audio.NOTE_SAMPLES,):
            raise ValueError(f"{note.name}: shape {waveform.shape}, expected (64000,)")
        with files.atomic_path(self._path(note)) as part:
            clipped = audio.write_waveform(part, waveform)
            # The line break comes first, so that a line cut short by a kill spoils no other.
            with (self._folder / _COUNTS).open("a", encoding="utf-8", newline="\n") as counts:
                counts.write(f"\n{note.name},{clipped}")

    def finish(self, notes: Sequence[Note], **facts: Any) -> System:
        """Write notes.csv and system.json with the given facts (JSON) and open the folder.

        Raises ValueError when one of the notes was not written.
        """
        left = self.missing(notes)
        if left:
            raise ValueError(f"{self._folder}: {left[0].name} is not written")
        counted = self._counts()
        clipped = {name: counted[name] for name in sorted(note.name for note in notes)}
        rows = [{"note": name, "clipped_samples": count} for name, count in clipped.items()]
        files.write_csv(self._folder / "notes.csv", _NOTES_COLUMNS, rows)
        (self._folder / _COUNTS).unlink(missing_ok=True)
        counts = {"notes": len(rows), "clipped_samples": sum(clipped.values())}
        about = {"format": FORMAT, "name": self._name, "kind": self._kind, **counts, **facts}
        files.write_json(self._folder / "system.json", about)
        return read_system(self._folder)

    def _path(self, note: Note) -> Path:
        return self._folder / "audio" / f"{note.name}.wav"

    def _counts(self) -> dict[str, int]:
        """The clipped samples of the notes written so far, by the notes' names."""
        counts = {}
        # A finished folder of which files were lost has its counts in notes.csv.
        for path in (self._folder / "notes.csv", self._folder / _COUNTS):
            text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            for line in text.split("\n"):
                name, _, count = line.rpartition(",")
                if count.isdecimal():
                    counts[name] = int(count)
        return counts
