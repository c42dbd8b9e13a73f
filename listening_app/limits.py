"""Rate limits: how often one address, or one session, may ask.

Each worker process counts for itself: with several, an address gets so many times more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_MOST_KEYS = 20_000


@dataclass(frozen=True)
class Rate:
    """So many at once, then so many a minute."""

    burst: int
    per_minute: float


@dataclass(frozen=True)
class Limits:
    """The limits of a server. A lecture room behind one address stays below those of joining."""

    joins: Rate = Rate(120, 30)
    requests: Rate = Rate(300, 600)
    session_requests: Rate = Rate(200, 600)
    logins: Rate = Rate(5, 1)
    all_logins: Rate = Rate(30, 10)


UNLIMITED = Limits(*[Rate(10**9, 10**9)] * 3)
"""For rehearsals and load tests, in which all raters come from one address."""


class Limiter:
    """A bucket of tokens for each key, which fills up again with time."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, key: str) -> float:
        """Take one token; 0 if there was one, else the seconds until there is."""
        with self._lock:
            level = self._level(key)
            if level < 1:
                return (1 - level) * 60 / self._rate.per_minute
            self._buckets[key] = (level - 1, self._clock())
            if len(self._buckets) > _MOST_KEYS:
                self._forget_full()
            return 0.0

    def seconds_left(self, key: str) -> float:
        """The seconds until there is a token, without taking one."""
        with self._lock:
            return max(0.0, 1 - self._level(key)) * 60 / self._rate.per_minute

    def forget(self, key: str) -> None:
        """Start anew with this key."""
        with self._lock:
            self._buckets.pop(key, None)

    def _level(self, key: str) -> float:
        level, then = self._buckets.get(key, (float(self._rate.burst), self._clock()))
        filled = level + max(0.0, self._clock() - then) * self._rate.per_minute / 60
        return min(float(self._rate.burst), filled)

    def _forget_full(self) -> None:
        """Drop the keys that are as good as new; if there are too many others, the oldest."""
        full = [key for key in self._buckets if self._level(key) >= self._rate.burst]
        oldest = sorted(self._buckets, key=lambda key: self._buckets[key][1])
        for key in full or oldest[: _MOST_KEYS // 2]:
            del self._buckets[key]
