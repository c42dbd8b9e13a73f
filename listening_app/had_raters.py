"""Whether raters have begun a study, so that a build must not replace what they heard.

Answers are in study.db, in an export, or in the database that DATABASE_URL names. A build that is
not told of that database cannot know of it; the server then refuses to serve another build on it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, select

from listening_app.store.database import Database, database_url
from listening_app.store.models import SESSIONS, STUDY
from listening_app.study import DATABASE, fingerprint, read_build
from sing import files
from sing.errors import SingError


def had_raters(folder: Path, url: str | None = None) -> str:
    """Where it says that a rater has begun; empty if nowhere.

    `url` is that of a database, as in DATABASE_URL. Raises SingError when it, or study.db, cannot
    be asked.
    """
    if any(map(_has_rows, (folder / "export").glob("*.csv"))):
        return "export/"
    if _has_sessions(folder / DATABASE):
        return DATABASE
    if url and _has_sessions_at(url, folder):
        return "the database that DATABASE_URL or --database-url names"
    return ""


def _has_rows(path: Path) -> bool:
    """Of an exported table, which has its header always."""
    try:
        return len(path.read_bytes().strip().splitlines()) > 1
    except OSError as error:
        raise files.readable(error, path) from None


def _has_sessions(path: Path) -> bool:
    """Of study.db, which may be anything: it is opened for reading only."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if ("sessions",) not in tables.fetchall():
                return False
            return database.execute("SELECT 1 FROM sessions LIMIT 1").fetchone() is not None
    except sqlite3.Error as error:
        raise SingError(
            f"{path}: cannot be read ({error}); move it away if it is not needed"
        ) from None


def _has_sessions_at(url: str, folder: Path) -> bool:
    """Of the database at an address, if it holds the build that is in the folder."""
    address = database_url(url, folder)
    if address.get_backend_name() == "sqlite":
        return _has_sessions(Path(str(address.database)))
    built = fingerprint(read_build(folder))

    def operation(connection: Connection) -> bool:
        if not {STUDY.name, SESSIONS.name} <= set(inspect(connection).get_table_names()):
            return False
        is_this_build = connection.execute(select(STUDY.c.fingerprint)).scalar() == built
        return is_this_build and connection.execute(select(SESSIONS).limit(1)).first() is not None

    database = Database(address)
    try:
        return database.read(operation)
    finally:
        database.close()
