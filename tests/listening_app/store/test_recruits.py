import pytest
import small_study as small

from listening_app.store import AlreadyDone


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


def submission(store):
    return {each.identity: each.details.get("SESSION_ID") for each in store.recruits()}


def test_the_submission_of_the_last_visit_is_paid_until_it_is_paid(store):
    """On Prolific, whose time ran out takes part again: a new SESSION_ID for the same rater."""
    first = store.join("prolific", "5f0c", "en", {"SESSION_ID": "sub1"})
    assert store.join("prolific", "5f0c", "en", {"SESSION_ID": "sub2"}).session == first.session
    assert submission(store) == {"5f0c": "sub2"}
    store.join("prolific", "5f0c")  # nothing new
    for stage in ("consent", "questions", "sound", "headphones"):
        data = {"given": True} if stage == "consent" else {}
        state = store.record_stage(first.session, stage, data)
    small.finish(store, state)
    with pytest.raises(AlreadyDone):
        store.join("prolific", "5f0c", "en", {"SESSION_ID": "sub3"})
    assert submission(store) == {"5f0c": "sub3"}
    store.mark_paid([first.session])
    with pytest.raises(AlreadyDone):
        store.join("prolific", "5f0c", "en", {"SESSION_ID": "sub4"})
    assert submission(store) == {"5f0c": "sub3"}


def test_after_the_study_only_those_who_are_to_be_paid_are_known(store):
    for rater in ("paid", "unpaid"):
        small.finish(store, small.to_trials(store, rater))
    away = small.to_trials(store, "away")
    store.mark_paid([each.session for each in store.recruits() if each.identity == "paid"])
    assert store.forget_identities("not owed") == 2
    assert [each.identity for each in store.recruits()] == ["unpaid"]
    assert store.join("local", "away").session == away.session
    assert sorted(each.identity for each in store.recruits()) == ["away", "unpaid"]
    assert store.forget_identities("all") == 2
