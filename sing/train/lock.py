"""A run folder belongs to one training at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from sing.locks import alone


def training_lock(run: Path) -> AbstractContextManager[None]:
    """Hold checkpoints/.lock of a run. Raises SingError when another training does."""
    path = _path(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    return alone(path, f"{run}: another training is at work there; wait for it to end, or stop it")


def require_free(run: Path) -> None:
    """Raise SingError when another training holds the lock; nothing is made or held."""
    if _path(run).is_file():
        with training_lock(run):
            pass


def _path(run: Path) -> Path:
    return run / "checkpoints" / ".lock"
