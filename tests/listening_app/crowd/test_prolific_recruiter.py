"""Publishing and paying through Prolific's interface: a fake one on loopback."""

import csv
from dataclasses import replace
from decimal import Decimal

import pytest

from listening_app.crowd import prolific_http
from listening_app.crowd.prolific import completion_codes
from listening_app.crowd.prolific_recruiter import BONUSES, ProlificRecruiter
from listening_app.crowd.recruiting import Bonus, Offer, record_of
from listening_app.store import Recruit
from sing.errors import SingError

SECRET = bytes(range(32))
TOKEN = "token-of-the-test"
OFFER = Offer(
    name="first",
    title="How do these notes sound?",
    description="Listen to notes.",
    address="https://study.example.org/",
    places=60,
    minutes=12,
    amount=Decimal("2.5"),
    currency="EUR",
)


def recruit(number, outcome="complete"):
    return Recruit(
        session=f"session{number}",
        platform="prolific",
        identity=f"pid{number}",
        outcome=outcome,
        code="K7QM-2XWD-9FTH",
        started_at="2026-01-01T00:00:00.000Z",
        finished_at="2026-01-01T00:10:00.000Z",
        paid_at=None,
        details={"STUDY_ID": "study0", "SESSION_ID": f"submission{number}"},
    )


@pytest.fixture
def recruiter(prolific, tmp_path):
    return ProlificRecruiter(tmp_path, SECRET)


@pytest.fixture
def published(recruiter):
    recruiter.publish(OFFER, is_live=True)
    return recruiter


def test_a_draft_is_made_once_and_taken_live_later(recruiter, prolific, tmp_path):
    assert recruiter.publish(OFFER, is_live=False)[0] == "Prolific study study0: draft"
    assert prolific.studies["study0"]["status"] == "UNPUBLISHED"
    assert recruiter.publish(OFFER, is_live=True) == ["Prolific study study0: live"]
    assert recruiter.publish(OFFER, is_live=True) == ["Prolific study study0: live"]
    assert list(prolific.studies) == ["study0"]
    assert prolific.studies["study0"]["status"] == "ACTIVE"
    assert sum("transition" in path for _, path in prolific.requests) == 1
    assert record_of(tmp_path) == {"platform": "prolific", "study": "study0", "state": "live"}


def test_the_study_says_what_prolific_needs_to_know(published, prolific):
    study = prolific.studies["study0"]
    assert study["reward"] == 250  # cents
    assert (study["total_available_places"], study["estimated_completion_time"]) == (60, 12)
    assert study["prolific_id_option"] == "url_parameters"
    assert study["external_study_url"].startswith("https://study.example.org/?PROLIFIC_PID={{%")
    codes = {each["code"]: each["code_type"] for each in study["completion_codes"]}
    assert set(codes) == set(completion_codes(SECRET).values())
    assert codes[completion_codes(SECRET)["complete"]] == "COMPLETED"


def test_an_unpaid_study_and_another_currency_are_refused(recruiter, prolific):
    with pytest.raises(SingError, match=r"pay\.amount"):
        recruiter.publish(replace(OFFER, amount=Decimal(0)), is_live=False)
    prolific.currency = "GBP"
    with pytest.raises(SingError, match=r"pay\.currency = 'EUR': the Prolific account has GBP"):
        recruiter.publish(OFFER, is_live=False)
    assert prolific.studies == {}


@pytest.mark.parametrize("reply", [(504, {}), (201, b"<html>Created</html>"), (201, {})])
def test_a_study_whose_making_was_not_answered_is_found_again(recruiter, prolific, reply):
    answer = prolific.answer
    prolific.studies["other"] = {"internal_name": OFFER.name, "status": "ACTIVE"}

    def break_after_making(method, path, body):
        made = answer(method, path, body)
        return reply if (method, path) == ("POST", "/api/v1/studies/") else made

    prolific.answer = break_after_making
    with pytest.raises(SingError):
        recruiter.publish(OFFER, is_live=False)
    prolific.answer = answer
    assert recruiter.publish(OFFER, is_live=True) == ["Prolific study study1: live"]
    assert list(prolific.studies) == ["other", "study1"]


def test_a_study_that_was_asked_for_and_not_made_is_made(recruiter, prolific):
    answer = prolific.answer
    prolific.answer = lambda method, path, body: (
        (504, {}) if method == "POST" else answer(method, path, body)
    )
    with pytest.raises(SingError):
        recruiter.publish(OFFER, is_live=False)
    prolific.answer = answer
    assert recruiter.publish(OFFER, is_live=False)[0] == "Prolific study study0: draft"
    assert list(prolific.studies) == ["study0"]


