"""A dataset in a few lines of text, as `sing data info` prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from sing.data.nsynth import Dataset
from sing.data.split import SPLITS, Split, make_split, read_split, split_path, unseen
from sing.notes import Note

_WIDTH = 14


def describe(dataset: Dataset) -> list[str]:
    """The dataset's counts by family, source and split, its pitches, velocities and size."""
    notes = dataset.notes
    pitches = sorted({note.pitch for note in notes})
    path = split_path(dataset.folder)
    is_kept = path.is_file()
    split = read_split(path) if is_kept else make_split(notes)
    return [
        _line("dataset", str(dataset.folder)),
        _line("notes", f"{len(notes):,}"),
        _line("instruments", f"{len({note.instrument for note in notes}):,}"),
        _line("pitches", f"{len(pitches)}, from {pitches[0]} to {pitches[-1]}"),
        _line("velocities", " ".join(map(str, sorted({note.velocity for note in notes})))),
        _line("size", _size(dataset)),
        _line("split", str(path) if is_kept else "none kept; the paper's, seed 42, would be"),
        *describe_split(split),
        *_counted("family", notes, lambda note: note.family),
        *_counted("source", notes, lambda note: note.source),
    ]


def describe_split(split: Split) -> list[str]:
    """Notes and pairs of each part, and what a model would be asked for without having heard it."""
    lines = []
    for name in SPLITS:
        notes = split.part(name)
        pairs = len({note.pair for note in notes})
        lines.append(_line(f"  {name}", f"{len(notes):>9,} notes {pairs:>8,} (instrument, pitch)"))
    missing = unseen(split)
    if missing:
        pitches = " ".join(map(str, missing.pitches)) or "none"
        instruments = " ".join(missing.instruments) or "none"
        lines.append(_line("  not in train", f"pitches: {pitches}; instruments: {instruments}"))
    else:
        lines.append(_line("  not in train", "nothing: each pitch and instrument is heard"))
    return lines


def _counted(label: str, notes: Sequence[Note], kind: Callable[[Note], str]) -> list[str]:
    counts = Counter(kind(note) for note in notes)
    instruments = Counter(kind(Note(name, 0, 0)) for name in {note.instrument for note in notes})
    return [
        _line(label, ""),
        *(
            _line(f"  {name}", f"{counts[name]:>9,} notes {instruments[name]:>8,} instrument(s)")
            for name in sorted(counts)
        ),
    ]


def _size(dataset: Dataset) -> str:
    packed = dataset.packed
    names = f"packed in {packed.folder.name}" if packed else "audio files"
    paths = [packed.folder / "samples.int16"] if packed else _audio_paths(dataset)
    size = sum(path.stat().st_size for path in paths)
    return f"{size / 2**20:,.1f} MB, {names}"


def _audio_paths(dataset: Dataset) -> list[Path]:
    folder = dataset.folder / "audio"
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _line(label: str, value: str) -> str:
    return f"{label:<{_WIDTH}} {value}".rstrip()
