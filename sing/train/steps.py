"""One training step of each phase (Section 4.3).

Losses are summed over the notes and divided by the size of the whole step, so that micro-batches
and processes add up to the gradient of one large batch.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sing.config import AutoencoderPhase, FinetunePhase, LstmPhase
from sing.data.batches import Batch
from sing.losses import Loss
from sing.model.framing import NOTE_FRAMES, decoder_target, pad_note
from sing.model.recurrence import State
from sing.model.sing import Sing
from sing.processes import Processes


@dataclass(frozen=True)
class Trainee:
    """What a step acts on: the phase's module (perhaps wrapped for DDP) and its optimiser."""

    networks: Sing
    module: nn.Module
    optimizer: torch.optim.Optimizer
    processes: Processes
    autocast: bool = False

    def accumulate(self, batches: list[Batch], loss: Callable[[int, Batch], Tensor]) -> Tensor:
        """Back-propagate the per-note losses [b] of micro-batches; return their sum over notes."""
        total = torch.zeros((), device=self.processes.device)
        for index, batch in enumerate(batches):
            with self._sync(last=index == len(batches) - 1):
                with torch.autocast(self.processes.device.type, torch.bfloat16, self.autocast):
                    losses = loss(index, batch)
                # DDP averages gradients over the processes; the step's loss is a sum over them.
                (losses.sum() * (self.processes.world_size / batch.total)).backward()
            total += losses.detach().sum()
        return total

    def _sync(self, last: bool) -> contextlib.AbstractContextManager[None]:
        if isinstance(self.module, DistributedDataParallel) and not last:
            return self.module.no_sync()
        return contextlib.nullcontext()


def autoencoder_step(
    trainee: Trainee, batch: Batch, phase: AutoencoderPhase, loss: Loss, crops: str
) -> Tensor:
    """A step of the autoencoder on whole notes, or on a random crop of each.

    The string `crops` seeds the draw of the crops. Returns the sum of the notes' losses.
    """
    padded = _cropped(pad_note(batch.waveforms), batch, phase.crop_samples, crops)
    parts = [
        Batch(part.keys, waveforms, part.positions, part.total)
        for part, waveforms in zip(
            batch.split(phase.micro_batch_size),
            padded.split(phase.micro_batch_size or max(1, len(padded))),
            strict=True,
        )
    ]

    def reconstruction_loss(_: int, part: Batch) -> Tensor:
        decoded = trainee.module(part.waveforms)
        return loss(decoder_target(part.waveforms), decoded.float())

    trainee.optimizer.zero_grad(set_to_none=True)
    total = trainee.accumulate(parts, reconstruction_loss)
    trainee.optimizer.step()
    return total


def _cropped(padded: Tensor, batch: Batch, crop_samples: int | None, seed: str) -> Tensor:
    """From each padded note the stretch whose reconstruction has `crop_samples` samples.

    The place is drawn for every note of the whole step, so it does not depend on the processes.
    """
    if crop_samples is None:
        return padded
    margin = padded.shape[1] - decoder_target(padded).shape[1]
    length = crop_samples + margin
    generator = random.Random(seed)
    starts = [
        256 * generator.randint(0, (padded.shape[1] - length) // 256) for _ in range(batch.total)
    ]
    rows = zip(padded, batch.positions.tolist(), strict=True)
    return torch.stack([row[starts[place] : starts[place] + length] for row, place in rows])


def lstm_step(trainee: Trainee, batch: Batch, phase: LstmPhase) -> Tensor:
    """A step of truncated back-propagation: an update every `bptt_frames`, the state carried on.

    The target is the sequence of the frozen encoder. Returns the sum over notes of the mean
    squared error of the codes.
    """
    parts = batch.split(phase.micro_batch_size)
    with torch.no_grad():
        targets = [trainee.networks.encoder(pad_note(part.waveforms)) for part in parts]
    states: list[State | None] = [None] * len(parts)
    total = torch.zeros((), device=trainee.processes.device)
    for start in range(0, NOTE_FRAMES, phase.bptt_frames):
        stop = min(start + phase.bptt_frames, NOTE_FRAMES)

        def code_mse(index: int, part: Batch, start: int = start, stop: int = stop) -> Tensor:
            codes, (hidden, cell) = trainee.module(part.keys, start, stop, states[index])
            states[index] = (hidden.detach(), cell.detach())
            mse: Tensor = (codes.float() - targets[index][:, start:stop]).square().mean((1, 2))
            return mse

        trainee.optimizer.zero_grad(set_to_none=True)
        total += trainee.accumulate(parts, code_mse) * ((stop - start) / NOTE_FRAMES)
        trainee.optimizer.step()
    return total


def finetune_step(trainee: Trainee, batch: Batch, phase: FinetunePhase, loss: Loss) -> Tensor:
    """A step of LSTM and decoder together through all 265 frames. Returns the sum of losses."""

    def synthesis_loss(_: int, part: Batch) -> Tensor:
        return loss(decoder_target(pad_note(part.waveforms)), trainee.module(part.keys).float())

    trainee.optimizer.zero_grad(set_to_none=True)
    total = trainee.accumulate(batch.split(phase.micro_batch_size), synthesis_loss)
    trainee.optimizer.step()
    return total