def test_only_ones_own_submission_that_awaits_review_is_approved(published, prolific):
    def submission(number, status, **changes):
        return {"participant_id": f"pid{number}", "study_id": "study0", "status": status, **changes}

    prolific.submissions = {
        "submission1": submission(1, "AWAITING REVIEW"),
        "submission2": submission(2, "APPROVED"),
        "submission3": submission(3, "TIMED-OUT"),
        "submission4": submission(1, "AWAITING REVIEW"),  # somebody else's, in a forged link
        "submission5": submission(5, "AWAITING REVIEW", study_id="another"),
    }
    settled = published.settle([recruit(number) for number in range(1, 6)])
    assert settled.paid == ("session1", "session2")
    assert settled.open["session3"] == "Prolific says timed-out"
    for session in ("session4", "session5"):
        assert "another rater's submission" in settled.open[session]
    assert prolific.submissions["submission1"]["status"] == "APPROVED"
    assert prolific.submissions["submission4"]["status"] == "AWAITING REVIEW"
    approvals = len([path for method, path in prolific.requests if path.endswith("transition/")])
    assert published.settle([recruit(1), recruit(2)]).paid == ("session1", "session2")
    again = len([path for method, path in prolific.requests if path.endswith("transition/")])
    assert again == approvals


def test_a_bonus_is_paid_once(published, prolific, tmp_path):
    bonuses = [Bonus(f"session{n}", f"pid{n}", Decimal("1.5")) for n in range(201)]
    published.pay_bonuses(bonuses)
    assert [len(text.splitlines()) for text in prolific.paid] == [200, 1]
    assert prolific.paid[0].splitlines()[0] == "pid0,1.50"
    with pytest.raises(SingError, match="session7 has a bonus already"):
        published.pay_bonuses([bonuses[7]])
    assert len(prolific.paid) == 2
    with (tmp_path / BONUSES).open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 201
    assert {row["state"] for row in rows} == {"paid"}
    assert not any("pid" in cell for row in rows for cell in row.values())


@pytest.mark.parametrize(
    "reply", [(502, {}), (302, {}), (200, b"<html>Accepted</html>"), (202, b'{"id": "bulk')]
)
def test_a_bonus_of_which_nobody_knows_is_not_sent_again(published, prolific, reply):
    bonus = Bonus("session1", "pid1", Decimal("1.5"))
    prolific.faults = []
    answer = prolific.answer

    def break_after_paying(method, path, body):
        if path.endswith("/pay/"):
            answer(method, path, body)
            return reply
        return answer(method, path, body)

    prolific.answer = break_after_paying
    with pytest.raises(SingError, match=r"Payment bulk0 may have been made"):
        published.pay_bonuses([bonus])
    with pytest.raises(SingError, match=r"has a bonus already \(sent\)"):
        published.pay_bonuses([bonus])
    assert len(prolific.paid) == 1


def test_a_refused_bonus_can_be_paid_later(published, prolific):
    bonus = Bonus("session1", "pid1", Decimal("1.5"))
    answer = prolific.answer
    prolific.answer = lambda method, path, body: (
        (400, {"error": "balance"}) if path.endswith("/pay/") else answer(method, path, body)
    )
    with pytest.raises(SingError, match=r"refused, 400.*balance"):
        published.pay_bonuses([bonus])
    prolific.answer = answer
    published.pay_bonuses([bonus])
    assert prolific.paid == ["pid1,1.50"]


def test_paying_before_publishing_says_what_to_do(recruiter):
    with pytest.raises(SingError, match="sing-eval study publish"):
        recruiter.settle([recruit(1)])


def test_a_busy_prolific_is_asked_again(recruiter, prolific):
    prolific.faults = [429, 503, 429]
    recruiter.publish(OFFER, is_live=False)
    assert list(prolific.studies) == ["study0"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_refusal_is_one_line_without_the_token(recruiter, prolific, status):
    prolific.faults = [status] * 10
    with pytest.raises(SingError) as caught:
        recruiter.publish(OFFER, is_live=False)
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_the_token_does_not_follow_a_redirect(recruiter, prolific, status):
    prolific.faults = [status]
    with pytest.raises(SingError, match=f"refused, {status}"):
        recruiter.publish(OFFER, is_live=False)
    assert not any("elsewhere" in path for _, path in prolific.requests)


def test_a_missing_or_odd_token_is_said(monkeypatch, tmp_path):
    monkeypatch.delenv("PROLIFIC_TOKEN", raising=False)
    with pytest.raises(SingError, match="PROLIFIC_TOKEN: not set"):
        ProlificRecruiter(tmp_path, SECRET)
    monkeypatch.setenv("PROLIFIC_TOKEN", "a\r\nX-Other: b")
    with pytest.raises(SingError, match="PROLIFIC_TOKEN: not a token"):
        ProlificRecruiter(tmp_path, SECRET)


def test_nobody_who_answers_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("PROLIFIC_TOKEN", TOKEN)
    monkeypatch.setattr(prolific_http, "ADDRESS", "http://127.0.0.1:9/api/v1/")
    monkeypatch.setattr(prolific_http, "PAUSE_SECONDS", 0.0)
    with pytest.raises(SingError, match="no answer"):
        ProlificRecruiter(tmp_path, SECRET).publish(OFFER, is_live=False)
