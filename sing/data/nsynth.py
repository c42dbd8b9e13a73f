"""Datasets in the form of NSynth's json/wav release (Section 5.1), read as they are.

X/examples.json       one record a note, keyed by the note's name
X/audio/<note>.wav    (or .flac) 16 kHz mono 16 bits, 64,000 samples
X.pack/               optional, made by `sing data pack`: the same samples in one file
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sing import audio, files, log
from sing.data.labels import disagreement, example_record, is_plainly_right, read_labels
from sing.data.packed import INDEX, PackedWaveforms, is_pack, open_pack, pack_path
from sing.errors import SingError
from sing.notes import Note

EXAMPLES = "examples.json"

_SPOT_CHECKS = 8


@dataclass(frozen=True)
class Dataset:
    """An open dataset: its folder, its notes sorted by name and, if there is one, its pack."""

    folder: Path
    notes: tuple[Note, ...]
    packed: PackedWaveforms | None = field(default=None, compare=False)

    @cached_property
    def _members(self) -> frozenset[Note]:
        return frozenset(self.notes)

    def __contains__(self, note: object) -> bool:
        """True when the dataset has this Note."""
        return note in self._members

    def audio_path(self, note: Note) -> Path:
        """The file with the note's sound: its wav, else its flac; the wav's name if neither is."""
        return audio_file(self.folder, note.name)

    def waveforms(self, notes: Sequence[Note]) -> NDArray[np.float32]:
        """The notes' waveforms [B, 64000] in [-1, 1), from the pack or else decoded from files.

        Raises SingError for a note that the dataset lacks, and for a missing or broken file.
        """
        if self.packed is not None:
            return self.packed.waveforms(notes)
        waveforms = np.empty((len(notes), audio.NOTE_SAMPLES), dtype=np.float32)
        for row, note in enumerate(notes):
            waveforms[row] = audio.read_waveform(self.audio_path(note))
        return waveforms


def open_dataset(folder: Path, prefer_pack: bool = True) -> Dataset:
    """Open a dataset's folder, or a pack's (`X.pack`), which needs nothing else.

    A fresh pack beside the folder is used instead of the audio files, unless not preferred; one
    made from other files is left alone with a warning. Raises SingError when there is no dataset
    or when a record and its name disagree.
    """
    if is_pack(folder):
        return _open_packed(folder, open_pack(folder))
    path = examples_path(folder)
    beside = pack_path(folder)
    if prefer_pack and is_pack(beside):
        packed = open_pack(beside)
        if packed.examples_sha256 == files.sha256(path) and sounds_like(packed, folder):
            log.info("%s: reading the packed samples in %s", folder, beside.name)
            return _open_packed(folder, packed)
        log.warning("%s is stale: reading the files instead; renew it: sing data pack", beside)
    return Dataset(folder, tuple(_labelled_notes(path)))


def sounds_like(packed: PackedWaveforms, folder: Path) -> bool:
    """True when a few packed notes, spread out, equal the folder's files as they are now.

    A dataset that was rendered anew may keep its examples.json.
    """
    step = max(1, len(packed.notes) // _SPOT_CHECKS)
    for note in packed.notes[::step]:
        path = audio_file(folder, note.name)
        # Someone short of space may keep the pack and delete the files.
        if path.is_file() and not np.array_equal(
            audio.read_waveform(path), packed.waveforms([note])[0]
        ):
            return False
    return True


def audio_file(folder: Path, name: str) -> Path:
    """The file with a note's sound: its wav, else its flac; the wav's name if neither is there."""
    candidates = [folder / "audio" / f"{name}{suffix}" for suffix in audio.AUDIO_SUFFIXES]
    return next((path for path in candidates if path.is_file()), candidates[0])


def identity_path(folder: Path) -> Path:
    """The file of a dataset's folder that tells which notes it has: a pack's index, or the JSON."""
    return folder / INDEX if is_pack(folder) else examples_path(folder)


def examples_path(folder: Path) -> Path:
    """The folder's examples.json. Raises SingError, saying what is there instead, if it lacks."""
    path = folder / EXAMPLES
    if path.is_file():
        return path
    if not folder.exists():
        raise SingError(f"{folder}: there is no such folder; check the path")
    if not folder.is_dir():
        raise SingError(f"{folder}: a file; a dataset is a folder with {EXAMPLES} and audio/")
    inside = sorted(child.parent.name for child in folder.glob(f"*/{EXAMPLES}"))
    hint = f"did you mean {folder / inside[0]}?" if inside else "give a dataset's folder"
    raise SingError(f"{folder}: no {EXAMPLES}, so not a dataset; {hint}")


def write_examples(folder: Path, notes: Iterable[Note]) -> None:
    """Write the folder's examples.json for `notes`, numbered in the order of their names."""
    ordered = sorted(notes, key=lambda note: note.name)
    instruments = {name: n for n, name in enumerate(sorted({note.instrument for note in ordered}))}
    records = {
        note.name: example_record(note, instruments[note.instrument], number)
        for number, note in enumerate(ordered)
    }
    files.write_json(folder / EXAMPLES, records)


def _labelled_notes(path: Path) -> list[Note]:
    """The notes of an examples.json, sorted by name, once labels and names are seen to agree."""
    entries = read_labels(path)
    entries.sort(key=lambda entry: entry[0])
    notes = []
    previous = None
    for key, labels in entries:
        if key == previous:
            raise SingError(f"{path}: '{key}' stands there twice; keep one of the two records")
        previous = key
        if not is_plainly_right(key, labels):
            wrong = disagreement(key, labels)
            raise SingError(f"{path}: '{key}': {wrong}; see all faults with sing data check")
        notes.append(Note(labels.instrument, labels.pitch, labels.velocity))
    if not notes:
        raise SingError(f"{path}: holds no note; restore the file")
    return notes


def _open_packed(folder: Path, packed: PackedWaveforms) -> Dataset:
    return Dataset(folder, tuple(sorted(packed.notes, key=lambda note: note.name)), packed)
