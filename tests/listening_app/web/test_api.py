"""The interface to the page: stages in order, every answer once, clear refusals."""

import pytest

from listening_app.crowd import Arrival
from listening_app.crowd.local import Local


def test_a_rater_goes_through_all_stages_and_gets_a_code(rater):
    assert rater.join().json["stage"] == "consent"
    rater.to_trials()
    assert rater.session()["stage"] == "practice"
    reply = rater.finish()
    assert reply.json["stage"] == "done"
    assert reply.json["code"] == rater.session()["code"]


def test_what_the_browser_gets_says_nothing_of_kinds_systems_and_notes(rater, study):
    """The browser is told which trials are practice, which it shows, and nothing else."""
    text = rater.to_trials().get("/api/session").text
    sheet = rater.session()["sheet"]
    assert {tuple(trial) for trial in sheet} == {("practice", "slots")}
    words = {stimulus.system for stimulus in study.stimuli.values()}
    words |= {stimulus.note.name for stimulus in study.stimuli.values()}
    words |= {"control", "expected", "trap", "gold", study.fingerprint}
    assert [word for word in words if word in text] == []


def test_the_same_link_on_a_new_device_goes_on_where_the_rater_was(rater, client, new_rater):
    rater.to_trials().answer(1)
    other = new_rater(client)
    assert other.join().json["position"] == 2
    assert other.session()["session"] == rater.session()["session"]
    assert other.answer(2).json["position"] == 3
    assert rater.session()["position"] == 3


def test_an_answer_sent_twice_is_stored_once(rater):
    rater.to_trials()
    body = rater.body(1)
    assert [rater.post("answers", body).json["position"] for _ in range(3)] == [2, 2, 2]


def test_another_answer_to_the_same_trial_is_refused_with_the_position(rater):
    rater.to_trials().answer(1)
    reply = rater.answer(1)
    assert (reply.status_code, reply.json) == (409, {"error": "conflict", "position": 2})


def test_an_answer_out_of_order_is_refused_with_the_position(rater):
    reply = rater.to_trials().answer(3)
    assert (reply.status_code, reply.json) == (409, {"error": "order", "position": 1})


@pytest.mark.parametrize(
    ("heard", "is_enough"),
    [
        ([[0, 4]], True),
        ([[0, 2.5], [2, 4]], True),
        ([[2, 4], [0, 2]], True),
        ([[0, 3.96]], True),
        ([[0, 3.9]], False),
        ([[0, 2], [0, 2]], False),
        ([[0, 1], [3, 100]], False),
        ([[4, 0]], False),
        ([], False),
    ],
)
def test_an_answer_needs_the_union_of_what_was_played(rater, heard, is_enough):
    reply = rater.to_trials().answer(1, heard={"S": heard})
    assert (reply.status_code == 200) is is_enough
    if not is_enough:
        assert (reply.status_code, reply.json) == (422, {"error": "unheard", "slots": ["S"]})
        assert rater.session()["position"] == 1


def test_headphone_hits_are_counted_by_the_server(rater, app):
    site = app.extensions["sing-eval study"]
    rater.to_trials()
    finished = rater.finish()
    assert finished.status_code == 200
    expected = [
        sum(check.target == 2 for check in checks)
        for checks in (site.checks.antiphase, site.checks.huggins)
    ]
    assert expected == [2, 2]
    hits = site.store.counts().headphones
    assert (hits.tested, hits.either) == (1, 0.0)


def test_who_refuses_is_let_go_kindly(rater):
    rater.join()
    reply = rater.post("stages/consent", {"given": False})
    assert (reply.json["stage"], reply.json["outcome"]) == ("done", "no_consent")
    assert reply.json["code"] is None
    assert rater.answer(1).json == {"error": "closed", "outcome": "no_consent"}
    assert rater.join().json["error"] == "done"


def test_who_has_answered_and_refuses_then_withdraws_all_of_it(rater, app):
    rater.to_trials().answer(1)
    reply = rater.post("stages/consent", {"given": False})
    assert (reply.json["stage"], reply.json["outcome"]) == ("done", "no_consent")
    assert rater.post("stages/consent", {"given": False}).json == reply.json  # sent again
    store = app.extensions["sing-eval study"].store
    assert (store.counts().answers, store.counts().sheets_held, store.recruits()) == (0, 0, [])
    assert rater.answer(2).json == {"error": "closed", "outcome": "no_consent"}


