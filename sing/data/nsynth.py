"""Datasets in the form of NSynth's json/wav release (Section 5.1), read as they are.

X/examples.json       one record a note, keyed by the note's name
X/audio/<note>.wav    (or .flac) 16 kHz mono 16 bits, 64,000 samples
X.pack/               optional, made by `sing data pack`: the same samples in one file
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sing import audio, files, log
from sing.data.packed import PackedWaveforms, is_pack, open_pack, pack_path
from sing.errors import SingError
from sing.notes import MAX_MIDI, Note

EXAMPLES = "examples.json"

FAMILIES = (
    "bass",
    "brass",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
)
"""NSynth's instrument families in its own numbering."""

SOURCES = ("acoustic", "electronic", "synthetic")
"""NSynth's instrument sources in its own numbering."""

QUALITIES = (
    "bright",
    "dark",
    "distortion",
    "fast_decay",
    "long_release",
    "multiphonic",
    "nonlinear_env",
    "percussive",
    "reverb",
    "tempo-synced",
)
"""NSynth's yes/no marks of a note in its own numbering."""

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


def open_dataset(folder: Path) -> Dataset:
    """Open a dataset's folder, or a pack's (`X.pack`), which needs nothing else.

    A fresh pack beside the folder is used instead of the audio files; one made from other files is
    left alone with a warning. Raises SingError when there is no dataset or when a record and its
    name disagree.
    """
    if is_pack(folder):
        return _open_packed(folder, open_pack(folder))
    path = examples_path(folder)
    beside = pack_path(folder)
    if is_pack(beside):
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


def example_record(
    note: Note, instrument: int, number: int, qualities: Sequence[str] = ()
) -> dict[str, Any]:
    """The record of one note in examples.json, with NSynth's keys and numbering.

    `instrument` and `number` are the running numbers of the instrument and of the note. A family
    or source that NSynth does not have gets the number -1.
    """
    marks = [quality for quality in QUALITIES if quality in qualities]
    return {
        "instrument": instrument,
        "instrument_family": _number(FAMILIES, note.family),
        "instrument_family_str": note.family,
        "instrument_source": _number(SOURCES, note.source),
        "instrument_source_str": note.source,
        "instrument_str": note.instrument,
        "note": number,
        "note_str": note.name,
        "pitch": note.pitch,
        "qualities": [int(quality in marks) for quality in QUALITIES],
        "qualities_str": marks,
        "sample_rate": audio.SAMPLE_RATE,
        "velocity": note.velocity,
    }


def write_examples(folder: Path, notes: Iterable[Note]) -> None:
    """Write the folder's examples.json for `notes`, numbered in the order of their names."""
    ordered = sorted(notes, key=lambda note: note.name)
    instruments = {name: n for n, name in enumerate(sorted({note.instrument for note in ordered}))}
    records = {
        note.name: example_record(note, instruments[note.instrument], number)
        for number, note in enumerate(ordered)
    }
    files.write_json(folder / EXAMPLES, records)


class Labels(NamedTuple):
    """What examples.json says of one note, as it stands there; None where a key is absent."""

    note: Any
    instrument: Any
    pitch: Any
    velocity: Any
    sample_rate: Any
    family: Any
    source: Any


_LABEL_KEYS = (
    "note_str",
    "instrument_str",
    "pitch",
    "velocity",
    "sample_rate",
    "instrument_family_str",
    "instrument_source_str",
)


def read_labels(path: Path) -> list[tuple[str, Labels]]:
    """The keys and labels of an examples.json in the file's order, doubled keys included.

    The full release has 289,205 records in some 130 MB: each is cut down to its labels while the
    file is parsed, so that they are never all in memory. Raises SingError for a file that is not
    JSON of NSynth's shape.
    """
    try:
        entries = json.loads(path.read_bytes(), object_pairs_hook=_cut_down)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SingError(f"{path}: not JSON ({error}); restore the file") from None
    if type(entries) is not list or any(type(entry) is not tuple for entry in entries):
        raise SingError(f"{path}: not NSynth's form, one record a note; restore the file")
    return entries


def disagreement(key: str, labels: Labels) -> str | None:
    """What is wrong with an entry's labels, or None when they agree with its name."""
    try:
        note = Note.parse(key)
    except SingError as error:
        return str(error)
    # A name of another form says nothing of family and source.
    kind = (note.family, note.source) if note.source in SOURCES else labels[-2:]
    expected = Labels(key, note.instrument, note.pitch, note.velocity, audio.SAMPLE_RATE, *kind)
    for name, found, wanted in zip(_LABEL_KEYS, labels, expected, strict=True):
        is_optional = name in _LABEL_KEYS[4:]
        if (found, type(found)) != (wanted, type(wanted)) and not (found is None and is_optional):
            return f"{name} is {json.dumps(found)}, the name says {json.dumps(wanted)}"
    return None


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
        if not _is_plainly_right(key, labels):
            wrong = disagreement(key, labels)
            raise SingError(f"{path}: '{key}': {wrong}; see all faults with sing data check")
        notes.append(Note(labels.instrument, labels.pitch, labels.velocity))
    if not notes:
        raise SingError(f"{path}: holds no note; restore the file")
    return notes


def _is_plainly_right(key: str, labels: Labels) -> bool:
    """What a good entry fulfils; a tenth of the time that `disagreement` takes."""
    _, instrument, pitch, velocity, *_ = labels
    if not (type(instrument) is str and type(pitch) is int and type(velocity) is int):
        return False
    in_range = 0 <= pitch <= MAX_MIDI and 0 <= velocity <= MAX_MIDI
    return in_range and key == f"{instrument}-{pitch:03d}-{velocity:03d}"


def _cut_down(pairs: list[tuple[str, Any]]) -> Labels | list[tuple[str, Any]]:
    if all(type(value) is Labels for _, value in pairs):
        return pairs
    record: Mapping[str, Any] = dict(pairs)
    return Labels(*map(record.get, _LABEL_KEYS))


def _open_packed(folder: Path, packed: PackedWaveforms) -> Dataset:
    return Dataset(folder, tuple(sorted(packed.notes, key=lambda note: note.name)), packed)


def _number(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else -1
