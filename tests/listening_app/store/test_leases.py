import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
import small_study as small

from listening_app.store import AlreadyDone, StudyFull

RACER = Path(small.__file__).with_name("racer.py")
MINUTE = 60
RACERS = 50


def test_sheets_are_given_in_order_and_surplus_sheets_last(store):
    # 8 stimuli x 2 ratings / 4 trials: four sheets are needed, two more are surplus.
    sheets = [store.join("local", f"rater {number}").sheet for number in range(6)]
    assert sheets == ["s0000", "s0001", "s0002", "s0003", "s0004", "s0005"]


def test_the_least_filled_stimuli_come_first(store, clock):
    first = store.join("local", "first")  # s0000: one half of the stimuli
    small.to_trials(store, "second")  # s0001: the other half
    small.pass_time(store, clock, 61)  # both are silent, s0000 and s0001 are free again
    small.finish(store, small.to_trials(store, "third"))  # s0000 once more
    with_other_half = store.join("local", "fourth")
    assert first.sheet == "s0000"
    assert with_other_half.sheet == "s0001"


def test_the_study_is_full_for_good_when_every_stimulus_has_its_ratings(store):
    for number in range(4):
        small.finish(store, small.to_trials(store, f"rater {number}"))
    with pytest.raises(StudyFull) as full:
        store.join("local", "late")
    assert full.value.is_final
    assert {(item.filled, item.needed) for item in store.counts().items} == {(2, 2)}


def test_the_study_is_full_for_now_when_every_sheet_has_a_rater(store, clock):
    for number in range(6):
        store.join("local", f"rater {number}")
    with pytest.raises(StudyFull) as full:
        store.join("local", "late")
    assert not full.value.is_final
    small.pass_time(store, clock, 61)
    assert store.join("local", "late").sheet == "s0000"


def test_refused_raters_do_not_keep_silent_ones_from_losing_their_sheets(store, clock):
    # Nobody calls expire here: the refused raters' own visits move the lease clock on.
    for number in range(6):
        store.join("local", f"rater {number}")
    refused = 0
    for _ in range(70):
        clock.now += MINUTE
        try:
            store.join("local", "late")
        except StudyFull:
            refused += 1
        else:
            break
    assert 60 <= refused <= 62


def test_a_rater_who_goes_on_answering_keeps_the_sheet(store, clock):
    state = small.to_trials(store)
    for position in range(1, state.trials):
        small.pass_time(store, clock, 59)
        store.save_answer(state.session, small.answer(position))
    assert store.counts().outcomes == {"active": 1}


def test_a_late_rater_gets_the_same_sheet_back_if_nobody_has_it(store, clock):
    state = small.to_trials(store)
    store.save_answer(state.session, small.answer(1))
    small.pass_time(store, clock, 61)
    assert store.state(state.session).outcome == "dropped"
    assert store.counts().sheets_held == 0
    again = store.join("local", "rater")
    assert (again.session, again.position, again.outcome) == (state.session, 2, "active")
    assert store.join("local", "next").sheet != state.sheet


def test_a_late_rater_whose_sheet_was_given_away_finishes_all_the_same(store, clock):
    late = small.to_trials(store, "late")
    store.save_answer(late.session, small.answer(1))
    small.pass_time(store, clock, 61)
    heir = small.to_trials(store, "heir")
    assert heir.sheet == late.sheet
    for position in range(2, late.trials + 1):
        store.save_answer(late.session, small.answer(position))
    assert store.complete(late.session)
    assert store.counts().sheets_held == 1  # the heir keeps the sheet
    assert small.finish(store, heir) != store.complete(late.session)
    counts = store.counts()
    assert counts.outcomes == {"complete": 2}
    assert counts.sheets_completed == 1
    assert sorted({item.filled for item in counts.items}) == [0, 2]


def test_a_late_rater_may_come_back_when_the_study_is_full(store, clock):
    small.to_trials(store, "late")
    small.pass_time(store, clock, 61)
    for number in range(4):
        small.finish(store, small.to_trials(store, f"rater {number}"))
    assert small.finish(store, store.join("local", "late"))


def test_after_the_end_the_same_rater_is_told_so_with_the_code(store):
    code = small.finish(store, small.to_trials(store))
    with pytest.raises(AlreadyDone) as done:
        store.join("local", "rater")
    assert done.value.state.code == code


def test_two_raters_at_the_same_instant_never_get_the_same_sheet(open_store, tmp_path):
    store = open_store(small.make_study(tmp_path / "race", sheets=RACERS - 10, lease_minutes=5))
    barrier = threading.Barrier(RACERS)
    got, refused = [], []

    def race(number):
        barrier.wait()
        try:
            got.append(store.join("local", f"rater {number}").sheet)
        except StudyFull:
            refused.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(store.plan.items)
    assert len(refused) == 10


def test_one_rater_in_many_tabs_at_the_same_instant_gets_one_session(store):
    barrier = threading.Barrier(20)
    sessions = []

    def open_tab():
        barrier.wait()
        sessions.append(store.join("local", "rater").session)

    threads = [threading.Thread(target=open_tab) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 20
    assert len(set(sessions)) == 1
    assert store.counts().sheets_held == 1


@pytest.mark.slow
def test_processes_that_start_together_never_get_the_same_sheet(database_url, tmp_path):
    # Each process opens the database itself: the first of them makes it.
    folder = tmp_path / "race"
    command = [sys.executable, RACER, folder, database_url or ""]
    with ExitStack() as stack:
        racers = [
            stack.enter_context(Popen([*command, str(number)], stdin=PIPE, stdout=PIPE))
            for number in range(4)
        ]
        for racer in racers:
            assert racer.stdout.readline() == b"ready\n"
        for racer in racers:
            racer.stdin.close()  # the start: 4 processes with 10 threads each, for 30 sheets
        sheets = [line for racer in racers for line in racer.stdout.read().decode().split()]
        assert [racer.wait(30) for racer in racers] == [0] * 4
    assert sheets.count("full") == 10
    assert len(set(sheets)) == 31