def test_a_join_sent_again_by_an_open_link_is_the_same_rater(client, app):
    body = {"parameters": {}, "visitor": "0b0e7b4c-5d0f-4f0e-9d0c-3f1c2b7a9e55"}
    sessions = {client.post("/api/join", json=body).json["session"] for _ in range(3)}
    assert len(sessions) == 1
    other = {**body, "visitor": body["visitor"].replace("0", "1")}
    assert client.post("/api/join", json=other).json["session"] not in sessions
    odd = client.post("/api/join", json={**body, "visitor": "anna"})
    assert (odd.status_code, odd.json) == (400, {"error": "link"})
    assert app.extensions["sing-eval study"].store.counts().sheets_held == 2


def test_names_made_up_hold_no_sheet_once_links_were_given_out(make_app, study_folder, new_rater):
    folder = study_folder()
    (folder / "links.csv").write_text("rater,link\nanna,https://study.example.org/?rater=anna\n")
    app = make_app(folder=folder)
    client = app.test_client()
    for number in range(20):
        reply = new_rater(client, f"made up {number}").join()
        assert (reply.status_code, reply.json) == (400, {"error": "link"})
    assert client.post("/api/join", json={"parameters": {}}).json == {"error": "link"}
    assert app.extensions["sing-eval study"].store.counts().sheets_held == 0
    assert new_rater(client, "anna").join().json["stage"] == "consent"
    assert 'data-message="link"' in client.get("/").text
    assert 'data-message="link"' not in client.get("/?rater=anna").text


def test_no_more_of_what_a_platform_sends_along_is_kept_than_paying_needs(make_app, monkeypatch):
    class Talkative(Local):
        def arrive(self, parameters):
            return Arrival("anna", {"note": "x" * 900})

    monkeypatch.setattr("listening_app.app.platform_of", lambda study, secret: Talkative(""))
    app = make_app()
    app.test_client().post("/api/join", json={"parameters": {}})
    (recruit,) = app.extensions["sing-eval study"].store.recruits()
    assert recruit.details == {"note": "x" * 500}


def test_under_the_policy_require_who_hears_nothing_is_screened_out(make_app, new_rater):
    rater = new_rater(make_app(headphones={"policy": "require"}).test_client())
    rater.to_trials()
    assert (rater.session()["stage"], rater.session()["outcome"]) == ("done", "screened_out")


def test_choices_are_stored_in_the_words_of_study_toml(rater, app):
    rater.to_trials()
    store = app.extensions["sing-eval study"].store
    from listening_app.store.models import QUESTION_ANSWERS

    rows = store.database.read(lambda c: c.execute(QUESTION_ANSWERS.select()).all())
    assert {row.question: row.answer for row in rows} == {"age": "Old", "years": "3"}


@pytest.mark.parametrize(
    "answers",
    [
        {},  # years is required
        {"years": "many"},
        {"years": "nan"},
        {"years": "3", "age": 2},
        {"years": "3", "age": "Old"},
        {"years": 3},
        {"years": "3", "weight": "80"},
    ],
)
def test_answers_to_questions_that_cannot_be_are_refused(rater, answers):
    rater.join()
    rater.post("stages/consent", {"given": True})
    assert rater.post("stages/questions", {"answers": answers}).status_code == 422
    assert rater.session()["stage"] == "questions"


def test_a_full_study_says_so(make_app, new_rater):
    client = make_app(surplus=0.0).test_client()
    for number in range(100):
        reply = new_rater(client, f"rater {number}").join()
        if reply.status_code != 200:
            break
    assert (reply.status_code, reply.json) == (409, {"error": "full", "final": False})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("test", "values"),
    [
        ("mos", {"score": 3}),
        ("cmos", {"score": -2}),
        ("preference", {"choice": "A"}),
        ("abx", {"choice": "B"}),
        ("ab", {"choice": "A"}),
        ("mushra", None),
    ],
)
def test_every_test_takes_its_answers(make_app, new_rater, test, values):
    reference = "truth" if test in ("preference", "mushra") else ""
    rater = new_rater(make_app(test, reference=reference).test_client()).to_trials()
    slots = [name for name, _ in rater.session()["sheet"][0]["slots"]]
    values = values or {name: 50 for name in slots if name != "REF"}
    assert rater.answer(1, values=values).json == {"position": 2}
    assert rater.answer(2, values={"score": 7}).status_code == 422


def test_a_store_that_is_gone_is_503_and_nothing_is_lost(rater, app):
    rater.to_trials()
    body = rater.body(1)
    database = app.extensions["sing-eval study"].study.folder / "study.db"
    moved = database.rename(database.with_name("away.db"))
    reply = rater.post("answers", body)
    assert (reply.status_code, reply.json) == (503, {"error": "unavailable"})
    assert int(reply.headers["Retry-After"]) > 0
    moved.rename(database)
    assert rater.post("answers", body).json == {"position": 2}
