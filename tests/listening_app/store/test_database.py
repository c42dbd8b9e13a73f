"""Databases that cannot be used: one line that says why, nothing half stored, and on again."""

import os
import resource
import sqlite3
from contextlib import contextmanager

import pytest
import small_study as small
from sqlalchemy.exc import OperationalError

from listening_app.store import Store, StoreUnavailable, database
from sing.errors import SingError


@pytest.fixture
def sqlite_store(study, clock, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with Store(study, None, clock) as store:
        yield store


def unavailable(call, *arguments):
    """The message of StoreUnavailable, which must be one line."""
    with pytest.raises(StoreUnavailable) as error:
        call(*arguments)
    message = str(error.value)
    assert "\n" not in message
    return message


@contextmanager
def files_no_larger_than(size):
    """A disk that is full: files cannot grow beyond `size` bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_said_and_the_same_answer_is_stored_when_there_is_room(sqlite_store, study):
    state = small.to_trials(sqlite_store)
    sqlite_store.save_answer(state.session, small.answer(1))
    answer = small.answer(2, comment="c" * 4000)
    with files_no_larger_than((study.folder / "study.db-wal").stat().st_size):
        message = unavailable(sqlite_store.save_answer, state.session, answer)
    assert message.endswith("free some space on the disk")
    assert sqlite_store.state(state.session).position == 2
    assert sqlite_store.save_answer(state.session, answer).position_next == 3
    assert sqlite_store.counts().answers == 2


def test_a_database_that_another_program_locks_is_said(sqlite_store, study):
    state = small.to_trials(sqlite_store)
    other = sqlite3.connect(study.folder / "study.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = small.answer(1)
    assert "database is locked" in unavailable(sqlite_store.save_answer, state.session, answer)
    assert sqlite_store.state(state.session).position == 1  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    assert sqlite_store.save_answer(state.session, answer).position_next == 2


def test_no_answer_goes_into_a_file_that_was_moved_away(sqlite_store, study):
    state = small.to_trials(sqlite_store)
    path = study.folder / "study.db"
    path.rename(study.folder / "moved.db")
    answer = small.answer(1)
    assert "put it back" in unavailable(sqlite_store.save_answer, state.session, answer)
    path.write_bytes(b"")
    assert "put it back" in unavailable(sqlite_store.state, state.session)
    os.replace(study.folder / "moved.db", path)
    assert sqlite_store.save_answer(state.session, answer).position_next == 2


def test_a_file_that_is_no_database_is_said(study, clock):
    (study.folder / "secret.key").write_text("00" * 32)
    (study.folder / "study.db").write_text("these are not the bytes of a database" * 100)
    assert "not a database" in unavailable(Store, study, None, clock)


def test_a_folder_that_is_missing_is_said(study, clock):
    url = f"sqlite:///{study.folder}/missing/study.db"
    assert "unable to open" in unavailable(Store, study, url, clock)


class SerializationFailure(Exception):
    """What psycopg raises when PostgreSQL undoes a transaction in favour of another."""


@pytest.mark.parametrize("way", ["read", "write"])
def test_what_was_undone_for_another_is_tried_three_times(sqlite_store, way):
    calls = []

    def operation(connection):
        calls.append(way)
        if len(calls) < 3 or len(calls) > 3:
            raise OperationalError("SELECT", {}, SerializationFailure())
        return "done"

    run = getattr(sqlite_store.database, way)
    assert run(operation) == "done"
    assert "too many at once; try again" in unavailable(run, operation)
    assert len(calls) == 6


def test_what_is_acknowledged_survives_a_power_cut(sqlite_store):  # sqlite.org/pragma.html
    pragma = sqlite_store.database.read(
        lambda connection: [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("synchronous", "journal_mode", "secure_delete", "foreign_keys")
        ]
    )
    assert pragma == [2, "wal", 1, 1]  # 2 is FULL


@pytest.mark.postgres
def test_a_postgres_server_that_stops_is_said_and_works_when_it_is_back(
    postgres, postgres_url, study, clock
):
    with Store(study, postgres_url, clock) as store:
        state = small.to_trials(store)
        store.save_answer(state.session, small.answer(1))
        answer = small.answer(2)
        postgres.stop()
        try:
            assert "rater@" in unavailable(store.save_answer, state.session, answer)
        finally:
            postgres.start()
        assert store.save_answer(state.session, answer).position_next == 3
        assert store.counts().answers == 2


@pytest.mark.postgres
def test_a_postgres_connection_cut_while_idle_is_not_noticed(postgres_url, study, clock):
    with Store(study, postgres_url, clock) as store:
        state = small.to_trials(store)
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        with Store(study, postgres_url, clock) as other:
            other.database.write(lambda connection: connection.exec_driver_sql(cut))
        assert store.save_answer(state.session, small.answer(1)).position_next == 2


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://rater:hunter2@localhost/study",
        "postgresql://rater:hunter2@localhost:port/study",
        "postgresql://rater:hunter2@localhost",
        "postgresql+asyncpg://rater:hunter2@localhost/study",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://rater:hunter2@127.0.0.1:1/study",
        "oracle+nothing://rater:hunter2@localhost/study",
    ],
)
def test_a_wrong_database_url_is_one_line_without_the_password(study, clock, url):
    with pytest.raises(SingError) as error:
        Store(study, url, clock)
    message = str(error.value)
    assert "\n" not in message
    assert "; " in message
    assert "hunter2" not in message


def test_one_operation_that_fails_undoes_no_other(store):
    state = small.to_trials(store)

    def half(connection):
        connection.exec_driver_sql("UPDATE sessions SET position = 99")
        raise KeyError("on the way")

    with pytest.raises(KeyError):
        store.database.write(half)
    assert store.state(state.session).position == 1
