import sqlite3
import threading

import pytest
import small_study as small
from sqlalchemy import func, select

from listening_app.store import Store, StoreUnavailable, UnknownSession, database
from listening_app.store.models import METADATA


def rows(store):
    def count(connection):
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
            if table.name not in ("study", "sheets")
        }

    return store.database.read(count)


@pytest.mark.parametrize("by_hash", [False, True])
def test_every_row_of_a_rater_goes_and_no_other(store, by_hash):
    kept = small.to_trials(store, "kept")
    small.finish(store, kept)
    before = rows(store)
    gone = small.to_trials(store, "gone")
    small.finish(store, gone)
    erased = store.erase(gone.participant if by_hash else "gone")
    assert erased.participants == (gone.participant,)
    assert (erased.trial_answers, erased.question_answers) == (gone.trials, 1)
    assert rows(store) == before
    with pytest.raises(UnknownSession):
        store.state(gone.session)
    assert store.complete(kept.session)


def test_the_sheet_of_an_erased_rater_is_given_out_again(store):
    gone = small.to_trials(store, "gone")
    small.finish(store, gone)
    assert store.counts().sheets_completed == 1
    store.erase("gone")
    assert store.counts().sheets_completed == 0
    assert store.join("local", "next").sheet == gone.sheet


def test_a_rater_who_is_active_can_be_erased(store):
    state = small.to_trials(store, "gone")
    store.erase("gone", "local")
    assert store.counts().sheets_held == 0
    with pytest.raises(UnknownSession):
        store.save_answer(state.session, small.answer(1))


def test_only_the_named_platform_is_searched(store):
    store.join("prolific", "same")
    assert store.erase("same", "local").participants == ()
    assert len(store.erase("same", "prolific").participants) == 1


def test_a_rater_is_found_after_the_identity_was_deleted(store):
    store.join("local", "rater")
    assert store.forget_identities("all") == 1
    assert len(store.erase("rater").participants) == 1


def test_bytes_that_a_reader_keeps_in_the_log_are_said_and_go_later(
    store, study, database_url, monkeypatch
):
    if database_url is not None:
        pytest.skip("PostgreSQL's own vacuum removes deleted rows")
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    small.to_trials(store, "Rumpelstiltskin")
    reader = sqlite3.connect(study.folder / "study.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM recruits").fetchall()
    with pytest.raises(StoreUnavailable, match=r"its log still has the bytes.*study status"):
        store.erase("Rumpelstiltskin")
    assert not store.is_known("Rumpelstiltskin")
    log = study.folder / "study.db-wal"
    assert b"Rumpelstiltskin" in log.read_bytes() + (study.folder / "study.db").read_bytes()
    store.close()
    reader.close()
    Store(study).close()  # as any command does
    files = b"".join(path.read_bytes() for path in study.folder.glob("study.db*"))
    assert b"Rumpelstiltskin" not in files


def test_a_reader_who_is_done_soon_is_waited_for(store, study, database_url):
    if database_url is not None:
        pytest.skip("PostgreSQL's own vacuum removes deleted rows")
    small.to_trials(store, "Rumpelstiltskin")
    reader = sqlite3.connect(
        study.folder / "study.db", isolation_level=None, check_same_thread=False
    )
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM recruits").fetchall()
    timer = threading.Timer(0.3, reader.close)
    timer.start()
    store.erase("Rumpelstiltskin")
    timer.join()
    assert (study.folder / "study.db-wal").stat().st_size == 0


def test_nothing_of_an_erased_rater_is_left_in_sqlite_files(store, study, database_url):
    if database_url is not None:
        pytest.skip("PostgreSQL's own vacuum removes deleted rows")
    state = small.to_trials(store, "Rumpelstiltskin", questions={"remark": "I am Zaphod"})
    store.save_answer(state.session, small.answer(1, comment="Heart of Gold"))
    words = (b"Rumpelstiltskin", b"Zaphod", b"Heart of Gold")

    def bytes_on_disk():
        return b"".join(path.read_bytes() for path in study.folder.glob("study.db*"))

    assert all(word in bytes_on_disk() for word in words)
    store.erase("Rumpelstiltskin")
    assert not any(word in bytes_on_disk() for word in words)
