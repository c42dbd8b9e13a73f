"""Batches of notes in a reproducible order, shared out over processes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from sing.data.nsynth import Dataset
from sing.data.vocabulary import Vocabulary
from sing.notes import Note


@dataclass(frozen=True)
class Batch:
    """This process's share of one training step's notes.

    `keys` [b, 3] are (instrument, pitch, velocity) indices, `waveforms` [b, 64000]. `positions`
    are the notes' places among the `total` notes of the step over all processes.
    """

    keys: Tensor
    waveforms: Tensor
    positions: Tensor
    total: int

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(self.keys.to(device), self.waveforms.to(device), self.positions, self.total)

    def split(self, size: int | None) -> list[Batch]:
        """Micro-batches of at most `size` notes; the whole batch for None."""
        size = size or max(1, len(self.keys))
        parts = zip(
            self.keys.split(size),
            self.waveforms.split(size),
            self.positions.split(size),
            strict=True,
        )
        return [Batch(*part, self.total) for part in parts]


def step_count(notes: int, batch_size: int, fewest: int = 1) -> int:
    """Steps in an epoch, whose last batch is left out if it has fewer than `fewest` notes."""
    full, rest = divmod(notes, batch_size)
    return full + (rest >= fewest)


def epoch_order(count: int, seed: int, phase: str, epoch: int) -> list[int]:
    """The order in which an epoch visits its notes: a function of its arguments alone."""
    order = list(range(count))
    random.Random(f"{seed}/{phase}/{epoch}").shuffle(order)
    return order


class _Shares(torch.utils.data.Dataset[Batch]):
    """Item k is the process's share of step k."""

    def __init__(
        self,
        dataset: Dataset,
        vocabulary: Vocabulary,
        notes: Sequence[Note],
        steps: list[list[int]],
    ) -> None:
        self._dataset, self._vocabulary = dataset, vocabulary
        self._notes, self._steps = notes, steps
        self.rank, self.world_size = 0, 1

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, step: int) -> Batch:
        places = range(self.rank, len(self._steps[step]), self.world_size)
        notes = [self._notes[self._steps[step][place]] for place in places]
        keys = torch.from_numpy(self._vocabulary.encode(notes))
        waveforms = torch.from_numpy(np.ascontiguousarray(self._dataset.waveforms(notes)))
        positions = torch.tensor(list(places), dtype=torch.long)
        return Batch(keys, waveforms, positions, len(self._steps[step]))


@dataclass(frozen=True)
class NoteBatches:
    """Notes to be visited in batches of `batch_size` over all processes.

    A last batch too small to give every process a note is left out, unless `keep_rest` is set:
    then a process's share of it may be empty.
    """

    dataset: Dataset
    vocabulary: Vocabulary
    notes: Sequence[Note]
    batch_size: int
    seed: int
    rank: int = 0
    world_size: int = 1
    workers: int = 0
    keep_rest: bool = False

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        fewest = 1 if self.keep_rest else self.world_size
        return step_count(len(self.notes), self.batch_size, fewest)

    def epoch(self, phase: str, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from `first_step` on, the same ones however often it is asked."""
        order = epoch_order(len(self.notes), self.seed, phase, epoch)
        size = self.batch_size
        steps = [order[step * size : (step + 1) * size] for step in range(first_step, self.steps)]
        shares = _Shares(self.dataset, self.vocabulary, self.notes, steps)
        shares.rank, shares.world_size = self.rank, self.world_size
        # The loader is only a read-ahead here: order and batching are ours, so that a resumed
        # epoch goes on with the very next batch.
        yield from DataLoader(shares, batch_size=None, num_workers=self.workers)
