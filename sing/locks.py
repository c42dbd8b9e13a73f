"""Locks that keep two commands out of one work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import filelock

from sing.errors import SingError


@contextlib.contextmanager
def alone(lock: Path, fault: str) -> Iterator[None]:
    """Hold the file `lock` during the block. Raises SingError(fault) when another process does.

    A process that is killed holds it no more; the file stays.
    """
    held = filelock.FileLock(lock, timeout=0)
    try:
        held.acquire()
    except filelock.Timeout:
        raise SingError(fault) from None
    try:
        yield
    finally:
        held.release()
