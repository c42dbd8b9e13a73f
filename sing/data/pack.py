"""Making packs: a dataset's audio files decoded once into one memory map (see `packed`).

An unfinished pack is X.pack.part/; the next call goes on where it stopped.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from sing import audio, files, log
from sing.data.nsynth import Dataset, examples_path, sounds_like
from sing.data.packed import (
    ABOUT,
    FORMAT,
    INDEX,
    ROW_BYTES,
    SAMPLES,
    PackedWaveforms,
    is_pack,
    open_pack,
    pack_path,
)
from sing.errors import SingError
from sing.locks import alone
from sing.workers import core_count

_ROWS_A_BLOCK = 512  # 65 MB between two flushes to disk
_RESERVE_BYTES = 64 * 2**20
_STATE = "state.json"


def pack(dataset: Dataset, force: bool = False, jobs: int | None = None) -> Path:
    """Pack the dataset's samples into X.pack beside it and return that folder.

    A pack that is there and fresh is kept. Raises SingError when a stale one is in the way and
    `force` is not given, when something else is, when the disk has too little room, and for a
    broken audio file.
    """
    target = pack_path(dataset.folder)
    examples = files.sha256(examples_path(dataset.folder))
    if is_pack(target) and not force:
        packed = open_pack(target)
        if packed.examples_sha256 == examples and sounds_like(packed, dataset.folder):
            log.info("%s is up to date", target)
            return target
        raise SingError(f"{target}: made from other files; pass --force to replace it")
    part = target.with_name(target.name + ".part")
    for folder in (target, part):
        _require_ours(folder)
    fault = f"{target}: another command is making it; wait for it to end"
    with alone(target.with_name(f".{target.name}.lock"), fault), _kept_or_removed(part):
        _pack(dataset, target, part, examples, jobs or core_count())
    return target


@contextmanager
def _kept_or_removed(part: Path) -> Iterator[None]:
    """After a fault, keep the rows that the next call goes on after and say so, else nothing."""
    try:
        yield
    except (SingError, KeyboardInterrupt):
        if (part / _STATE).is_file():
            log.info("%s: what is packed is kept; the same command goes on with it", part)
        else:
            shutil.rmtree(part, ignore_errors=True)
        raise


def _require_ours(folder: Path) -> None:
    """Raise SingError where there is anything but a pack, finished or not."""
    names = {SAMPLES, INDEX, ABOUT, _STATE}
    inside = {path.name for path in folder.glob("*")} if folder.is_dir() else {folder.name}
    # A kill leaves a hidden part of a file.
    left = {path.name for path in folder.glob(".*.part")}
    if folder.exists() and (foreign := sorted(inside - names - left)):
        raise SingError(f"{folder}: not a pack, with {foreign[0]}; move it out of the way")


def _pack(dataset: Dataset, target: Path, part: Path, examples: str, jobs: int) -> None:
    done = _begin(part, dataset, examples)
    _require_space(part, (len(dataset.notes) - done) * ROW_BYTES)
    _write_rows(part, dataset, done, examples, jobs)
    files.write_csv(part / INDEX, ("note",), ({"note": note.name} for note in dataset.notes))
    about = {
        "format": FORMAT,
        "count": len(dataset.notes),
        "sample_rate": audio.SAMPLE_RATE,
        "examples_sha256": examples,
    }
    files.write_json(part / ABOUT, about)
    (part / _STATE).unlink()
    if target.exists():
        shutil.rmtree(target)
    part.rename(target)


def _begin(part: Path, dataset: Dataset, examples: str) -> int:
    """How many rows an earlier call wrote of the same files; starts anew where it wrote none."""
    if (part / _STATE).is_file() and (part / SAMPLES).is_file():
        state = files.read_json(part / _STATE)
        written = PackedWaveforms(part, dataset.notes[: state["rows"]], state["examples_sha256"])
        if written.examples_sha256 == examples and sounds_like(written, dataset.folder):
            log.info("%s: going on after %s notes", part, f"{len(written.notes):,}")
            return len(written.notes)
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    return 0


def _require_space(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part).free
    if free < needed + _RESERVE_BYTES:
        raise SingError(
            f"{part.parent}: the pack needs {needed / 2**30:.1f} GB more and "
            f"{free / 2**30:.1f} GB are free; make room or put the dataset on a larger disk"
        )


def _write_rows(part: Path, dataset: Dataset, done: int, examples: str, jobs: int) -> None:
    with (
        (part / SAMPLES).open("r+b" if done else "wb") as file,
        ThreadPoolExecutor(jobs) as pool,
    ):
        file.truncate(done * ROW_BYTES)
        file.seek(0, os.SEEK_END)
        bar = log.progress(dataset.notes[done:], "packing")
        while block := list(itertools.islice(bar, _ROWS_A_BLOCK)):
            paths = [dataset.audio_path(note) for note in block]
            # libsndfile decodes outside the interpreter's lock, so threads are enough.
            for samples in pool.map(_decode, paths):
                file.write(samples.astype("<i2", copy=False).tobytes())
            file.flush()
            os.fsync(file.fileno())
            done += len(block)
            files.write_json(part / _STATE, {"examples_sha256": examples, "rows": done})


def _decode(path: Path) -> NDArray[np.int16]:
    samples = audio.read_pcm16(path)
    if soundfile.info(path).subtype != "PCM_16":
        raise SingError(f"{path}: not 16-bit samples, which a pack holds; convert the file")
    return samples
