"""Whole notes in batches: generated from their keys, or passed through the autoencoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sing.data.nsynth import Dataset
from sing.errors import SingError
from sing.generate.engine import Engine
from sing.model.sing import Autoencoder
from sing.notes import Note
from sing.run import Run

BATCH_SIZE = 8
"""Notes at a time unless told otherwise: more is hardly faster on a CPU."""


def generate(
    run: Run,
    notes: Sequence[Note],
    *,
    batch_size: int = BATCH_SIZE,
    device: torch.device | str = "cpu",
) -> Iterator[NDArray[np.float32]]:
    """The notes' waveforms as the run plays them (Section 4), [b, 64000] a batch, in their order.

    The batches are notes[0:8], notes[8:16] and so on: in its last bits a waveform may depend on
    the notes of its batch, never on others. Raises SingError at once, before any waveform, for a
    note that the run does not know and for a run without weights.
    """
    keys = torch.from_numpy(run.vocabulary.encode(notes))
    engine = Engine(run.networks(device).synthesizer)
    return (engine.generate(batch.to(device)).cpu().numpy() for batch in keys.split(batch_size))


def reconstruct(
    run: Run,
    dataset: Dataset,
    notes: Sequence[Note],
    *,
    batch_size: int = BATCH_SIZE,
    device: torch.device | str = "cpu",
) -> Iterator[NDArray[np.float32]]:
    """The notes' recordings after the run's autoencoder, d(e(x)): Table 1's upper bound.

    As `generate`, with the autoencoder of phase one (Section 4.3). Raises SingError at once for a
    run without autoencoder and for a note that the dataset lacks, and later for a broken file.
    """
    for note in notes:
        if note not in dataset:
            raise SingError(
                f"{dataset.folder}: no note {note.name}, which the run was to reconstruct; "
                "pass the run's own dataset with --data"
            )
    autoencoder = run.autoencoder(device)
    starts = range(0, len(notes), batch_size)
    return (
        _reconstructed(autoencoder, dataset, notes[start : start + batch_size], device)
        for start in starts
    )


def _reconstructed(
    autoencoder: Autoencoder, dataset: Dataset, notes: Sequence[Note], device: torch.device | str
) -> NDArray[np.float32]:
    waveforms = torch.from_numpy(dataset.waveforms(notes)).to(device)
    with torch.inference_mode():
        return autoencoder.reconstruct(waveforms).cpu().numpy()
