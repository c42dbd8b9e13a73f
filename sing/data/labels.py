"""The labels of NSynth's examples.json (Section 5.1): their names, and records read and made."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sing import audio
from sing.errors import SingError
from sing.notes import MAX_MIDI, Note

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


class Labels(NamedTuple):
    """What examples.json says of one note, as it stands there; None where a key is absent.

    `number` is the instrument's.
    """

    note: Any
    instrument: Any
    pitch: Any
    velocity: Any
    sample_rate: Any
    family: Any
    source: Any
    number: Any


_LABEL_KEYS = (
    "note_str",
    "instrument_str",
    "pitch",
    "velocity",
    "sample_rate",
    "instrument_family_str",
    "instrument_source_str",
    "instrument",
)


def read_labels(path: Path) -> list[tuple[str, Labels]]:
    """The keys and labels of an examples.json (or .json.gz) in its order, doubled keys included.

    The full release has 289,205 records in some 130 MB: each is cut down to its labels while the
    file is parsed, so that they are never all in memory. Raises SingError for a file that is
    missing, or not JSON of NSynth's shape.
    """
    try:
        data = path.read_bytes()
        text = gzip.decompress(data) if path.suffix == ".gz" else data
        entries = json.loads(text, object_pairs_hook=_cut_down)
    except (FileNotFoundError, IsADirectoryError):
        raise SingError(f"{path}: there is no such file; check the path") from None
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise SingError(f"{path}: not JSON ({error}); restore the file") from None
    if type(entries) is not list or any(type(entry) is not tuple for entry in entries):
        wrong = _without_record(text)
        named = "" if wrong is None else f" ({json.dumps(wrong)} has none)"
        raise SingError(f"{path}: not NSynth's form, one record a note{named}; restore the file")
    return entries


def disagreement(key: str, labels: Labels) -> str | None:
    """What is wrong with an entry's labels, or None when they agree with its name."""
    try:
        note = Note.parse(key)
    except SingError as error:
        return str(error)
    # A name of another form says nothing of family and source.
    is_named = note.source in SOURCES
    expected = Labels(
        note=key,
        instrument=note.instrument,
        pitch=note.pitch,
        velocity=note.velocity,
        sample_rate=audio.SAMPLE_RATE,
        family=note.family if is_named else labels.family,
        source=note.source if is_named else labels.source,
        number=labels.number,
    )
    for name, found, wanted in zip(_LABEL_KEYS, labels, expected, strict=True):
        is_optional = name in _LABEL_KEYS[4:]
        if (found, type(found)) != (wanted, type(wanted)) and not (found is None and is_optional):
            return f"{name} is {json.dumps(found)}, the name says {json.dumps(wanted)}"
    return None


def is_plainly_right(key: str, labels: Labels) -> bool:
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


def _without_record(text: bytes) -> str | None:
    """The first key whose value is not a record of labels; None where that is not the fault."""
    entries = json.loads(text)
    for key, value in entries.items() if isinstance(entries, dict) else ():
        if not isinstance(value, dict) or all(isinstance(inner, dict) for inner in value.values()):
            return str(key)
    return None


def _number(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else -1
