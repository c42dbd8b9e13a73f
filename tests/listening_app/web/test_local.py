"""Raters by links that the experimenter hands out."""

from listening_app.crowd.local import Local


def test_the_code_in_the_link_is_the_identity():
    assert Local("").arrive({"rater": " anna "}).identity == "anna"
    assert Local("").arrive({"rater": "anna", "x": "y"}).details == {}


def test_by_an_open_link_everybody_is_somebody_new():
    identities = {Local("").arrive({}).identity for _ in range(100)}
    assert len(identities) == 100


def test_an_empty_or_odd_code_is_nobody():
    for code in ("", " ", "x" * 201, "a\x00b", "a\nb"):
        assert Local("").arrive({"rater": code}) is None


def test_the_end_is_the_completion_url_for_those_who_finished():
    local = Local("https://lab.example/end")
    assert local.ending("complete", "A-B&C", {}).url == "https://lab.example/end?cc=A-B%26C"
    assert local.ending("no_consent", None, {}).url == ""
    assert Local("").ending("complete", "A-B", {}).url == ""
