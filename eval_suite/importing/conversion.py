"""Files converted to notes, one by one or shared out over processes, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eval_suite.importing.fitting import fit_length, killed_at, matching_gain
from eval_suite.importing.in_order import in_order
from eval_suite.importing.listing import SourceFile
from eval_suite.importing.reading import Sound, read_sound
from eval_suite.importing.records import Record
from sing import files
from sing.audio import NOTE_SAMPLES
from sing.data.nsynth import Dataset
from sing.errors import SingError
from sing.notes import Note
from sing.workers import core_count, worker_pool

Fit = Literal["pad-or-cut", "refuse"]

FILES_A_WORKER = 200
"""A worker takes about half a second to start, in which one core converts so many files."""

_IN_FLIGHT = 4
"""Files a worker, read ahead of the writer: memory does not grow with the folder."""


@dataclass(frozen=True)
class Conversion:
    """How files become notes. The dataset tells which notes have an audible end, and how loud."""

    reference: Dataset | None = None
    match_loudness: bool = False


@dataclass(frozen=True)
class Converted:
    """A note's waveform [64000] and the record of how it came about, yet without its hash.

    `reference_fault` says why the reference's recording could not be compared with, if so.
    """

    note: Note
    waveform: NDArray[np.float32]
    record: Record
    reference_fault: str = ""


@dataclass(frozen=True)
class Failed:
    """A file that could not be used, and why."""

    note: Note
    file: str
    reason: str


_conversion: Conversion | None = None  # in a worker process: what it was started with


def convert_all(
    sources: Sequence[SourceFile], conversion: Conversion, jobs: int | None = None
) -> Iterator[Converted | Failed]:
    """Convert the files in the order given; the outcome does not depend on `jobs`.

    Raises SingError when a worker process is killed.
    """
    workers = jobs or max(1, min(core_count(), len(sources) // FILES_A_WORKER))
    if workers == 1:
        for source in sources:
            yield convert(source, conversion)
        return
    with worker_pool(workers, _start, conversion) as pool:
        yield from in_order(pool, _convert, sources, _IN_FLIGHT * workers)


def convert(source: SourceFile, conversion: Conversion) -> Converted | Failed:
    """One file as a note, or why it cannot be."""
    try:
        sound = read_sound(source.path)
        sha256 = files.sha256(source.path)
    except SingError as error:
        reason = str(error).removeprefix(f"{source.path}: ")
        return Failed(source.note, source.shown, reason)
    reference, reference_fault = _reference(source.note, sound, conversion)
    waveform = fit_length(sound.waveform)
    gain = None
    if conversion.match_loudness and reference is not None:
        gain = matching_gain(reference, waveform)
        waveform = waveform * (1.0 if gain is None else 10 ** (gain / 20))
    record = Record(
        note=source.note.name,
        file=source.shown,
        sha256=sha256,
        audio_sha256="",
        encoding=sound.encoding,
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        samples=sound.samples,
        padded_samples=max(0, NOTE_SAMPLES - len(sound.waveform)),
        cut_samples=max(0, len(sound.waveform) - NOTE_SAMPLES),
        gain_db=gain,
        zero_tail_seconds=sound.tail.seconds,
        killed_at_seconds=killed_at(sound.tail, reference),
        repaired=source.repaired,
    )
    return Converted(source.note, waveform.astype(np.float32), record, reference_fault)


def _reference(
    note: Note, sound: Sound, conversion: Conversion
) -> tuple[NDArray[np.float32] | None, str]:
    """The reference's waveform, where there is one and something depends on it.

    A broken one is no fault of the file, which is used without it: None, and what is wrong.
    """
    dataset = conversion.reference
    is_needed = conversion.match_loudness or sound.tail.seconds > 0
    if dataset is None or note not in dataset or not is_needed:
        return None, ""
    try:
        return dataset.waveforms([note])[0], ""
    except SingError as error:
        return None, str(error)


def _start(conversion: Conversion) -> None:
    global _conversion  # noqa: PLW0603 - a worker process serves one import from start to end
    _conversion = conversion


def _convert(source: SourceFile) -> Converted | Failed:
    if _conversion is None:
        raise RuntimeError("the worker was not told how to convert")
    return convert(source, _conversion)
