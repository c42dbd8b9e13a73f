"""Real `sing train` commands on a dataset of twelve tones."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from forked_commands import Command
from free_port import free_port

from sing.config import load_config
from sing.train.checkpoints import Position
from sing.train.start import Request

SMALL = (
    "model.hidden_channels=4",
    "model.decoder_channels=8",
    "model.initialization=kaiming",
    "autoencoder.epochs=2",
    "autoencoder.batch_size=4",
    "autoencoder.crop_samples=4096",
    "lstm.epochs=1",
    "lstm.batch_size=4",
    "finetune.epochs=2",
    "finetune.batch_size=4",
)

CommandLine = Callable[..., list[object]]


@pytest.fixture
def train_command(make_dataset: Callable[..., Path]) -> CommandLine:
    """The command line that trains a very small model on twelve tones."""
    data = make_dataset()

    def command(out: Path, *arguments: str, settings: tuple[str, ...] = ()) -> list[object]:
        sets = [part for setting in (*SMALL, *settings) for part in ("--set", setting)]
        return ["sing", "train", "tiny", "--data", data, "--out", out, *sets, *arguments]

    return command


@pytest.fixture
def request_for(make_dataset: Callable[..., Path]) -> Callable[..., Request]:
    """The same request as a value, to be trained in this process."""
    data = make_dataset()

    def request(out: Path, *settings: str) -> Request:
        return Request(load_config("tiny", (*SMALL, *settings)), data, out)

    return request


@pytest.fixture
def saved_position() -> Callable[[Path], Position | None]:
    """Where a run's last checkpoint stands; only read, as its trainer may be writing it."""

    def position(run: Path) -> Position | None:
        try:
            state = torch.load(run / "checkpoints" / "last.pt", weights_only=True)
        except FileNotFoundError:
            return None
        return Position(**state["position"])

    return position


@pytest.fixture
def two_ranks() -> Callable[..., tuple[Command, Command]]:
    """Start the two processes that torchrun would start."""

    def start(words: Sequence[object]) -> tuple[Command, Command]:
        port = str(free_port())
        meeting = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        first, second = (
            Command(words, environment={**meeting, "RANK": rank, "LOCAL_RANK": rank})
            for rank in "01"
        )
        return first, second

    return start
