"""Writes of many threads, committed to SQLite together.

A commit waits until the disk has the bytes, some milliseconds, and SQLite has one writer. So while
one commit waits, the threads that come queue up, and the next commit has all of theirs:

    thread 1   [op 1][-- flush --]
    thread 2            waits     [op 2 op 3 op 4][-- flush --]
    thread 3              waits
    thread 4                waits

Each is told only after the flush that holds its write. Savepoints, which keep the others from one
that fails, cost as much as the writes: so all run without, and again with them when one fails.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, exc

Result = TypeVar("Result")

MOST_TOGETHER = 64


class _Write:
    """One thread's operation and what became of it."""

    def __init__(self, operation: Callable[[Connection], Any]) -> None:
        self.operation = operation
        self.is_done = False
        self.result: Any = None
        self.error: BaseException | None = None


class GroupCommit:
    """Runs operations in the order in which they came, several in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[_Write] = deque()
        self._turn = threading.Lock()

    def run(self, operation: Callable[[Connection], Result]) -> Result:
        """The operation's result, once it is on disk.

        Its own exception undoes it and nothing else. An exception of the database undoes all that
        ran together, and each of their threads gets it.
        """
        write = _Write(operation)
        self._waiting.append(write)
        with self._turn:
            while not write.is_done:
                self._commit_some()
        if write.error is not None:
            raise write.error
        result: Result = write.result
        return result

    def _commit_some(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
        try:
            if not self._run_together(batch):
                self._run_apart(batch)
        except BaseException as error:
            for write in batch:
                write.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            for write in batch:
                write.is_done = True

    def _run_together(self, batch: list[_Write]) -> bool:
        """Run all in one transaction; False, with nothing stored, when one raised its own error."""
        try:
            with self._engine.begin() as connection:
                for write in batch:
                    write.result = write.operation(connection)
        except exc.IntegrityError:
            return False
        except exc.SQLAlchemyError:
            # The disk is full, say: SQLite may have undone the whole transaction already.
            raise
        except Exception:
            return False
        return True

    def _run_apart(self, batch: list[_Write]) -> None:
        """Run each in a savepoint of its own, so that an error undoes only what it is about."""
        with self._engine.begin() as connection:
            for write in batch:
                _attempt(connection, write)


def _attempt(connection: Connection, write: _Write) -> None:
    try:
        with connection.begin_nested():
            write.result = write.operation(connection)
    except exc.IntegrityError as error:
        write.error = error
    except exc.SQLAlchemyError:
        raise
    except Exception as error:
        write.error = error
