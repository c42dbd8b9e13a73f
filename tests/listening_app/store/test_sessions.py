import pytest
import small_study as small

from listening_app.store import (
    AlreadyDone,
    InvalidAnswer,
    SessionClosed,
    UnknownSession,
    WrongStage,
)
from listening_app.store.models import METADATA


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
    state = small.to_trials(store)
    for stage, data in (("consent", {"given": True}), ("sound", {"device": "other"})):
        again = store.record_stage(state.session, stage, data)
        assert (again.stage, again.outcome) == ("practice", "active")
        assert again.device == "headphones"


def everything_of(store, session):
    """The rows of a session in every table that has it."""

    def read(connection):
        return {
            table.name: connection.execute(
                table.select().where(table.c.session == session)
            ).mappings().all()
            for table in METADATA.sorted_tables
            if "session" in table.c
        }  # fmt: skip

    return store.database.read(read)


KEPT_OF_WHO_REFUSES = {
    *("session", "participant", "platform", "sheet", "stage", "position", "outcome", "language"),
    *("device", "started_at", "seen_at", "finished_at", "lease_seen"),
}


@pytest.mark.parametrize("is_late", [False, True])
def test_of_who_refuses_nothing_is_kept_but_the_choice(store, study, database_url, is_late):
    state = store.join("prolific", "5f0cRumpelstilz", "en", {"SESSION_ID": "sub1", "STUDY_ID": "x"})
    if is_late:
        for stage, data in (
            ("consent", {"given": True}),
            ("questions", {"age": "31"}),
            ("sound", {"device": "headphones"}),
            ("headphones", {"antiphase_hits": 6, "huggins_hits": 5}),
        ):
            store.record_stage(state.session, stage, data)
        store.save_answer(state.session, small.answer(1, comment="Heart of Gold"))
    for _ in range(2):  # a reply may be lost, and the same sent again
        ended = store.record_stage(state.session, "consent", {"given": False})
        assert (ended.stage, ended.outcome) == ("done", "no_consent")
    left = everything_of(store, state.session)
    (kept,) = left.pop("sessions")
    assert {name for name, value in kept.items() if value is not None} == KEPT_OF_WHO_REFUSES
    assert (kept["stage"], kept["position"], kept["device"]) == ("consent", 1, "")
    assert not any(left.values())
    assert store.counts().sheets_held == 0
    if database_url is None:
        on_disk = b"".join(path.read_bytes() for path in study.folder.glob("study.db*"))
        assert not any(word in on_disk for word in (b"5f0cRumpel", b"sub1", b"Heart of Gold"))
    with pytest.raises(AlreadyDone):
        store.join("prolific", "5f0cRumpelstilz", "en", {"SESSION_ID": "sub2"})
    assert store.recruits() == []
    with pytest.raises(SessionClosed):
        store.save_answer(state.session, small.answer(1))


def test_who_finished_has_finished(store):
    state = small.to_trials(store)
    code = small.finish(store, state)
    again = store.record_stage(state.session, "consent", {"given": False})
    assert (again.outcome, again.code) == ("complete", code)
    assert store.counts().answers == state.trials


@pytest.mark.parametrize(("removed", "then"), [("questions", "sound"), ("headphones", "practice")])
def test_who_stands_at_a_stage_that_is_taken_out_goes_on_at_the_next(
    open_store, study, tmp_path, removed, then
):
    store = open_store(study)
    state = store.join("local", "rater")
    for stage, data in (("consent", {"given": True}), ("questions", {}), ("sound", {})):
        if state.stage != removed:
            state = store.record_stage(state.session, stage, data)
    assert state.stage == removed
    store.close()
    changes = {"questions": [], "headphones": {"policy": "skip"}}
    store = open_store(small.make_study(study.folder, **{removed: changes[removed]}))
    assert store.join("local", "rater").stage == store.state(state.session).stage == then
    assert store.record_stage(state.session, removed, {}).stage == then  # from a page still open
    if then == "sound":
        assert store.record_stage(state.session, "sound", {}).stage == "headphones"
    else:
        store.save_answer(state.session, small.answer(1))
        assert store.state(state.session).stage == "trials"


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
