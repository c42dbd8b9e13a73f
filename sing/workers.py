"""Worker processes for long loops; they never outlive the command that started them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from types import FrameType
from typing import Any

from sing.errors import SingError


class _Pool(ProcessPoolExecutor):
    """A pool whose workers get no interrupt, not even while they start.

    Ctrl-C reaches every process of the terminal: each worker would print a traceback.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _interrupts_held():
            return super().submit(fn, *args, **kwargs)


def core_count() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def worker_pool(
    jobs: int, initializer: Callable[..., None] | None = None, *arguments: Any
) -> Iterator[ProcessPoolExecutor]:
    """A pool of `jobs` fresh processes, each prepared by `initializer(*arguments)`.

    They are spawned, not forked: the parent may hold threads and a GPU. Leaving the block drops
    what has not been begun. Raises SingError when one of them is killed.
    """
    context = get_context("spawn")
    start = (initializer, arguments)
    with _interrupts_held():
        made = _Pool(jobs, context, initializer=_start, initargs=start)
    with made as pool:
        try:
            yield pool
        except BrokenProcessPool:
            raise SingError(
                "a worker process was killed, perhaps for want of memory; pass --resume to go on, "
                "with fewer --jobs"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """An interrupt of the block comes when it ends; processes started in it never get one.

    Blocking alone would not do: another thread of this process may take the signal.
    """
    taken = False

    def take(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        nonlocal taken
        taken = True

    handler = signal.getsignal(signal.SIGINT)
    is_ours = threading.current_thread() is threading.main_thread() and handler is not None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        if is_ours:
            signal.signal(signal.SIGINT, take)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if is_ours:
            signal.signal(signal.SIGINT, handler)
        if taken:
            signal.raise_signal(signal.SIGINT)


def _start(initializer: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    if initializer is not None:
        initializer(*arguments)


def _end_with_parent() -> None:
    """End this process when its parent ends, by SIGKILL too: a pool's workers would stay."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
