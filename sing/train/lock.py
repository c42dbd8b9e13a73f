"""A run folder belongs to one training at a time."""

from __future__ import annotations

from pathlib import Path

import filelock

from sing.errors import SingError


class TrainingLock:
    """checkpoints/.lock of a run, held by the first process of its training.

    A training that is killed holds it no more.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._lock = filelock.FileLock(run / "checkpoints" / ".lock", timeout=0)

    def acquire(self) -> None:
        """Take the lock. Raises SingError when another training has it."""
        path = Path(self._lock.lock_file)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise SingError(
                f"{self._run}: another training is at work there; wait for it to end, or stop it"
            ) from None

    def release(self) -> None:
        """Give the lock back, if it was taken."""
        self._lock.release()

    def require_free(self) -> None:
        """Raise SingError when another training has the lock; nothing is made or taken."""
        if Path(self._lock.lock_file).is_file():
            self.acquire()
            self.release()
