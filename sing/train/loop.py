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
from sing.processes import Processes
from sing.train.checkpoints import CheckpointFile, Position
from sing.train.evaluation import Evaluation
from sing.train.history import Row, ScalarWriter, rows_before, write_history, write_scalars

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
    checkpoints: CheckpointFile
    checkpoint_seconds: float
    stop_asked: Callable[[], bool]
    tensorboard: ScalarWriter | None

    @property
    def check_steps(self) -> int:
        """Steps between two looks at the loss, the clock and the wish to stop."""
        return GPU_CHECK_STEPS if self.processes.device.type == "cuda" else 1

    def set_learning_rate(self, position: Position) -> None:
        """Give the optimiser the rate of the step after `position`."""
        steps = self.batches.steps
        done = (position.epoch * steps + position.step) / max(1, self.settings.epochs * steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate_at(done)

    def save(self, position: Position) -> None:
        """Write a checkpoint here; rank 0's error, such as a full disk, ends all processes."""
        self.processes.on_main(
            lambda: self.checkpoints.save(position, self.networks, self.optimizer)
        )

    def confirm(self) -> None:
        """Note that the weights are sound."""
        if self.processes.is_main:
            self.checkpoints.confirm()

    def fail(self, position: Position) -> None:
        """End training because a loss or a figure is not finite."""
        if self.processes.is_main:
            self.checkpoints.discard()
        self.processes.fail(
            SingError(
                f"{self.run}: the loss is not finite in {position.phase} epoch "
                f"{position.epoch + 1}, at or before step {position.step}; the last sound "
                f"checkpoint is kept: give {position.phase}.learning_rate in the run's "
                "config.toml a lower value and resume with that file"
            )
        )


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C and SIGTERM into a question, "was a stop asked for?", while the block runs.

    A second Ctrl-C acts as it would have without this.
    """
    asked: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, ask)
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_epochs(loop: Loop, position: Position) -> None:
    """Train from `position` to the end of its phase, one history row and checkpoint an epoch."""
    rows = rows_before(loop.run, position)
    while position.epoch < loop.settings.epochs:
        position = _run_epoch(loop, position)
        figures = loop.evaluation.measure(loop.networks, position.phase, loop.processes)
        if not all(math.isfinite(value) for value in figures.values() if value is not None):
            loop.fail(position)
        rows.append(_row(loop, position, figures))
        if loop.processes.is_main and loop.tensorboard:
            write_scalars(loop.tensorboard, rows[-1])
        loop.processes.on_main(lambda: write_history(loop.run, rows))
        position = Position(position.phase, position.epoch + 1)
        loop.save(position)
        loop.confirm()


def _row(loop: Loop, position: Position, figures: dict[str, float | None]) -> Row:
    objective = position.loss_sum / max(1, position.note_count)
    epoch = position.epoch + 1
    log.info(
        "%s %d/%d  objective %.4g  spectral_loss train %.4f test %.4f  %.0f s",
        position.phase, epoch, loop.settings.epochs, objective,
        figures["train_spectral_loss"] or math.nan,
        figures["test_spectral_loss"] or math.nan,
        position.seconds,
    )  # fmt: skip
    row: Row = {"phase": position.phase, "epoch": epoch, "objective": objective, **figures}
    return {**row, "seconds": position.seconds, "processes": loop.processes.world_size}


def _run_epoch(loop: Loop, position: Position) -> Position:
    """The steps of one epoch from `position.step` on; the position after the last of them."""
    label = f"{position.phase} {position.epoch + 1}/{loop.settings.epochs}"
    batches = loop.batches.epoch(position.phase, position.epoch, position.step)
    began = saved = time.monotonic()
    earlier = position
    sums = torch.zeros(2, dtype=torch.float64, device=loop.processes.device)
    for batch in log.progress(batches, label, loop.batches.steps - position.step):
        loop.set_learning_rate(position)
        sums[0] += loop.step(batch.to(loop.processes.device), position)
        sums[1] += len(batch.keys)
        now = time.monotonic()
        seconds = earlier.seconds + now - began
        position = replace(position, step=position.step + 1, seconds=seconds)
        if position.step % loop.check_steps and position.step < loop.batches.steps:
            continue
        is_due = now - saved > loop.checkpoint_seconds
        is_broken = not math.isfinite(sums[0].item())
        stop, due, broken = loop.processes.any(loop.stop_asked(), is_due, is_broken)
        if broken:
            loop.fail(position)
        loop.confirm()
        if stop or due:
            loop.save(_with_sums(position, earlier, loop.processes.total(sums)))
            saved = now
        if stop:
            _stop(loop, position)
    return _with_sums(position, earlier, loop.processes.total(sums))


def _stop(loop: Loop, position: Position) -> None:
    loop.processes.fail(
        Stopped(
            f"{loop.run}: stopped and saved at {position.phase} epoch {position.epoch + 1}, "
            f"step {position.step}; the same command with --resume goes on"
        )
    )


def _with_sums(position: Position, earlier: Position, sums: Tensor) -> Position:
    loss_sum, note_count = sums.tolist()
    return replace(
        position,
        loss_sum=earlier.loss_sum + loss_sum,
        note_count=earlier.note_count + int(note_count),
    )
