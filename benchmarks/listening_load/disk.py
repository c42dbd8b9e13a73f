"""What the disk itself takes to keep a few bytes for good: the floor of every stored answer."""

from __future__ import annotations

import os
import time
from pathlib import Path

from crowd import quantile

BYTES = 8192
"""About what an answer adds to a database's log: two pages."""


def flush_seconds(folder: Path, times: int = 200) -> tuple[float, float]:
    """Median and p99 of appending to a file and flushing it."""
    waits = []
    path = folder / "flushed"
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            started = time.perf_counter()
            file.write(bytes(BYTES))
            os.fsync(file.fileno())
            waits.append(time.perf_counter() - started)
    path.unlink()
    return quantile(waits, 0.5), quantile(waits, 0.99)
