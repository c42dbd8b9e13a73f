"""Looking through a dataset for everything that would spoil training or a measurement."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from sing import audio, files, log
from sing.data.labels import Labels, disagreement, read_labels
from sing.data.nsynth import audio_file, examples_path
from sing.data.packed import ABOUT, PackedWaveforms, is_pack, open_pack, pack_path
from sing.errors import SingError
from sing.notes import Note
from sing.workers import core_count

SILENCE = 2 / audio.FULL_SCALE
"""A note whose samples all stay below two steps of 16 bits is silent."""

_NOTES_A_BLOCK = 1024


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with one file."""

    path: Path
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


def check(folder: Path, jobs: int | None = None, limit: int | None = None) -> list[Fault]:
    """Every fault of a dataset's labels and audio, and of the pack beside it, sorted by file.

    `limit` looks at the first notes only. Raises SingError when the folder is no dataset.
    """
    if is_pack(folder):
        raise SingError(f"{folder}: a pack; check the dataset that it was made from")
    path = examples_path(folder)
    entries = read_labels(path)
    found = [*_label_faults(path, entries)]
    if limit is None:
        found += _strays(folder, {key for key, _ in entries})
    try:
        packed = _pack_beside(folder, path)
    except SingError as error:
        packed = None
        found.append(Fault(pack_path(folder), str(error).split(": ", 1)[-1]))
    names = sorted({key for key, _ in entries})[:limit]
    look = partial(_note_faults, folder, packed)
    with ThreadPoolExecutor(jobs or core_count()) as pool:
        bar = log.progress(names, "checking")
        while block := list(itertools.islice(bar, _NOTES_A_BLOCK)):
            for faults in pool.map(look, block):
                found.extend(faults)
    return sorted(found)


def read_note_file(path: Path) -> tuple[NDArray[np.float32] | None, list[str]]:
    """A file's samples, and all that keeps it from being a note's audio, in words."""
    if not path.is_file():
        return None, ["missing"]
    truncated = _truncation(path)
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        return None, [truncated or f"truncated or no audio ({error.error_string.rstrip('.')})"]
    problems = [truncated] if truncated else []
    if rate != audio.SAMPLE_RATE:
        problems.append(f"wrong rate: {rate:,} Hz, expected {audio.SAMPLE_RATE:,}")
    if samples.shape[1] != 1:
        problems.append(f"{samples.shape[1]} channels, expected mono")
    if len(samples) != audio.NOTE_SAMPLES and not truncated:
        problems.append(f"wrong length: {len(samples):,} samples, expected {audio.NOTE_SAMPLES:,}")
    broken = np.count_nonzero(~np.isfinite(samples))
    if broken:
        problems.append(f"{broken:,} samples are NaN or infinite")
    elif not np.any(np.abs(samples) >= SILENCE):
        problems.append("silent")
    return samples, problems


def _truncation(path: Path) -> str | None:
    """A wav file shorter than its own header says; libsndfile reads what is left without a word."""
    with path.open("rb") as file:
        header = file.read(8)
    size = path.stat().st_size
    promised = int.from_bytes(header[4:8], "little") + 8
    if header[:4] == b"RIFF" and size < promised:
        return f"truncated: {size:,} of {promised:,} bytes"
    return None


def _label_faults(path: Path, entries: list[tuple[str, Labels]]) -> Iterator[Fault]:
    for key, times in Counter(key for key, _ in entries).items():
        if times > 1:
            yield Fault(path, f"'{key}' stands there {times} times")
    for key, labels in entries:
        wrong = disagreement(key, labels)
        if wrong is not None:
            yield Fault(path, f"mislabelled: {json.dumps(key)}: {wrong}")


def _strays(folder: Path, keys: set[str]) -> Iterator[Fault]:
    if not (folder / "audio").is_dir():
        return
    for path in (folder / "audio").iterdir():
        if path.suffix not in audio.AUDIO_SUFFIXES or path.stem not in keys:
            yield Fault(path, "no entry in examples.json")


def _pack_beside(folder: Path, examples: Path) -> PackedWaveforms | None:
    beside = pack_path(folder)
    if not is_pack(beside):
        return None
    packed = open_pack(beside)
    if packed.examples_sha256 != files.sha256(examples):
        raise SingError(f"{beside / ABOUT}: stale: made from another examples.json")
    return packed


def _note_faults(folder: Path, packed: PackedWaveforms | None, name: str) -> list[Fault]:
    path = audio_file(folder, name)
    samples, problems = read_note_file(path)
    found = [Fault(path, problem) for problem in problems]
    if packed is not None and samples is not None and not problems:
        row = packed.waveforms([Note.parse(name)])[0]
        if not np.array_equal(row, samples[:, 0]):
            found.append(
                Fault(packed.folder, f"{name}: the packed samples are not those of {path}")
            )
    return found
