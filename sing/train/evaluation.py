"""Figures measured after each epoch, on fixed notes of the train and of the test part."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sing.data.batches import Batch, NoteBatches
from sing.losses import spectral_loss, waveform_mse
from sing.model.framing import crop_note, pad_note
from sing.model.sing import Sing
from sing.notes import Note
from sing.processes import Processes

EVALUATION_BATCH = 16


@dataclass(frozen=True)
class Evaluation:
    """The notes of each part on which epochs are measured, as batches."""

    parts: dict[str, NoteBatches]

    def measure(self, networks: Sing, phase: str, processes: Processes) -> dict[str, float | None]:
        """Means over the notes of each part, named as in history.csv; None where undefined.

        In phase one the estimate is the reconstruction, later the synthesis. `code_mse` compares
        the LSTM's sequence with the encoder's, in the phase that trains it.
        """
        figures: dict[str, float | None] = {}
        for part, batches in self.parts.items():
            sums = torch.zeros(4, dtype=torch.float64)
            with torch.inference_mode():
                for batch in batches.epoch("evaluation", 0):
                    if len(batch.keys) == 0:
                        continue
                    sums += _note_sums(networks, phase, batch.to(processes.device)).cpu()
            spectral, waveform, codes, count = processes.total(sums).tolist()
            known = count > 0
            figures[f"{part}_spectral_loss"] = spectral / count if known else None
            figures[f"{part}_wav_mse"] = waveform / count if known else None
            figures[f"{part}_code_mse"] = codes / count if known and phase == "lstm" else None
        return figures


def evaluation_notes(notes: Sequence[Note], count: int, seed: int) -> list[Note]:
    """At most `count` of the notes, drawn once for the whole run, sorted by name."""
    drawn = random.Random(f"{seed}/evaluation").sample(list(notes), min(count, len(notes)))
    return sorted(drawn, key=lambda note: note.name)


def _note_sums(networks: Sing, phase: str, batch: Batch) -> Tensor:
    """Sums over the batch of spectral loss, waveform MSE and code MSE, and its size."""
    code_mse = torch.zeros(())
    if phase == "autoencoder":
        estimate = networks.autoencoder.reconstruct(batch.waveforms)
    else:
        codes, _ = networks.sequence(batch.keys)
        estimate = crop_note(networks.decoder(codes))
        if phase == "lstm":
            target = networks.encoder(pad_note(batch.waveforms))
            code_mse = (codes - target).square().mean((1, 2)).sum()
    sums = (
        spectral_loss(batch.waveforms, estimate).sum(),
        waveform_mse(batch.waveforms, estimate).sum(),
        code_mse,
        torch.tensor(float(len(batch.keys))),
    )
    return torch.stack([value.to(estimate.device, torch.float64) for value in sums])
