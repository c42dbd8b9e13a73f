import pytest
import small_study as small

from listening_app.store import (
    AlreadyDone,
    InvalidAnswer,
    SessionClosed,
    UnknownSession,
    WrongStage,
)


def test_a_session_passes_its_stages_in_order(store):
    state = store.join("prolific", "5f0c", "de", {"STUDY_ID": "s1"})
    seen = [state.stage]
    for data in ({"given": True}, {"age": "31"}, {"device": "headphones"}, {"antiphase_hits": 2}):
        state = store.record_stage(state.session, state.stage, data)
        seen.append(state.stage)
    assert seen == ["consent", "questions", "sound", "headphones", "practice"]
    store.save_answer(state.session, small.answer(1))
    assert store.state(state.session).stage == "trials"
    for position in range(2, state.trials + 1):
        store.save_answer(state.session, small.answer(position))
    done = store.state(state.session)
    assert (done.stage, done.outcome, done.position) == ("done", "complete", state.trials + 1)
    assert (done.platform, done.language, done.device) == ("prolific", "de", "headphones")


def test_stages_that_the_study_does_not_have_are_left_out(open_store, tmp_path):
    study = small.make_study(tmp_path / "s", questions=[], headphones={"policy": "skip"})
    store = open_store(study)
    state = store.join("local", "rater")
    state = store.record_stage(state.session, "consent", {"given": True})
    assert state.stage == "sound"
    assert store.record_stage(state.session, "sound", {}).stage == "practice"


def test_a_stage_sent_again_changes_nothing(store):
    state = store.join("local", "rater")
    store.record_stage(state.session, "consent", {"given": True})
    again = store.record_stage(state.session, "consent", {"given": False})
    assert (again.stage, again.outcome) == ("questions", "active")


def test_no_stage_can_be_skipped(store):
    state = store.join("local", "rater")
    with pytest.raises(WrongStage) as wrong:
        store.record_stage(state.session, "sound", {})
    assert wrong.value.stage == "consent"
    with pytest.raises(WrongStage):
        store.save_answer(state.session, small.answer(1))
    with pytest.raises(WrongStage):
        store.record_stage(state.session, "trials", {})


@pytest.mark.parametrize("data", [{}, {"given": False}, {"given": "yes"}, {"given": 1}])
def test_without_consent_the_session_ends_and_the_sheet_is_free(store, data):
    state = store.join("local", "rater")
    ended = store.record_stage(state.session, "consent", data)
    assert (ended.stage, ended.outcome) == ("done", "no_consent")
    assert store.counts().sheets_held == 0
    with pytest.raises(SessionClosed):
        store.record_stage(state.session, "questions", {})
    with pytest.raises(SessionClosed):
        store.save_answer(state.session, small.answer(1))
    with pytest.raises(SessionClosed):
        store.complete(state.session)
    with pytest.raises(AlreadyDone):
        store.join("local", "rater")


@pytest.mark.parametrize(
    ("hits", "outcome"),
    [
        ((5, 0), "active"),
        ((0, 5), "active"),
        ((4, 4), "screened_out"),
        ((None, None), "screened_out"),
    ],
)
def test_who_passes_neither_headphone_test_is_screened_out_if_required(
    open_store, tmp_path, hits, outcome
):
    study = small.make_study(tmp_path / "s", headphones={"policy": "require", "pass_hits": 5})
    store = open_store(study)
    data = dict(zip(("antiphase_hits", "huggins_hits"), hits, strict=True))
    state = small.to_trials(store, headphones=data)
    assert state.outcome == outcome
    assert store.counts().sheets_held == (outcome == "active")


@pytest.mark.parametrize("hits", [7, -1, True, "6", 5.0])
def test_hits_of_a_headphone_test_are_a_number_up_to_six(store, hits):
    state = store.join("local", "rater")
    for stage, data in (("consent", {"given": True}), ("questions", {}), ("sound", {})):
        store.record_stage(state.session, stage, data)
    with pytest.raises(InvalidAnswer):
        store.record_stage(state.session, "headphones", {"antiphase_hits": hits})
    assert store.state(state.session).stage == "headphones"


def test_an_answer_to_a_question_that_is_not_asked_is_refused(store):
    state = store.join("local", "rater")
    store.record_stage(state.session, "consent", {"given": True})
    with pytest.raises(InvalidAnswer, match="no question 'shoe'"):
        store.record_stage(state.session, "questions", {"shoe": "42"})


@pytest.mark.parametrize("session", ["", "nobody", "x" * 10_000, "a\x00b", "\ud800", "' OR 1=1 --"])
def test_a_session_that_does_not_exist_is_unknown(store, session):
    with pytest.raises(UnknownSession):
        store.state(session)
    with pytest.raises(UnknownSession):
        store.save_answer(session, small.answer(1))
    with pytest.raises(UnknownSession):
        store.complete(session)


def test_the_same_name_on_another_platform_is_another_rater(store):
    local, prolific = store.join("local", "rater"), store.join("prolific", "rater")
    assert local.session != prolific.session
    assert local.participant != prolific.participant


@pytest.mark.parametrize(
    "identity", ["\x00", "\ud800", "'; DROP TABLE sessions; --", "é" * 5000, ""]
)
def test_odd_identities_are_raters_like_others(store, identity):
    first = store.join("local", identity, "en\x00", {"a\x00": "\ud800"})
    assert store.join("local", identity).session == first.session
    assert store.join("local", identity + "x").session != first.session


def test_a_restart_changes_nothing(open_store, study):
    store = open_store(study)
    state = small.to_trials(store)
    store.save_answer(state.session, small.answer(1))
    before = store.state(state.session)
    store.close()
    assert open_store(study).join("local", "rater") == before
