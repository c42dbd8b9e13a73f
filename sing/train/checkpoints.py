"""Checkpoints: everything that a stopped run needs to go on as if it had never stopped."""

from __future__ import annotations

import io
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from sing import files
from sing.errors import SingError
from sing.model.sing import Sing

PHASES = ("autoencoder", "lstm", "finetune")
"""The phases of Section 4.3, in order."""

_ORDER = (*PHASES, "finished")

FORMAT = 1


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
class Checkpoint:
    """A position with the networks' and the optimiser's state there (None between phases)."""

    position: Position
    networks: dict[str, Any]
    optimizer: dict[str, Any] | None
    threads: int


def checkpoint_path(run: Path) -> Path:
    """The one checkpoint of a run; each save replaces it whole."""
    return run / "checkpoints" / "last.pt"


def save_checkpoint(
    run: Path, position: Position, networks: Sing, optimizer: torch.optim.Optimizer | None
) -> None:
    """Write the checkpoint, whole or not at all. A full disk leaves the one before intact."""
    state = {
        "format": FORMAT,
        "position": asdict(position),
        "networks": networks.state_dict(),
        "optimizer": optimizer.state_dict() if optimizer else None,
        "threads": torch.get_num_threads(),
    }
    # Through memory, because torch reports a full disk as a RuntimeError without a cause.
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with files.atomic_path(checkpoint_path(run)) as part:
        part.write_bytes(buffer.getbuffer())


def load_checkpoint(run: Path) -> Checkpoint | None:
    """The run's checkpoint, None when there is none yet. It is read as data: no code in it runs."""
    path = checkpoint_path(run)
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        fault = str(error).splitlines()[0]
        raise SingError(f"{path}: not a checkpoint ({fault}); start the run again") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise SingError(f"{path}: a checkpoint of another version; start the run again")
    return Checkpoint(
        Position(**state["position"]), state["networks"], state["optimizer"], state["threads"]
    )
