"""Mechanical Turk's ExternalQuestion: who comes, who only looks, and where the end is posted."""

from xml.etree import ElementTree

import pytest

from listening_app.crowd.mturk import MechanicalTurk, external_question, submit_address

LINK = {
    "assignmentId": "123RVWYBAZW00EXAMPLE456RVWYBAZW00EXAMPLE",
    "hitId": "123RVWYBAZW00EXAMPLE",
    "turkSubmitTo": "https://www.mturk.com/",
    "workerId": "AZ3456EXAMPLE",
}


def test_a_worker_who_accepted_is_known_by_the_worker_id():
    arrival = MechanicalTurk().arrive(LINK)
    assert (arrival.identity, arrival.is_preview) == ("AZ3456EXAMPLE", False)
    assert arrival.details == {
        name: LINK[name] for name in ("assignmentId", "hitId", "turkSubmitTo")
    }


def test_who_only_looks_at_the_hit_cannot_begin():
    arrival = MechanicalTurk().arrive(
        {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": LINK["hitId"]}
    )
    assert arrival.is_preview


@pytest.mark.parametrize("name", LINK)
def test_an_incomplete_link_is_refused(name):
    assert MechanicalTurk().arrive({key: text for key, text in LINK.items() if key != name}) is None


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "http://www.mturk.com/",
        "https://www.mturk.com.evil.example/",
        "https://www.mturk.com@evil.example/",
        "https://evil.example/#https://www.mturk.com/",
        "https://www.mturk.com:444/",
        "https://www.mturk.com/redirect?to=//evil.example",
        "https://user@www.mturk.com/",
        "//www.mturk.com/",
        "javascript:alert(1)",
        "https://[",
        "",
    ],
)
def test_nothing_is_posted_to_a_host_that_is_not_amazons(target):
    assert submit_address(target) is None
    assert MechanicalTurk().arrive({**LINK, "turkSubmitTo": target}) is None
    assert MechanicalTurk().ending("complete", "CODE", {**LINK, "turkSubmitTo": target}).url == ""


@pytest.mark.parametrize("host", ["www.mturk.com", "workersandbox.mturk.com"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_who_finished_posts_the_assignment_and_the_code(host, slash):
    details = {"assignmentId": "A1", "turkSubmitTo": f"https://{host}{slash}"}
    ending = MechanicalTurk().ending("complete", "K7QM", details)
    assert ending.url == f"https://{host}/mturk/externalSubmit"
    assert ending.fields == {"assignmentId": "A1", "code": "K7QM"}
    assert f"https://{host}" in MechanicalTurk.form_targets
    assert f"https://{host}" in MechanicalTurk.frame_ancestors


@pytest.mark.parametrize("outcome", ["no_consent", "screened_out", "active"])
def test_others_submit_nothing(outcome):
    assert MechanicalTurk().ending(outcome, None, LINK).url == ""


def test_the_question_is_xml_by_amazons_schema():
    address = "https://study.example.org/?a=1&b=<2>"
    root = ElementTree.fromstring(external_question(address, 700))
    space = (
        "{http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/"
        "ExternalQuestion.xsd}"
    )
    assert root.tag == f"{space}ExternalQuestion"
    assert [(child.tag, child.text) for child in root] == [
        (f"{space}ExternalURL", address),
        (f"{space}FrameHeight", "700"),
    ]
