"""The ground truth as a system folder, to be listed, studied and heard like any other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval_suite.importing.datasets import listed_in_dataset, part_of_dataset
from eval_suite.importing.in_order import FLUSHES, in_order
from eval_suite.importing.output import MADE_BY, audio_versions, output_of
from eval_suite.named_dataset import open_named_dataset
from eval_suite.sources import DatasetSource
from sing import files, log
from sing.errors import CheckFailed
from sing.notes import Note
from sing.systems import SystemWriter

_NOTES_A_BLOCK = 64
_SHOWN = 10

_Recording = tuple[Note, NDArray[np.float32], str | None]


@dataclass(frozen=True)
class TruthRequest:
    """The arguments of `sing-eval systems truth`."""

    data: Path
    out: Path
    split: str = "test"
    listed: str | None = None
    limit: int | None = None
    resume: bool = False
    force: bool = False


def write_truth(request: TruthRequest) -> int:
    """Write the notes' recordings into a system folder of kind `truth`; how many could not be read.

    Those are in system.json under `failed` with the reason. Raises SingError for a dataset, list
    or folder that is not as it must be, and CheckFailed when not one note can be read.
    """
    named = open_named_dataset(request.data)
    if request.listed is None:
        notes = part_of_dataset(named.dataset, request.split)
    else:
        notes = listed_in_dataset(named.dataset, request.listed)
    notes = notes[: request.limit]
    source = DatasetSource(named.dataset)
    facts = {
        MADE_BY: "sing-eval systems truth",
        "dataset": named.recorded,
        "dataset_sha256": source.facts()["sha256"],
        "notes_sha256": files.sha256_of_lines(note.name for note in notes),
        "versions": audio_versions(),
    }
    output = output_of(request.out, facts, request.resume, request.force)
    writer = SystemWriter(request.out, request.out.resolve().name, "truth")
    left = writer.missing(notes) if output.begin() else list(notes)
    if not left and output.is_finished:
        output.finish()
        log.info("%s: finished already", request.out)
        return 0
    failed = _write(source, left, writer)
    written = [note for note in notes if note not in failed]
    if not written:
        shutil.rmtree(request.out)
        raise CheckFailed(f"{named.dataset.folder}: no note can be read: {failed[notes[0]]}")
    for fault in list(failed.values())[:_SHOWN]:
        log.warning("%s", fault)
    entries = [{"note": note.name, "reason": failed[note]} for note in failed]
    writer.finish(written, **facts, failed=entries)
    output.finish()
    return len(failed)


def _write(source: DatasetSource, notes: Sequence[Note], writer: SystemWriter) -> dict[Note, str]:
    """Write the notes; what is wrong with the files of those that could not be read."""

    def save(recording: _Recording) -> _Recording:
        note, waveform, fault = recording
        if fault is None:
            writer.write(note, waveform)
        return recording

    with ThreadPoolExecutor(FLUSHES) as threads:
        saved = in_order(threads, save, _recordings(source, notes), 2 * FLUSHES)
        bar = log.progress(saved, "truth", len(notes))
        return {note: fault for note, _, fault in bar if fault is not None}


def _recordings(source: DatasetSource, notes: Sequence[Note]) -> Iterator[_Recording]:
    """Each note with its waveform, and with what is wrong with its file, if anything."""
    for start in range(0, len(notes), _NOTES_A_BLOCK):
        block = notes[start : start + _NOTES_A_BLOCK]
        sounds = source.sounds(block)
        for row, note in enumerate(block):
            yield note, sounds.waveforms[row], sounds.faults.get(row)
