"""Raters by links that the experimenter hands out."""

import pytest

from listening_app.crowd.local import Issued, Local
from sing.errors import SingError


def test_the_code_in_the_link_is_the_identity():
    assert Local("").arrive({"rater": " anna "}).identity == "anna"
    assert Local("").arrive({"rater": "anna", "x": "y"}).details == {}


def test_by_an_open_link_everybody_is_somebody_new():
    identities = {Local("").arrive({}).identity for _ in range(100)}
    assert len(identities) == 100


def test_what_the_browser_made_up_is_the_identity_of_who_has_no_code():
    made = "0b0e7b4c-5d0f-4f0e-9d0c-3f1c2b7a9e55"
    assert Local("").arrive({"visitor": made}) == Local("").arrive({"visitor": made})
    assert Local("").arrive({"visitor": made, "rater": "anna"}).identity == "anna"
    for odd in ("x", made.upper(), f"{made}0", "a" * 31, "=cmd" * 8, "é" * 32):
        assert Local("").arrive({"visitor": odd}) is None


def test_once_there_are_links_only_their_codes_are_somebody(tmp_path):
    path = tmp_path / "links.csv"
    local = Local("", Issued(path))
    assert local.arrive({"rater": "made-up"})
    assert local.arrive({})
    path.write_text("rater,link\nanna,https://study.example.org/?rater=anna\n")
    assert local.arrive({"rater": "anna"}).identity == "anna"
    assert local.arrive({"rater": "ben"}) is None
    assert local.arrive({}) is None
    with path.open("a") as file:  # more links, while the study is served
        file.write("ben,https://study.example.org/?rater=ben\n")
    assert local.arrive({"rater": "ben"}).identity == "ben"
    is_open = Local("", Issued(path), is_open=True)
    assert is_open.arrive({}).identity.startswith("open-")
    assert is_open.arrive({"rater": "made-up"}) is None


def test_a_damaged_list_of_links_is_one_line_before_anybody_comes(tmp_path):
    (tmp_path / "links.csv").write_text("name,address\nanna,https://x\n")
    with pytest.raises(SingError, match=r"links\.csv"):
        Issued(tmp_path / "links.csv")


def test_an_empty_or_odd_code_is_nobody():
    for code in ("", " ", "x" * 201, "a\x00b", "a\nb"):
        assert Local("").arrive({"rater": code}) is None


def test_the_end_is_the_completion_url_for_those_who_finished():
    local = Local("https://lab.example/end")
    assert local.ending("complete", "A-B&C", {}).url == "https://lab.example/end?cc=A-B%26C"
    assert local.ending("no_consent", None, {}).url == ""
    assert Local("").ending("complete", "A-B", {}).url == ""
