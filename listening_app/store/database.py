"""The study's database: SQLite in WAL mode, or PostgreSQL, behind two methods, read and write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from listening_app.store.errors import StoreUnavailable
from listening_app.store.group_commit import GroupCommit
from listening_app.study import DATABASE
from sing.errors import SingError

Result = TypeVar("Result")
Operation = Callable[[Connection], Result]

BUSY_SECONDS = 5
"""How long a writer waits for another process before it says that the database is locked."""

_ATTEMPTS = 3
_HASTY_SECONDS = 0.2
_RETRIED = ("SerializationFailure", "DeadlockDetected", "AdminShutdown")
_FAULTS = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.InternalError,
    exc.TimeoutError,
    exc.DatabaseError,
)


_NAMED = "--database-url (or DATABASE_URL)"


def database_url(text: str | None, folder: Path) -> URL:
    """The database's address: `text` (DATABASE_URL), or study.db in the study's folder.

    Raises SingError for an address that is no SQLite or PostgreSQL database.
    """
    if not text:
        return URL.create("sqlite", database=str(folder.resolve() / DATABASE))
    expected = "expected postgresql://USER:PASSWORD@HOST/NAME or sqlite:////PATH/study.db"
    try:
        url = make_url(text.replace("postgres://", "postgresql://", 1))
        backend = url.get_backend_name()
    except (exc.ArgumentError, ValueError):
        # The text is not shown: it may hold a password.
        raise SingError(f"{_NAMED}: not the address of a database; {expected}") from None
    if backend == "postgresql":
        if not (url.database and url.drivername in ("postgresql", "postgresql+psycopg")):
            raise SingError(f"{_NAMED}: no database named, or another driver; {expected}")
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not url.database or url.database == ":memory:":
        said = "SQLite without a file" if backend == "sqlite" else f"a database of {backend}"
        raise SingError(f"{_NAMED}: {said} cannot be used; {expected}")
    return url


class Database:
    """An open database. Operations are functions of a connection, run in one transaction.

    An operation may run more than once before it succeeds, so it must have no other effect.
    Raises StoreUnavailable when the database cannot be used; nothing of the operation is stored
    then. Exceptions of the operation itself undo it and pass through.
    """

    def __init__(self, url: URL) -> None:
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.where = str(url.database) if self.is_sqlite else url.render_as_string()
        self._engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        self._commits = GroupCommit(self._engine) if self.is_sqlite else None
        self._file: tuple[int, int] | None = None

    def write(self, operation: Operation[Result]) -> Result:
        """Run the operation alone: SQLite lets one write at a time, PostgreSQL locks rows."""

        def write() -> Result:
            result = self._written(operation)
            self._check_file()
            return result

        return self._attempted(write)

    def read(self, operation: Operation[Result]) -> Result:
        """Run an operation that only reads; all it reads is of one moment."""
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}

        def read() -> Result:
            with self._engine.connect().execution_options(begin="BEGIN", **level) as connection:
                return operation(connection)

        return self._attempted(read)

    def _attempted(self, run: Callable[[], Result]) -> Result:
        """What `run` gives, if need be at the third attempt."""
        for _ in range(_ATTEMPTS):
            try:
                with self._faults():
                    self._check_file()
                    return run()
            except _TryAgain:
                continue
        raise StoreUnavailable(f"{self.where}: too many at once; try again")

    def remember_file(self) -> None:
        """From now on notice when another file takes the place of the database."""
        if self.is_sqlite:
            self._file = _identity(self.where)

    def forget_deleted(self, is_patient: bool = True) -> bool:
        """Empty SQLite's log, which still has rows that were deleted; whether that was possible.

        It is not while somebody reads. Nobody can write while it is waited for, so that a server
        is to have no patience. Of PostgreSQL, its own vacuum and settings decide.
        """
        if not self.is_sqlite:
            return True
        attempts, seconds = (_ATTEMPTS, BUSY_SECONDS) if is_patient else (1, _HASTY_SECONDS)
        return any(self._empty_log(seconds) for _ in range(attempts))

    def _empty_log(self, seconds: float) -> bool:
        with self._faults(), self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {int(1000 * seconds)}")
            # Being busy is no error to SQLite, but the first column of its reply.
            is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {int(1000 * BUSY_SECONDS)}")
            cursor.close()
        return not is_busy

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def _written(self, operation: Operation[Result]) -> Result:
        if self._commits is not None:
            return self._commits.run(operation)
        with self._engine.begin() as connection:
            return operation(connection)

    def _check_file(self) -> None:
        """A deleted file can still be written to, and every answer in it would be lost."""
        if self._file is not None and _identity(self.where) != self._file:
            raise StoreUnavailable(
                f"{self.where}: the file was moved, deleted or replaced; put it back"
            )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except exc.IntegrityError:
            raise
        except exc.ProgrammingError as error:
            raise self._unavailable(error) from error
        except _FAULTS as error:
            if type(getattr(error, "orig", None)).__name__ in _RETRIED:
                raise _TryAgain from error
            raise self._unavailable(error) from error

    def _unavailable(self, error: exc.SQLAlchemyError) -> StoreUnavailable:
        cause = str(getattr(error, "orig", None) or error).strip()
        said = " ".join(cause.splitlines()[0].split()) if cause else type(error).__name__
        return StoreUnavailable(f"{self.where}: {said}; {_remedy(said)}")


class _TryAgain(Exception):
    """PostgreSQL undid the transaction in favour of another one."""


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _remedy(said: str) -> str:
    if "full" in said or "disk I/O" in said:
        return "free some space on the disk"
    if "locked" in said:
        return "end the other program that writes to it"
    if "unable to open" in said or "readonly" in said:
        return "check that its folder is there and may be written to"
    if "not a database" in said or "malformed" in said:
        return "restore the file from a copy"
    return "check that the database runs and that its address is right"


def _sqlite_engine(url: URL) -> Engine:
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None}
    engine = create_engine(url, connect_args=arguments, pool_size=16, max_overflow=48)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        # FULL: what was acknowledged survives a power cut, not only the end of the process. It
        # costs some milliseconds an answer (docs/guide/hosting.md).
        for pragma in (
            *(f"busy_timeout = {int(1000 * BUSY_SECONDS)}", "journal_mode = WAL"),
            *("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"),
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            connection.get_execution_options().get("begin", "BEGIN IMMEDIATE")
        )

    return engine


def _postgres_engine(url: URL) -> Engine:
    arguments = {
        "connect_timeout": BUSY_SECONDS,
        "tcp_user_timeout": 10_000,
        "options": f"-c lock_timeout={BUSY_SECONDS}s -c timezone=UTC",
    }
    try:
        return create_engine(
            url, connect_args=arguments, pool_pre_ping=True, pool_size=8, max_overflow=8
        )
    except ModuleNotFoundError:
        raise SingError(
            f"{_NAMED}: PostgreSQL needs psycopg; pip install 'sing-eval[postgres]'"
        ) from None
