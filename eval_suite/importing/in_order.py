"""Work on items ahead of their use: results in the items' order, and only a few held at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

FLUSHES = 16
"""Files flushed to disk at once: a disk takes hardly longer for several than for one."""


def in_order(
    pool: Executor, action: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """The action's result for each item, begun in the pool for up to `ahead` items beforehand."""
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(action, item))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
