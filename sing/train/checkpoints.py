"""Checkpoints: everything that a stopped run needs to go on as if it had never stopped."""

from __future__ import annotations

import io
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from sing import files, log
from sing.errors import SingError
from sing.model.sing import Sing
from sing.train import PHASES

_ORDER = (*PHASES, "finished")

FORMAT = 1

_REMEDY = "start the run again with --force"

_DAMAGE = (
    *(pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError),
    *(TypeError, AttributeError, OSError),
)
"""What torch raises for a file whose bytes are not as they were."""


@dataclass(frozen=True)
class Position:
    """Where training stands: `step` steps of epoch `epoch` (from 0) of `phase` are done.

    After the last phase, `phase` is "finished".
    `loss_sum` and `note_count` are the running mean of the epoch so far, `seconds` its duration.
    """

    phase: str = PHASES[0]
    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    note_count: int = 0
    seconds: float = 0.0

    def is_past(self, phase: str) -> bool:
        """True when `phase` is over."""
        return _ORDER.index(self.phase) > _ORDER.index(phase)


def after(phase: str) -> Position:
    """The position at which `phase` is over and the next one has not begun."""
    return Position(_ORDER[_ORDER.index(phase) + 1])


@dataclass(frozen=True)
class Setting:
    """What decides the last bits of a result besides the configuration."""

    threads: int
    processes: int

    @classmethod
    def here(cls, processes: int) -> Setting:
        """The setting of this process."""
        return cls(torch.get_num_threads(), processes)


@dataclass(frozen=True)
class Checkpoint:
    """A position with the networks' and the optimiser's state there (None between phases)."""

    position: Position
    networks: dict[str, Any]
    optimizer: dict[str, Any] | None
    setting: Setting


class CheckpointFile:
    """checkpoints/last.pt of a run, and the one before it while `last` is not confirmed.

    A step can spoil the weights without a sign, which shows in the next loss. A checkpoint is
    confirmed when a loss that was computed with its weights is finite; until then the one before
    is kept as previous.pt, and `discard` brings it back. The first one, of untrained weights, needs
    no confirmation.
    """

    def __init__(self, run: Path, setting: Setting) -> None:
        self.path = run / "checkpoints" / "last.pt"
        self._previous = run / "checkpoints" / "previous.pt"
        self._setting = setting
        self._is_confirmed = not self._previous.is_file()

    def save(
        self, position: Position, networks: Sing, optimizer: torch.optim.Optimizer | None
    ) -> None:
        """Write the checkpoint, whole or not at all. A full disk leaves the one before intact."""
        state = {
            "format": FORMAT,
            "position": asdict(position),
            "networks": networks.state_dict(),
            "optimizer": optimizer.state_dict() if optimizer else None,
            "setting": asdict(self._setting),
        }
        # Through memory, because torch reports a full disk as a RuntimeError without a cause.
        buffer = io.BytesIO()
        torch.save(state, buffer)
        with files.atomic_path(self.path) as part:
            part.write_bytes(buffer.getbuffer())
            is_first = not self.path.is_file() and not self._previous.is_file()
            if self._is_confirmed and not is_first:
                self.path.replace(self._previous)
        self._is_confirmed = is_first

    def confirm(self) -> None:
        """Note that the last checkpoint's weights gave a finite loss."""
        if not self._is_confirmed:
            self._previous.unlink(missing_ok=True)
            self._is_confirmed = True

    def discard(self) -> None:
        """Go back to the checkpoint before the last one if that was not confirmed."""
        if not self._is_confirmed and self._previous.is_file():
            self._previous.replace(self.path)

    def load(self) -> Checkpoint | None:
        """The last checkpoint, None when there is none. Read as data: no code in it runs."""
        path = self.path
        if not path.is_file() and self._previous.is_file():
            self._previous.replace(path)  # killed between the two renames of `save`
        if not path.is_file():
            return None
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except _DAMAGE:
            raise SingError(f"{path}: not a checkpoint, or cut short; {_REMEDY}") from None
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise SingError(f"{path}: a checkpoint of another version; {_REMEDY}")
        try:
            found = Setting(**state["setting"])
            position = Position(**state["position"])
            position.is_past(PHASES[0])
            checkpoint = Checkpoint(position, state["networks"], state["optimizer"], found)
        except (KeyError, TypeError, ValueError) as error:
            raise SingError(f"{path}: damaged ({error!r}); {_REMEDY}") from None
        if found != self._setting:
            log.warning(
                "the checkpoint was made by %d processes with %d threads, now there are %d with "
                "%d: the result will differ in its last bits (OMP_NUM_THREADS sets the threads)",
                found.processes, found.threads, self._setting.processes, self._setting.threads,
            )  # fmt: skip
        return checkpoint
