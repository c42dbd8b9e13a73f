import threading

import pytest
import small_study as small

from listening_app.store import Conflict, InvalidAnswer, NotFinished, OutOfOrder


def test_the_same_answer_sent_again_is_stored_once(store):
    state = small.to_trials(store)
    first = small.answer(1)
    assert store.save_answer(state.session, first).position_next == 2
    assert store.save_answer(state.session, first).position_next == 2
    store.save_answer(state.session, small.answer(2))
    assert store.save_answer(state.session, first).position_next == 3
    assert store.counts().answers == 2


def test_another_answer_to_an_answered_trial_is_refused_with_the_stored_one(store):
    state = small.to_trials(store)
    first = small.answer(1, values={"score": 2}, comment="a hum")
    store.save_answer(state.session, first)
    with pytest.raises(Conflict) as conflict:
        store.save_answer(state.session, small.answer(1, values={"score": 5}))
    assert conflict.value.stored == first
    assert conflict.value.position == 2


def test_an_answer_out_of_order_is_refused(store):
    state = small.to_trials(store)
    with pytest.raises(OutOfOrder) as wrong:
        store.save_answer(state.session, small.answer(3))
    assert wrong.value.position == 1
    assert store.counts().answers == 0


def test_two_tabs_that_answer_at_once_store_one_answer(store):
    state = small.to_trials(store)
    barrier = threading.Barrier(10)
    stored, refused = [], []

    def answer_it(score):
        barrier.wait()
        try:
            store.save_answer(state.session, small.answer(1, values={"score": score}))
            stored.append(score)
        except Conflict as conflict:
            refused.append(conflict.stored.values["score"])

    threads = [threading.Thread(target=answer_it, args=(1 + n % 5,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored) == 1
    assert refused == stored * 9
    assert store.counts().answers == 1


def test_the_code_comes_with_the_last_answer_and_stays_the_same(store):
    state = small.to_trials(store)
    for position in range(1, state.trials):
        assert not store.save_answer(state.session, small.answer(position)).is_done
    with pytest.raises(NotFinished) as early:
        store.complete(state.session)
    assert early.value.position == state.trials
    assert store.state(state.session).code is None
    assert store.save_answer(state.session, small.answer(state.trials)).is_done
    assert store.complete(state.session) == store.complete(state.session)
    assert store.state(state.session).code == store.complete(state.session)


def test_nothing_can_be_answered_after_the_end(store):
    state = small.to_trials(store)
    small.finish(store, state)
    with pytest.raises(InvalidAnswer):
        store.save_answer(state.session, small.answer(state.trials + 1))
    with pytest.raises(Conflict):
        store.save_answer(state.session, small.answer(state.trials))


@pytest.mark.parametrize(
    ("test", "values"),
    [
        ("mos", {}),
        ("mos", {"score": 0}),
        ("mos", {"score": 6}),
        ("mos", {"score": 3.5}),
        ("mos", {"score": "3"}),
        ("mos", {"score": True}),
        ("mos", {"score": 3, "more": 1}),
        ("mos", {"choice": "A"}),
        ("cmos", {"score": -4}),
        ("preference", {"choice": "X"}),
        ("preference", {"choice": ["A"]}),
        ("abx", {"choice": "X"}),
        ("ab", {"choice": "a"}),
        ("mushra", {"S1": 1, "S2": 2}),
        ("mushra", {"S1": 1, "S2": 2, "S3": 101}),
        ("mushra", {"S1": 1, "S2": 2, "S3": float("nan")}),
        ("mushra", {"S1": 1, "S2": 2, "S3": 3, "REF": 100}),
    ],
)
def test_an_answer_that_the_trial_cannot_have_is_refused(open_store, tmp_path, test, values):
    store = open_store(small.make_study(tmp_path / "s", test))
    state = small.to_trials(store)
    with pytest.raises(InvalidAnswer):
        store.save_answer(state.session, small.answer(1, test, values=values))
    assert store.state(state.session).position == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"uuid": "short"},
        {"uuid": "x" * 65},
        {"uuid": "../../../../etc"},
        {"uuid": None},
        {"plays": -1},
        {"plays": True},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"listened_seconds": -0.5},
        {"listened_seconds": "4"},
    ],
)
def test_malformed_answers_are_refused(store, changes):
    state = small.to_trials(store)
    with pytest.raises(InvalidAnswer):
        store.save_answer(state.session, small.answer(1, **changes))
    assert store.save_answer(state.session, small.answer(1)).position_next == 2


def test_one_uuid_is_one_answer(store):
    state = small.to_trials(store)
    first = small.answer(1)
    store.save_answer(state.session, first)
    with pytest.raises(InvalidAnswer, match="trial 1"):
        store.save_answer(state.session, small.answer(2, uuid=first.uuid))


def test_another_rater_may_use_the_same_uuid(store):
    first, second = small.to_trials(store, "first"), small.to_trials(store, "second")
    same = small.answer(1)
    store.save_answer(first.session, same)
    assert store.save_answer(second.session, same).position_next == 2


def test_numbers_beyond_belief_are_cut_and_comments_cleaned(store):
    state = small.to_trials(store)
    sent = small.answer(1, plays=10**30, seconds=10**400, comment="a\x00b\ud800" + "c" * 9999)
    store.save_answer(state.session, sent)
    with pytest.raises(Conflict) as conflict:
        store.save_answer(state.session, small.answer(1))
    stored = conflict.value.stored
    assert (stored.plays, stored.seconds) == (100_000, 10_000_000)
    assert stored.comment.startswith("ab?ccc")
    assert len(stored.comment) < 4_001
