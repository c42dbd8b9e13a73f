"""Fixtures that several test modules share."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from forked_commands import Finished

from eval_suite.cli import main
from sing.audio import NOTE_SAMPLES, SAMPLE_RATE, write_waveform
from sing.data.demo import demo_dataset
from sing.data.nsynth import write_examples
from sing.notes import Note

pytest_plugins = ["study_databases"]

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def golden() -> Path:
    """Recorded outputs of the paper's public implementation."""
    return _shared("golden/sing")


@pytest.fixture(scope="session")
def nsynth() -> Path:
    """A few genuine NSynth notes and many genuine note names."""
    return _shared("data/nsynth")


def _shared(relative: str) -> Path:
    folder = SHARED / relative
    if not folder.is_dir():
        pytest.skip(f"needs the reference material {relative}, which is not part of the repository")
    return folder


@pytest.fixture(scope="session")
def demo_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the embedded demo dataset, rendered once for all test processes."""
    base = tmp_path_factory.getbasetemp()
    cache = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SING_CACHE", str(cache))
        demo_dataset()
    return cache


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's cache folder unless it sets SING_CACHE itself."""
    monkeypatch.setenv("SING_CACHE", str(tmp_path_factory.getbasetemp() / "sing-cache"))


@pytest.fixture
def sing_eval(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Finished]:
    """Run `sing-eval` with these arguments in this process, as its entry point does."""

    def run(*arguments: object) -> Finished:
        monkeypatch.setattr(sys, "argv", ["sing-eval", *map(str, arguments)])
        capfd.readouterr()
        exit_code = 0
        try:
            main()
        except SystemExit as stop:
            exit_code = int(stop.code or 0)
        return Finished(exit_code, *capfd.readouterr())

    return run


@pytest.fixture
def make_dataset(tmp_path: Path) -> Callable[..., Path]:
    """Write a dataset of sine tones, each at its note's own frequency and level."""

    def make(notes: Iterable[Note] | None = None, name: str = "notes") -> Path:
        folder = tmp_path / name
        (folder / "audio").mkdir(parents=True)
        chosen = list(notes) if notes is not None else small_selection()
        for note in chosen:
            write_waveform(folder / "audio" / f"{note.name}.wav", tone(note))
        write_examples(folder, chosen)
        return folder

    return make


def small_selection() -> list[Note]:
    return [
        Note(instrument, pitch, velocity)
        for instrument in ("bass_acoustic_000", "flute_synthetic_003")
        for pitch in (48, 60, 72)
        for velocity in (25, 127)
    ]


def tone(note: Note) -> np.ndarray:
    time = np.arange(NOTE_SAMPLES) / SAMPLE_RATE
    level = note.velocity / 254 * (0.9 if note.instrument.startswith("bass") else 1.0)
    return level * np.sin(2 * np.pi * note.frequency * time)
