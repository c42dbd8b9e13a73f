"""The loop over the epochs and steps of one phase, with checkpoints and clean stops."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor

from sing import log
from sing.config import Phase
from sing.data.batches import Batch, NoteBatches
from sing.errors import SingError
from sing.model.sing import Sing
from sing.train.checkpoints import Position, save_checkpoint
from sing.train.distributed import Processes
from sing.train.evaluation import Evaluation
from sing.train.history import Row, rows_before, write_history, write_tensorboard

Step = Callable[[Batch, Position], Tensor]
"""One update: (batch, steps done before it) -> the sum of the notes' losses."""

GPU_CHECK_STEPS = 50
"""On a GPU the loss is read only so often, since reading it waits for the device."""


class Stopped(SingError):
    """Training was interrupted and has saved itself."""

    exit_code = 130


@dataclass(frozen=True)
class Loop:
    """What stays the same during a phase."""

    run: Path
    networks: Sing
    optimizer: torch.optim.Optimizer
    step: Step
    batches: NoteBatches
    evaluation: Evaluation
    processes: Processes
    settings: Phase
    checkpoint_seconds: float
    tensorboard: bool

    def set_learning_rate(self, position: Position) -> None:
        """Give the optimiser the rate of the step after `position`."""
        steps = self.batches.steps
        done = (position.epoch * steps + position.step) / max(1, self.settings.epochs * steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate_at(done)

    def save(self, position: Position) -> None:
        """Write a checkpoint here (rank 0 only)."""
        if self.processes.is_main:
            save_checkpoint(self.run, position, self.networks, self.optimizer)


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C and SIGTERM into a question, "was a stop asked for?", while the block runs."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_epochs(loop: Loop, position: Position, stop_asked: Callable[[], bool]) -> None:
    """Train from `position` to the end of its phase, one history row and checkpoint an epoch."""
    rows: list[Row] = rows_before(loop.run, position)
    while position.epoch < loop.settings.epochs:
        position = _run_epoch(loop, position, stop_asked)
        figures = loop.evaluation.measure(loop.networks, position.phase, loop.processes)
        epoch = position.epoch + 1
        objective = position.loss_sum / max(1, position.note_count)
        log.info(
            "%s %d/%d  objective %.4g  spectral_loss train %.4f test %.4f  %.0f s",
            position.phase, epoch, loop.settings.epochs, objective,
            figures["train_spectral_loss"] or math.nan,
            figures["test_spectral_loss"] or math.nan,
            position.seconds,
        )  # fmt: skip
        row: Row = {"phase": position.phase, "epoch": epoch, "objective": objective, **figures}
        rows.append({**row, "seconds": position.seconds})
        if loop.processes.is_main:
            write_history(loop.run, rows)
            if loop.tensorboard:
                write_tensorboard(loop.run, rows)
        position = Position(position.phase, epoch)
        loop.save(position)


def _run_epoch(loop: Loop, position: Position, stop_asked: Callable[[], bool]) -> Position:
    """The steps of one epoch from `position.step` on; the position after the last of them."""
    label = f"{position.phase} {position.epoch + 1}/{loop.settings.epochs}"
    batches = loop.batches.epoch(position.phase, position.epoch, position.step)
    began = saved = time.monotonic()
    spent = position.seconds
    sums = torch.zeros(2, dtype=torch.float64, device=loop.processes.device)
    earlier = position
    for batch in log.progress(batches, label, loop.batches.steps - position.step):
        loop.set_learning_rate(position)
        sums[0] += loop.step(batch.to(loop.processes.device), position)
        sums[1] += len(batch.keys)
        now = time.monotonic()
        position = replace(position, step=position.step + 1, seconds=spent + now - began)
        every = GPU_CHECK_STEPS if loop.processes.device.type == "cuda" else 1
        if position.step % every == 0:
            _check_finite(sums, position, loop.run)
        stop = loop.processes.any(stop_asked())
        due = loop.processes.any(now - saved > loop.checkpoint_seconds)
        if stop or due:
            _check_finite(sums, position, loop.run)
            loop.save(_with_sums(position, earlier, loop.processes.total(sums.clone())))
            saved = now
        if stop:
            raise Stopped(
                f"{loop.run}: stopped and saved at {position.phase} epoch {position.epoch + 1}, "
                f"step {position.step}; the same command with --resume goes on"
            )
    _check_finite(sums, position, loop.run)
    return _with_sums(position, earlier, loop.processes.total(sums))


def _with_sums(position: Position, earlier: Position, sums: Tensor) -> Position:
    loss_sum, note_count = sums.tolist()
    return replace(
        position,
        loss_sum=earlier.loss_sum + loss_sum,
        note_count=earlier.note_count + int(note_count),
    )


def _check_finite(sums: Tensor, position: Position, run: Path) -> None:
    if not math.isfinite(sums[0].item()):
        raise SingError(
            f"{run}: the loss is not finite in {position.phase} epoch {position.epoch + 1} "
            f"(at or before step {position.step}); the last checkpoint is intact: "
            "lower the phase's learning_rate, or --resume on sounder data"
        )
