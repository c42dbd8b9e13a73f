"""Packs: a dataset's samples in one memory-mapped file, read without any decoding.

X.pack/samples.int16   [n, 64000] little-endian 16-bit samples, one row a note
X.pack/index.csv       the note of each row
X.pack/pack.json       format, count, sample rate, SHA-256 of the examples.json packed
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sing import audio, files
from sing.errors import SingError, suggestion
from sing.notes import Note

FORMAT = 1
SUFFIX = ".pack"
ROW_BYTES = 2 * audio.NOTE_SAMPLES
SAMPLES, INDEX, ABOUT = "samples.int16", "index.csv", "pack.json"


class PackedWaveforms:
    """The rows of a pack. It can be pickled and forked: each process maps the file itself."""

    def __init__(self, folder: Path, notes: tuple[Note, ...], examples_sha256: str) -> None:
        self.folder = folder
        self.notes = notes
        self.examples_sha256 = examples_sha256

    @cached_property
    def _rows(self) -> dict[Note, int]:
        return {note: row for row, note in enumerate(self.notes)}

    @cached_property
    def samples(self) -> NDArray[np.int16]:
        """All samples [n, 64000], mapped read-only."""
        shape = (len(self.notes), audio.NOTE_SAMPLES)
        return np.memmap(self.folder / SAMPLES, dtype="<i2", mode="r", shape=shape)

    def __getstate__(self) -> dict[str, Any]:
        # A pickled memory map would be a copy of the whole file.
        return {"folder": self.folder, "notes": self.notes, "examples_sha256": self.examples_sha256}

    def rows(self, notes: Sequence[Note]) -> NDArray[np.int64]:
        """The rows [B] of the notes. Raises SingError for a note that is not packed."""
        try:
            return np.fromiter((self._rows[note] for note in notes), np.int64, len(notes))
        except KeyError as error:
            name = error.args[0].name
            hint = suggestion(name, (note.name for note in self.notes))
            raise SingError(f"{self.folder}: no note '{name}'; {hint}") from None

    def waveforms(self, notes: Sequence[Note]) -> NDArray[np.float32]:
        """The notes' waveforms [B, 64000] in [-1, 1)."""
        rows = self.rows(notes)
        waveforms = np.empty((len(rows), audio.NOTE_SAMPLES), dtype=np.float32)
        # In the order of the file: a disk is read forwards, whatever the order of the batch.
        for place in np.argsort(rows, kind="stable"):
            np.divide(self.samples[rows[place]], np.float32(audio.FULL_SCALE), out=waveforms[place])
        return waveforms


def pack_path(dataset_folder: Path) -> Path:
    """Where the pack of a dataset lies: X.pack beside X."""
    folder = dataset_folder if dataset_folder.name else Path(os.path.abspath(dataset_folder))
    return folder.parent / (folder.name + SUFFIX)


def is_pack(folder: Path) -> bool:
    """True when the folder holds a finished pack."""
    return (folder / ABOUT).is_file()


def open_pack(folder: Path) -> PackedWaveforms:
    """Open a pack. Raises SingError when it is of another format, incomplete or damaged."""
    about = files.read_json(folder / ABOUT)
    found = about.get("format") if isinstance(about, dict) else None
    if found != FORMAT:
        raise SingError(
            f"{folder / ABOUT}: format {found}, this version reads {FORMAT}; pack the "
            "dataset again with --force"
        )
    rows = files.read_csv(folder / INDEX, ("note",))
    try:
        notes = tuple(Note.parse(row["note"]) for row in rows)
    except SingError as error:
        raise SingError(f"{folder / INDEX}: {error}; pack the dataset again with --force") from None
    packed_bytes = (folder / SAMPLES).stat().st_size if (folder / SAMPLES).is_file() else 0
    if len(notes) != about.get("count") or packed_bytes != len(notes) * ROW_BYTES:
        raise SingError(
            f"{folder}: {packed_bytes:,} bytes of samples and {len(notes):,} index rows for "
            f"{about.get('count')} notes; pack the dataset again with --force"
        )
    return PackedWaveforms(folder, notes, str(about.get("examples_sha256")))
