"""checkpoint.pt: all that a stopped training needs to go on as if it had never stopped."""

from __future__ import annotations

import io
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from eval_suite.classifier.network import Network
from sing import files, log
from sing.errors import SingError

_FORMAT = 1


@dataclass(frozen=True)
class Position:
    """`step` steps of epoch `epoch` (from 0) are done, with this sum of losses over its notes."""

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    notes: int = 0


def save_checkpoint(
    path: Path, position: Position, network: Network, optimizer: torch.optim.Optimizer
) -> None:
    """Write the checkpoint, whole or not at all."""
    state = {
        "format": _FORMAT,
        "position": asdict(position),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "threads": torch.get_num_threads(),
    }
    # Through memory, because torch reports a full disk as a RuntimeError without a cause.
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with files.atomic_path(path) as part:
        part.write_bytes(buffer.getbuffer())


def load_checkpoint(path: Path, network: Network, optimizer: torch.optim.Optimizer) -> Position:
    """Give both the state they had, and return the position; the start when there is no file.

    Read as data: no code in it runs. Raises SingError for a file that is not a checkpoint, or not
    one of this network.
    """
    if not path.is_file():
        return Position()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        fault = str(error).splitlines()[0]
        raise SingError(f"{path}: not a checkpoint ({fault}); start again with --force") from None
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise SingError(f"{path}: a checkpoint of another version; start again with --force")
    try:
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        position, threads = Position(**state["position"]), int(state["threads"])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        fault = str(error).splitlines()[-1].strip()
        raise SingError(
            f"{path}: does not fit this training ({fault}); start again with --force"
        ) from None
    if threads != torch.get_num_threads():
        log.warning(
            "the checkpoint was made with %d threads, now there are %d: the result will differ in "
            "its last bits (OMP_NUM_THREADS sets the threads)",
            threads, torch.get_num_threads(),
        )  # fmt: skip
    return position
