"""Real `sing train` commands on a dataset of twelve tones."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

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

Command = Callable[..., list[str]]


@pytest.fixture
def train_command(make_dataset: Callable[..., Path]) -> Command:
    """The command line that trains a very small model on twelve tones."""
    data = make_dataset()

    def command(out: Path, *arguments: str, settings: tuple[str, ...] = ()) -> list[str]:
        sets = [part for setting in (*SMALL, *settings) for part in ("--set", setting)]
        return [
            "-m",
            "sing",
            "train",
            "tiny",
            "--data",
            str(data),
            "--out",
            str(out),
            *sets,
            *arguments,
        ]

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


def start(command: list[str], **options: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture
def finish() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command to its end."""

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        process = start(command, **options)
        stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    return run


@pytest.fixture
def stop_when() -> Callable[..., tuple[int, str]]:
    """Start a command, send it a signal once a condition holds; its exit code and stderr."""

    def run(
        command: list[str], condition: Callable[[], bool], signal_number: int
    ) -> tuple[int, str]:
        process = start(command)
        while process.poll() is None:
            if condition():
                process.send_signal(signal_number)
                break
        _, stderr = process.communicate(timeout=120)
        return process.returncode, stderr

    return run
