import small_study as small


def test_recruits_are_what_paying_needs(store):
    small.finish(store, small.to_trials(store, "done"))
    store.join("prolific", "5f0c", "en", {"STUDY_ID": "s1", "SESSION_ID": "x"})
    done, joined = sorted(store.recruits(), key=lambda recruit: recruit.platform)
    assert (done.identity, done.platform, done.outcome) == ("done", "local", "complete")
    assert done.code == store.complete(done.session)
    assert done.finished_at is not None
    assert (joined.identity, joined.outcome, joined.code) == ("5f0c", "active", None)
    assert joined.details == {"STUDY_ID": "s1", "SESSION_ID": "x"}


def test_paid_identities_are_forgotten_and_answers_stay(store):
    for rater in ("paid", "unpaid"):
        small.finish(store, small.to_trials(store, rater))
    session = next(each.session for each in store.recruits() if each.identity == "paid")
    assert store.mark_paid([session]) == 1
    assert store.mark_paid([session]) == 0
    assert store.forget_identities() == 1
    assert [each.identity for each in store.recruits()] == ["unpaid"]
    assert store.counts().outcomes == {"complete": 2}
