"""A computer's clock that jumps, and a server that was down, end no active lease."""

import pytest
import small_study as small
from sqlalchemy import select

from listening_app.store import StudyFull
from listening_app.store.models import STUDY

DAY = 86_400


def lease_clock(store):
    statement = select(STUDY.c.lease_clock)
    return store.database.read(lambda connection: connection.execute(statement).scalar_one())


@pytest.mark.parametrize("jump", [DAY, -DAY, 365 * DAY, -365 * DAY])
def test_a_clock_that_jumps_ends_no_active_lease_and_loses_nothing(store, clock, jump):
    active = small.to_trials(store)
    store.save_answer(active.session, small.answer(1))
    clock.now += jump
    assert store.expire() == 0
    assert store.join("local", "next").sheet != active.sheet
    store.save_answer(active.session, small.answer(2))
    assert store.state(active.session).outcome == "active"
    assert store.counts().answers == 2


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_silent_raters_lose_their_sheet_also_after_a_jump(store, clock, jump):
    small.to_trials(store)
    clock.now += jump
    store.expire()
    small.pass_time(store, clock, 61)
    assert store.counts().outcomes == {"dropped": 1}


def test_answers_are_stored_while_the_clock_goes_to_and_fro(store, clock):
    state = small.to_trials(store)
    for position in range(1, state.trials + 1):
        clock.now += DAY if position % 2 else -2 * DAY
        store.expire()
        store.save_answer(state.session, small.answer(position))
    assert store.complete(state.session)


def test_after_a_night_without_the_server_every_rater_finds_the_sheet(open_store, study, clock):
    store = open_store(study)
    sheets = {rater: store.join("local", rater).sheet for rater in "abcdef"}
    store.close()
    clock.now += 9 * 3600
    again = open_store(study)
    with pytest.raises(StudyFull):
        again.join("local", "late")
    assert {rater: again.join("local", rater).sheet for rater in "abcdef"} == sheets


def test_the_lease_clock_keeps_time_while_somebody_looks(store, clock):
    before = lease_clock(store)
    small.pass_time(store, clock, 30)
    assert lease_clock(store) - before == pytest.approx(1800)


def test_servers_whose_clocks_differ_by_seconds_do_not_speed_it_up(store, clock):
    before = lease_clock(store)
    for second in range(100):
        clock.now += 1 + (5 if second % 2 else -5)  # two servers take turns, 5 s apart
        store.expire()
        clock.now -= 5 if second % 2 else -5
    assert lease_clock(store) - before < 106


def test_looking_twice_at_one_instant_is_looking_once(store, clock):
    clock.now += 10
    store.expire()
    before = lease_clock(store)
    store.expire()
    assert lease_clock(store) == before
