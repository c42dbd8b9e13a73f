"""history.csv: one row an epoch, and the same figures for TensorBoard if it is wanted."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from sing import files
from sing.errors import SingError
from sing.train.checkpoints import Position

FIGURES = tuple(
    f"{part}_{figure}"
    for figure in ("spectral_loss", "wav_mse", "code_mse")
    for part in ("train", "test")
)
"""What is measured on notes of the train and of the test part after each epoch."""

COLUMNS = ("phase", "epoch", "objective", *FIGURES, "seconds", "processes")
"""`objective` is the mean training loss during the epoch; `seconds` are of training alone."""

Row = dict[str, Any]


class ScalarWriter(Protocol):
    """The part of TensorBoard's SummaryWriter that is used."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        """Record one figure of one epoch."""

    def flush(self) -> None:
        """Write what is recorded."""


def rows_before(run: Path, position: Position) -> list[Row]:
    """The rows of epochs that a checkpoint at `position` has behind it."""
    path = run / "history.csv"
    if not path.is_file():
        return []
    rows: list[Row] = list(files.read_csv(path, COLUMNS))
    return [
        row
        for row in rows
        if position.is_past(row["phase"])
        or (row["phase"] == position.phase and int(row["epoch"]) <= position.epoch)
    ]


def write_history(run: Path, rows: list[Row]) -> None:
    """Write the rows, whole or not at all."""
    files.write_csv(run / "history.csv", COLUMNS, rows)


def open_tensorboard(run: Path) -> ScalarWriter:
    """A writer of TensorBoard events under run/tensorboard."""
    from torch.utils.tensorboard import SummaryWriter

    writer: ScalarWriter = SummaryWriter(str(run / "tensorboard"))
    return writer


def check_tensorboard() -> None:
    """Raise SingError when TensorBoard is not installed."""
    if find_spec("tensorboard") is None:
        raise SingError(
            "--tensorboard: the package is not installed; pip install 'sing-eval[tensorboard]'"
        )


def write_scalars(writer: ScalarWriter, row: Row) -> None:
    """Give TensorBoard the figures of one row."""
    for figure in ("objective", *FIGURES):
        if row[figure] is not None:
            writer.add_scalar(f"{row['phase']}/{figure}", float(row[figure]), int(row["epoch"]))
    writer.flush()
