"""A small dataset of synthetic notes, and system folders made from it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from sing.audio import write_waveform
from sing.data.nsynth import Dataset, open_dataset, write_examples
from sing.data.split import Split, split_path, write_split
from sing.notes import Note
from sing.systems import System, SystemWriter

INSTRUMENTS = ("bass_synthetic_000", "flute_acoustic_001")
PITCHES = range(60, 72)
VELOCITIES = (50, 100)
HELD_OUT = {
    (name, pitch)
    for name, pitches in zip(INSTRUMENTS, ((62, 65, 70), (61, 66, 69)), strict=True)
    for pitch in pitches
}


def synthetic(note: Note) -> np.ndarray:
    """A decaying tone with three partials, louder with velocity."""
    seconds = np.arange(64_000) / 16_000
    partials = (1.0, 0.5, 0.25) if note.instrument.startswith("bass") else (1.0, 0.1, 0.4)
    tone = sum(
        amplitude * np.sin(2 * np.pi * note.frequency * order * seconds)
        for order, amplitude in enumerate(partials, start=1)
    )
    return np.asarray(0.4 * note.velocity / 127 * tone * np.exp(-seconds))


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "small"
    notes = [Note(i, p, v) for i in INSTRUMENTS for p in PITCHES for v in VELOCITIES]
    (folder / "audio").mkdir(parents=True)
    for note in notes:
        write_waveform(folder / "audio" / f"{note.name}.wav", synthetic(note))
    write_examples(folder, notes)
    train = tuple(note for note in notes if note.pair not in HELD_OUT)
    test = tuple(note for note in notes if note.pair in HELD_OUT)
    write_split(split_path(folder), Split(train, (), test))
    return folder


@pytest.fixture
def dataset(_made: Path) -> Dataset:
    """48 notes of two instruments; six (instrument, pitch) pairs (12 notes) are its test split."""
    return open_dataset(_made)


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def make_system(dataset: Dataset) -> Callable[..., System]:
    """Write a system folder: the dataset's test notes with their waveforms times `gain`."""

    def make(
        folder: Path, gain: float = 0.5, kind: str = "test", notes: Sequence[Note] = ()
    ) -> System:
        writer = SystemWriter(folder, folder.name, kind)
        chosen = notes or [note for note in dataset.notes if note.pair in HELD_OUT]
        for note in chosen:
            writer.write(note, gain * dataset.waveforms([note])[0])
        return writer.finish(chosen)

    return make
