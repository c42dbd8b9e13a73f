"""Ending a server when it is asked to: what has been asked by then is answered, in bounded time."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOP_SECONDS = 10.0
"""How long answering may go on. An answer waits at most 5 s for a database that others hold."""

_GRACE_SECONDS = 2.0
"""What a parent waits beyond that for its workers."""

_LOOK_SECONDS = 0.05


def answer_until_asked(server: Any, signals: Iterable[signal.Signals]) -> None:
    """Run a waitress server until one of these signals comes, and then to the end of its answers.

    Nobody new is let in after the signal. A second signal changes nothing: a service manager sends
    it to the parent and to its workers, and the parent passes it on.
    """
    asked: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        server.pull_trigger()  # wakes the loop

    for each in signals:
        signal.signal(each, stop)
    while not asked:
        _turn(server, 1.0)
    server.accepting = False
    _turn(server, 0.0)  # reads what has come already
    until = time.monotonic() + STOP_SECONDS
    while _is_answering(server) and time.monotonic() < until:
        _turn(server, _LOOK_SECONDS)
    server.task_dispatcher.shutdown(timeout=_LOOK_SECONDS)


def _turn(server: Any, seconds: float) -> None:
    # poll(), as select() fails as soon as a file has a number of 1,024 or more.
    server.asyncore.loop(timeout=seconds, map=server._map, use_poll=True, count=1)


def _is_answering(server: Any) -> bool:
    """Whether any connection waits for an answer; those that do not are told to close."""
    busy = False
    for channel in list(server.active_channels.values()):
        if channel.requests or channel.total_outbufs_len:
            busy = True
        else:
            channel.will_close = True
    return busy


def end_workers(workers: Collection[int]) -> None:
    """End these child processes: they are asked to, waited for, and in the end killed."""
    left = set(workers)
    _send(left, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS + _GRACE_SECONDS
    while left and time.monotonic() < until:
        left -= {worker for worker in left if _has_ended(worker)}
        time.sleep(_LOOK_SECONDS if left else 0)
    _send(left, signal.SIGKILL)


def _send(workers: Iterable[int], number: signal.Signals) -> None:
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, number)


def _has_ended(worker: int) -> bool:
    try:
        return os.waitpid(worker, os.WNOHANG)[0] == worker
    except ChildProcessError:
        return True


@contextmanager
def held_back(*signals: signal.Signals) -> Iterator[None]:
    """Signals that come meanwhile are delivered afterwards, by the handlers of then."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
