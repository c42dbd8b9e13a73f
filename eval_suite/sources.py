"""Sources of waveforms: system folders, datasets and runs, all asked in the same way.

A source is known by what its folder holds: system.json a system, config.toml a run (its notes are
generated when they are needed), examples.json or pack.json a dataset (its own ground truth).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from sing import audio, files
from sing.data.nsynth import Dataset, identity_path, open_dataset
from sing.data.packed import is_pack
from sing.errors import SingError
from sing.generate.engine import Engine
from sing.generate.selection import find_run, warn_unfinished
from sing.notes import Note
from sing.run import DEMO, Run, open_run
from sing.system_output import FINISHED, UNFINISHED
from sing.systems import System, read_system

SOURCE_MARKS = (FINISHED, "config.toml", "examples.json", "pack.json")
"""The files by which a folder is known as a source."""


@dataclass(frozen=True)
class Sounds:
    """A batch's waveforms [B, 64000]; `faults` says of a row why it could not be had (then 0)."""

    waveforms: NDArray[np.float32]
    faults: Mapping[int, str]


class Source(Protocol):
    """Anything that turns notes into waveforms. It can be pickled: workers get a copy."""

    @property
    def name(self) -> str:
        """What the source is called in tables."""

    def covers(self, note: Note) -> bool:
        """Whether the source claims to have the note."""

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """The notes' waveforms; a missing or broken one is a fault, not an error."""

    def facts(self) -> dict[str, Any]:
        """Where it comes from, with the hashes of the files that identify it (JSON)."""


@dataclass(frozen=True)
class SystemSource:
    """A system folder."""

    system: System

    @property
    def name(self) -> str:
        """The name that system.json gives."""
        return self.system.name

    @cached_property
    def members(self) -> frozenset[Note]:
        """The notes that notes.csv lists."""
        return frozenset(self.system.notes)

    def covers(self, note: Note) -> bool:
        """Whether notes.csv lists the note; its file may still be missing."""
        return note in self.members

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """The waveforms of the notes' files."""
        waveforms = np.zeros((len(notes), audio.NOTE_SAMPLES), dtype=np.float32)
        faults = {}
        for row, note in enumerate(notes):
            try:
                waveforms[row] = self.system.waveform(note)
            except SingError as error:
                faults[row] = str(error)
        return Sounds(waveforms, faults)

    def facts(self) -> dict[str, Any]:
        """Folder, kind and hashes of system.json and notes.csv."""
        return {"kind": self.system.kind, **_hashes(self.system.folder, FINISHED, "notes.csv")}


@dataclass(frozen=True)
class DatasetSource:
    """A dataset, whose waveforms are the ground truth."""

    dataset: Dataset

    @property
    def name(self) -> str:
        """The name of the dataset's folder."""
        return self.folder.resolve().name

    @property
    def folder(self) -> Path:
        """The dataset's folder."""
        return self.dataset.folder

    @property
    def members(self) -> frozenset[Note]:
        """The notes in examples.json."""
        return frozenset(self.dataset.notes)

    def covers(self, note: Note) -> bool:
        """Whether examples.json has the note; its file may still be missing."""
        return note in self.dataset

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """The waveforms of the notes' files, or of the dataset's pack."""
        try:
            return Sounds(self.dataset.waveforms(notes), {})
        except SingError:
            return self._one_by_one(notes)

    def _one_by_one(self, notes: Sequence[Note]) -> Sounds:
        waveforms = np.zeros((len(notes), audio.NOTE_SAMPLES), dtype=np.float32)
        faults = {}
        for row, note in enumerate(notes):
            try:
                waveforms[row] = self.dataset.waveforms([note])[0]
            except SingError as error:
                faults[row] = str(error)
        return Sounds(waveforms, faults)

    def facts(self) -> dict[str, Any]:
        """Folder and hash of examples.json, or of the pack's index."""
        return {"kind": "dataset", **_hashes(self.folder, identity_path(self.folder).name)}


@dataclass(frozen=True)
class RunSource:
    """A trained run, which generates its notes when they are asked for."""

    run: Run
    device: str = "cpu"

    @property
    def name(self) -> str:
        """The name of the run's folder, or `demo`."""
        return self.run.name

    @cached_property
    def _engine(self) -> Engine:
        return Engine(self.run.networks(self.device).synthesizer)

    def __getstate__(self) -> dict[str, Any]:
        # Each worker loads the weights itself: 243 MB at paper size are not sent through a pipe.
        return {"run": self.run, "device": self.device}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def covers(self, note: Note) -> bool:
        """Whether the run's vocabulary has the note's instrument, pitch and velocity."""
        try:
            self.run.vocabulary.encode([note])
        except SingError:
            return False
        return True

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """Generated waveforms, in the 16 bits in which `sing generate` would have stored them."""
        rows = torch.from_numpy(self.run.vocabulary.encode(notes)).to(self.device)
        waveforms = self._engine.generate(rows).cpu().numpy()
        is_finite = np.isfinite(waveforms).all(axis=1)
        faults = {
            row: f"{self.run.folder}: generated a NaN or an infinity for {notes[row].name}"
            for row in np.flatnonzero(~is_finite).tolist()
        }
        waveforms[~is_finite] = 0
        return Sounds(audio.from_pcm16(audio.to_pcm16(waveforms)[0]), faults)

    def facts(self) -> dict[str, Any]:
        """Folder and hashes of the configuration, the vocabulary and the weights."""
        names = ("config.toml", "vocabulary.json", "model.safetensors")
        return {"kind": "run", **_hashes(self.run.folder, *names)}


def open_source(folder: Path, device: str = "cpu") -> SystemSource | DatasetSource | RunSource:
    """The source in a folder, or the shipped run for `demo` (where that folder holds no source).

    Raises SingError when the folder holds no source, or a broken one.
    """
    if (folder / FINISHED).is_file():
        return SystemSource(read_system(folder))
    if (folder / "config.toml").is_file():
        run = open_run(folder)
        warn_unfinished(run)
        return RunSource(run, device)
    if holds_dataset(folder):
        return DatasetSource(open_dataset(folder))
    if folder == Path(DEMO) and not (folder / UNFINISHED).is_file():
        return RunSource(find_run(DEMO), device)
    if (folder / UNFINISHED).is_file():
        raise SingError(f"{folder}: unfinished; the command that makes it goes on with --resume")
    if not folder.exists():
        raise SingError(f"{folder}: there is no such folder; check the path")
    if not folder.is_dir():
        raise SingError(f"{folder}: a file; a source is a system, run or dataset folder")
    raise SingError(
        f"{folder}: not a source; expected system.json (a system), config.toml (a run) or "
        "examples.json (a dataset) in it"
    )


def holds_dataset(folder: Path) -> bool:
    """Whether the folder is a dataset, or a pack of one."""
    return (folder / "examples.json").is_file() or is_pack(folder)


def _hashes(folder: Path, *names: str) -> dict[str, Any]:
    present = (name for name in names if (folder / name).is_file())
    return {
        "folder": str(folder.resolve()),
        "sha256": {name: files.sha256(folder / name) for name in present},
    }
