import pytest
import small_study as small


def test_counts_of_a_study_nobody_took_are_zero(store):
    counts = store.counts()
    assert (counts.answers, counts.sheets, counts.sheets_completed, counts.sheets_held) == (
        0,
        6,
        0,
        0,
    )
    assert counts.outcomes == {}
    assert (counts.median_trial_seconds, counts.headphones.antiphase, counts.first_at) == (
        None,
    ) * 3
    assert [(item.filled, item.held, item.needed) for item in counts.items] == [(0, 0, 2)] * 8
    assert counts.filled_share == 0


def test_counts_tell_drop_outs_times_headphones_and_pace(store, clock):
    start = clock.now
    done = small.to_trials(store, "done", headphones={"antiphase_hits": 6, "huggins_hits": 2})
    small.to_trials(store, "left", headphones={"antiphase_hits": 3, "huggins_hits": 4})
    store.join("local", "looked")
    clock.now += 600
    for position, seconds in enumerate((1, 2, 30, 4, 5, 6), start=1):
        store.save_answer(done.session, small.answer(position, seconds=seconds))
    for _ in range(70):
        clock.now += 60
        store.expire()
    small.to_trials(store, "now", headphones={"antiphase_hits": 5, "huggins_hits": 6})
    counts = store.counts()
    assert counts.outcomes == {"active": 1, "complete": 1, "dropped": 2}
    assert counts.stages_left == {"consent": 1, "trials": 1}
    assert counts.answers == 6
    assert counts.median_trial_seconds == pytest.approx(4.5)
    assert counts.median_session_minutes == pytest.approx(10)
    assert counts.headphones.tested == 3
    assert counts.headphones.antiphase == pytest.approx(2 / 3)
    assert counts.headphones.huggins == pytest.approx(1 / 3)
    assert counts.headphones.either == pytest.approx(2 / 3)
    assert (counts.joined_last_hour, counts.completed_last_hour) == (1, 0)
    assert counts.completed_per_hour == pytest.approx(3600 / (clock.now - start))
    # Only main trials of finished sheets fill: s0000 has half of the stimuli.
    assert sorted((item.filled, item.held) for item in counts.items) == [(0, 1)] * 4 + [(1, 0)] * 4
    assert counts.filled_share == pytest.approx(4 / 16)


def test_counts_hold_the_cost_of_finished_sessions(open_store, tmp_path):
    study = small.make_study(tmp_path / "paid", pay={"amount": 2.5, "currency": "GBP"})
    store = open_store(study)
    for rater in "ab":
        small.finish(store, small.to_trials(store, rater))
    small.to_trials(store, "c")
    assert (store.counts().cost, store.counts().currency) == (5.0, "GBP")


def test_counts_never_hold_a_score(store):
    def seen(score):
        state = small.to_trials(store, f"rater {score}")
        for position in range(1, state.trials + 1):
            store.save_answer(state.session, small.answer(position, values={"score": score}))
        counts = repr(store.counts())
        store.erase(f"rater {score}")
        return counts

    assert seen(1) == seen(5)


@pytest.mark.parametrize(
    ("test", "items"),
    [
        ("mos", ["noise bass_synthetic_000-040-100", "sing bass_synthetic_000-040-100"]),
        ("ab", ["noise-vs-sing bass_synthetic_000-040-100"]),
        ("preference", ["noise-vs-sing bass_synthetic_000-040-100"]),
        ("abx", ["noise-vs-sing bass_synthetic_000-040-100"]),
        ("cmos", ["noise-vs-sing bass_synthetic_000-040-100"]),
        ("mushra", ["bass_synthetic_000-040-100"]),
    ],
)
def test_what_is_counted_is_what_gets_so_many_ratings(open_store, tmp_path, test, items):
    store = open_store(small.make_study(tmp_path / "s", test, trials=1))
    assert sorted(item.item for item in store.counts().items) == items
