"""Writes that are committed together, and one among them that breaks a rule of the database."""

import threading

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from waiting import wait_until

from listening_app.store.group_commit import GroupCommit


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/numbers.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
    yield engine
    engine.dispose()


def insert(number):
    return lambda connection: connection.exec_driver_sql(f"INSERT INTO numbers VALUES ({number})")


def test_of_writes_together_one_that_breaks_a_rule_fails_alone(engine):
    commits, first_may_end = GroupCommit(engine), threading.Event()
    errors = {}

    def run(name, operation):
        try:
            commits.run(operation)
        except Exception as error:
            errors[name] = type(error)

    def wait(connection):
        insert(1)(connection)
        first_may_end.wait(30)

    threads = [threading.Thread(target=run, args=("first", wait))]
    threads[0].start()
    wait_until(lambda: commits._turn.locked() and not commits._waiting, 10)
    for name, number in (("good", 2), ("double", 1), ("fine", 3)):
        threads.append(threading.Thread(target=run, args=(name, insert(number))))
        threads[-1].start()
    wait_until(lambda: len(commits._waiting) == 3, 10)
    first_may_end.set()
    for thread in threads:
        thread.join()
    assert errors == {"double": IntegrityError}
    with engine.begin() as connection:
        kept = connection.exec_driver_sql("SELECT n FROM numbers ORDER BY n").scalars().all()
    assert kept == [1, 2, 3]
