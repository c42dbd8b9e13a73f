"""Raters come from Prolific by its parameters and go back with the outcome's code."""

from urllib.parse import parse_qs, urlsplit

import pytest

from listening_app.crowd.prolific import Prolific, completion_codes, study_address

SECRET = bytes(range(32))
PID = "5f0c1a2b3c4d5e6f70819202"
LINK = {"PROLIFIC_PID": PID, "STUDY_ID": "60aca280709ee40ec37d4885", "SESSION_ID": "625d4a831b"}


def test_a_rater_is_known_by_the_participant_id():
    arrival = Prolific(SECRET).arrive({**LINK, "lang": "de"})
    assert (arrival.identity, arrival.is_preview) == (PID, False)
    assert arrival.details == {"STUDY_ID": LINK["STUDY_ID"], "SESSION_ID": LINK["SESSION_ID"]}


@pytest.mark.parametrize(
    "change",
    [
        {"PROLIFIC_PID": ""},
        {"SESSION_ID": ""},
        {"PROLIFIC_PID": "{{%PROLIFIC_PID%}}"},
        {"PROLIFIC_PID": "=1+1"},
        {"STUDY_ID": "x" * 65},
        {"SESSION_ID": "../me"},
    ],
)
def test_an_address_of_nobody_is_refused(change):
    assert Prolific(SECRET).arrive({**LINK, **change}) is None
    assert Prolific(SECRET).arrive({}) is None


def test_every_outcome_has_its_own_code_that_only_the_secret_gives():
    codes = completion_codes(SECRET)
    assert set(codes) == {"complete", "no_consent", "screened_out"}
    assert len(set(codes.values())) == 3
    assert codes == completion_codes(SECRET)
    assert set(codes.values()).isdisjoint(completion_codes(bytes(32)).values())
    assert all(len(code) == 10 and code.isalnum() for code in codes.values())


@pytest.mark.parametrize("outcome", ["complete", "no_consent", "screened_out"])
def test_the_end_is_prolifics_address_with_the_outcomes_code(outcome):
    code = "K7QM-2XWD-9FTH" if outcome == "complete" else None
    ending = Prolific(SECRET).ending(outcome, code, {})
    assert ending.fields == {}
    parts = urlsplit(ending.url)
    assert (parts.scheme, parts.netloc) == ("https", "app.prolific.com")
    assert parts.path == "/submissions/complete"
    assert parse_qs(parts.query) == {"cc": [completion_codes(SECRET)[outcome]]}


def test_who_is_not_done_gets_no_code():
    platform = Prolific(SECRET)
    assert platform.ending("active", None, {}).url == ""
    assert platform.ending("dropped", None, {}).url == ""
    assert platform.ending("complete", None, {}).url == ""


def test_the_completion_address_can_be_another():
    ending = Prolific(SECRET, "https://other.example/end?a=1").ending("complete", "X", {})
    assert ending.url == f"https://other.example/end?a=1&cc={completion_codes(SECRET)['complete']}"


def test_prolific_fills_in_the_parameters_of_the_studys_address():
    assert study_address("https://study.example.org/") == (
        "https://study.example.org/?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}"
        "&SESSION_ID={{%SESSION_ID%}}"
    )
    assert "/?lang=de&PROLIFIC_PID=" in study_address("https://study.example.org/?lang=de")
