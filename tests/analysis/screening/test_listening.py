"""Headphones by self-report and two tests; too fast against the stimulus's length."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.screening.listening import headphones, speed
from analysis.screening.rules import HeadphonesRule, SpeedRule

Make = Callable[..., Any]
NAN = np.nan

RATERS = [
    ("Headphones", 6, 6),
    ("headphones", 6, 2),
    ("headphones", 4, 2),
    ("speakers", 6, 6),
    ("headphones", NAN, NAN),
    ("", 4, NAN),
    ("", NAN, NAN),
]


@pytest.fixture
def sessions() -> pd.DataFrame:
    table = pd.DataFrame(RATERS, columns=["device", "antiphase_hits", "huggins_hits"])
    return table.assign(participant=[f"p{number:04d}" for number in range(len(table))])


@pytest.mark.parametrize(
    ("tests", "kept"),
    [
        ("any", [True, True, False, False, True, False, True]),
        ("all", [True, False, False, False, True, False, True]),
        ("none", [True, True, True, False, True, True, True]),
    ],
)
def test_self_report_and_tests_decide(
    make_evidence: Make, honest: np.ndarray, sessions: pd.DataFrame, tests: Any, kept: list[bool]
):
    evidence = make_evidence(honest[:7], sessions=sessions)
    found = headphones(evidence, HeadphonesRule(tests=tests))
    assert [not reason for reason in found.reasons] == kept


def test_reasons_give_the_hits_and_the_device(
    make_evidence: Make, honest: np.ndarray, sessions: pd.DataFrame
):
    found = headphones(make_evidence(honest[:7], sessions=sessions), HeadphonesRule())
    assert found.reasons[2] == (
        "antiphase test 4 of 6, expected at least 5; huggins test 2 of 6, expected at least 6"
    )
    assert found.reasons[3] == "listens with speakers"
    assert found.remarks == ("headphones: nothing known of 1 of 7 raters, who pass this rule",)


def test_columns_of_the_ratings_count_as_well(make_evidence: Make, honest: np.ndarray):
    devices = np.repeat(["headphones", "speakers"], 30)
    found = headphones(make_evidence(honest[:2], device=devices), HeadphonesRule())
    assert found.reasons == ("", "listens with speakers")


def test_of_several_sessions_the_best_hits_and_every_device_count(
    make_evidence: Make, honest: np.ndarray
):
    sessions = pd.DataFrame(
        {
            "participant": ["p0000", "p0000", "p0001", "p0001"],
            "device": ["headphones", "headphones", "headphones", "speakers"],
            "antiphase_hits": [2.0, 6.0, 6.0, 6.0],
        }
    )
    found = headphones(make_evidence(honest[:2], sessions=sessions), HeadphonesRule())
    assert found.reasons == ("", "listens with speakers")


def test_the_median_time_decides(make_evidence: Make, honest: np.ndarray):
    seconds = np.repeat([6.0, 3.0, 6.0], 30)
    seconds[60:74] = 1.0  # under half of the trials
    found = speed(make_evidence(honest[:3], seconds=seconds), SpeedRule())
    assert found.reasons == (
        "",
        "too fast: median 3.0 s a stimulus of 4 s, expected at least 3.6 s",
        "",
    )


def test_the_seconds_of_a_page_are_shared_by_its_stimuli(make_evidence: Make, honest: np.ndarray):
    # Three systems on a page of 9 s: 3 s each.
    pages = np.tile(np.arange(10), 6)
    evidence = make_evidence(
        honest[:2], seconds=np.repeat([9.0, 15.0], 30), session="s", position=pages
    )
    assert [bool(reason) for reason in speed(evidence, SpeedRule()).reasons] == [True, False]


def test_what_really_played_counts_where_it_is_known(make_evidence: Make, honest: np.ndarray):
    listened = np.repeat([4.0, 1.0, NAN], 30)
    evidence = make_evidence(honest[:3], seconds=20.0, listened_seconds=listened)
    assert [bool(reason) for reason in speed(evidence, SpeedRule()).reasons] == [False, True, False]


def test_without_times_everybody_passes(make_evidence: Make, honest: np.ndarray):
    found = speed(make_evidence(honest), SpeedRule())
    assert not any(found.reasons)
    assert found.remarks == ("speed: nothing known of 20 of 20 raters, who pass this rule",)
