"""A server killed in the middle: zero acknowledged answers lost, zero doubled."""

import json
import sys
from collections import Counter
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
import small_study as small
from sqlalchemy import select

from listening_app.store import Answer
from listening_app.store.models import TRIAL_ANSWERS

WRITERS = Path(small.__file__).with_name("writers.py")
ACKNOWLEDGED_BEFORE_THE_KILL = 300


def killed_in_the_middle(folder, database_url):
    """What was acknowledged until SIGKILL: rater, position, uuid, score."""
    with Popen([sys.executable, WRITERS, folder, database_url or ""], stdout=PIPE) as server:
        lines = [server.stdout.readline() for _ in range(ACKNOWLEDGED_BEFORE_THE_KILL)]
        server.kill()
        lines += server.stdout.readlines()
    assert server.returncode == -9
    whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return [(int(rater), int(position), uuid, int(score)) for rater, position, uuid, score in whole]


def stored(store):
    rows = store.database.read(lambda connection: connection.execute(select(TRIAL_ANSWERS)).all())
    return {
        (row.session, row.position): (row.uuid, json.loads(row.given)["score"]) for row in rows
    }, len(rows)


@pytest.mark.slow
def test_sigkill_in_the_middle_of_20_writers_loses_and_doubles_nothing(
    open_store, tmp_path, database_url
):
    folder = tmp_path / "killed"
    acknowledged = killed_in_the_middle(folder, database_url)
    raters = Counter(rater for rater, *_ in acknowledged)
    assert len(raters) == 20
    assert len(acknowledged) < 20 * 202

    store = open_store(small.make_study(folder, sheets=20, trials=200))
    found, rows = stored(store)
    sessions = {rater: store.join("local", f"rater {rater}") for rater in range(20)}
    for rater, position, uuid, score in acknowledged:
        assert found[sessions[rater].session, position] == (uuid, score)
    # Not acknowledged, and stored all the same: at most the one that each rater had under way.
    assert rows - len(acknowledged) <= 20
    for rater, state in sessions.items():
        assert raters[rater] + 1 <= state.position <= raters[rater] + 2

    # Browsers send everything again that they are not sure of: nothing is doubled.
    for rater, position, uuid, score in acknowledged:
        store.save_answer(sessions[rater].session, Answer(position, uuid, {"score": score}))
    assert stored(store) == (found, rows)
    small.finish(store, sessions[0])
    assert stored(store)[1] == rows + 202 - (sessions[0].position - 1)
