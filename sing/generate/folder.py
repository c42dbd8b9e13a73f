"""System folders written from a run: stopped anywhere, they go on with the same bytes.

The facts of a folder (`sing.system_output`) are what decides its bytes, on one kind of machine with
one number of threads, and the dataset against which the notes are to be measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sing import files, log
from sing.audio import write_waveform
from sing.data.nsynth import identity_path
from sing.errors import SingError
from sing.generate.offline import BATCH_SIZE, generate, reconstruct
from sing.generate.selection import open_data
from sing.notes import Note
from sing.provenance import versions
from sing.run import Run
from sing.system_output import SystemOutput
from sing.systems import SystemWriter

Batches = Callable[[Sequence[Note]], Iterator[NDArray[np.float32]]]


@dataclass(frozen=True)
class Order:
    """What is to be written where, and how."""

    run: Run
    notes: Sequence[Note]
    out: Path
    batch_size: int = BATCH_SIZE
    device: torch.device | str = "cpu"
    resume: bool = False
    force: bool = False


def write_generated(order: Order) -> Path:
    """Write the notes as the run plays them into a system folder of kind `run`; its path.

    Raises SingError for an unknown note, a run without weights, a folder that may not be
    replaced or is another one's unfinished work, and a waveform that is not finite.
    """

    def batches(notes: Sequence[Note]) -> Iterator[NDArray[np.float32]]:
        return generate(order.run, notes, batch_size=order.batch_size, device=order.device)

    facts = _facts(order, "model.safetensors")
    return _write(order, "run", batches, {**facts, "dataset": _recorded_dataset(order.run)})


def write_reconstructed(order: Order, data: Path | None = None) -> Path:
    """Write the notes after the run's autoencoder into a system folder of kind `autoencoder`.

    As `write_generated`; the notes' recordings are read from the dataset `data`, or else from the
    one that the run was trained on.
    """
    dataset = open_data(order.run, data)
    recorded = _recorded_dataset(order.run) if data is None else str(data.resolve())

    def batches(notes: Sequence[Note]) -> Iterator[NDArray[np.float32]]:
        size, device = order.batch_size, order.device
        return reconstruct(order.run, dataset, notes, batch_size=size, device=device)

    facts = {
        **_facts(order, "autoencoder.safetensors"),
        "dataset": recorded,
        "dataset_sha256": files.sha256(identity_path(dataset.folder)),
    }
    return _write(order, "autoencoder", batches, facts)


def write_single(run: Run, note: Note, path: Path, device: torch.device | str, force: bool) -> Path:
    """Write one note as one wav file; its path."""
    (waveforms,) = generate(run, [note], device=device)
    check_finite(run, [note], waveforms)
    files.check_file(path, force)
    with files.atomic_path(path) as part:
        write_waveform(part, waveforms[0])
    return path


def check_finite(run: Run, notes: Sequence[Note], waveforms: NDArray[np.float32]) -> None:
    """Raise SingError, naming the note, when one of the waveforms [B, T] is not finite."""
    wrong = np.flatnonzero(~np.isfinite(waveforms).all(axis=1))
    if wrong.size:
        raise SingError(
            f"{run.folder}: a NaN or an infinity in {notes[wrong[0]].name}; "
            "its weights are no good, train or import it again"
        )


def _recorded_dataset(run: Run) -> str | None:
    """The dataset of the notes as the run records it: a path, `demo`, or None when imported."""
    dataset: str | None = run.provenance.get("dataset")
    return dataset


def _facts(order: Order, weights: str) -> dict[str, Any]:
    """What decides the bytes. No command and no time: same inputs, same bytes."""
    path = order.run.folder / weights
    return {
        "run": order.run.name,
        "weights": weights,
        "weights_sha256": files.sha256(path) if path.is_file() else None,
        "notes_sha256": files.sha256_of_lines(note.name for note in order.notes),
        "batch_size": order.batch_size,
        "device": str(order.device).partition(":")[0],
        "seed": order.run.config.seed,
        "versions": versions(),
    }


def _write(order: Order, kind: str, batches: Batches, facts: dict[str, Any]) -> Path:
    """Claim the folder, or go on with it, write the notes that are missing, and finish it."""
    writer = SystemWriter(order.out, order.out.resolve().name, kind)
    output = SystemOutput(order.out, facts, _is_of_a_run, order.resume, order.force)
    goes_on = output.may_go_on()
    left = set(writer.missing(order.notes) if goes_on else order.notes)
    if goes_on and not left and output.is_finished:
        output.finish()
        log.info("%s: finished already", order.out)
        return order.out
    # Whole batches, whatever is left of them: the last bits depend on the batch.
    starts = range(0, len(order.notes), order.batch_size)
    parts = [order.notes[start : start + order.batch_size] for start in starts]
    parts = [part for part in parts if not left.isdisjoint(part)]
    # Every fault of the request shows here, before the folder is touched.
    waveforms = batches([note for part in parts for note in part])
    if not goes_on:
        output.claim()
    for part, made in zip(log.progress(parts, order.out.name), waveforms, strict=True):
        check_finite(order.run, part, made)
        for note, waveform in zip(part, made, strict=True):
            if note in left:
                writer.write(note, waveform)
    writer.finish(order.notes, **facts)
    output.finish()
    return order.out


def _is_of_a_run(facts: Mapping[str, Any]) -> bool:
    return "weights_sha256" in facts
