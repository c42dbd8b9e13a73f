"""Gold questions within a tolerance, traps exactly."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.screening.controls import controls
from analysis.screening.rules import ControlsRule

Make = Callable[..., Any]


def with_controls(evidence: Any, rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    asked = pd.DataFrame(rows, columns=["participant", "system", "score", "expected"])
    asked = asked.assign(kind="control", note=[f"c{number}" for number in range(len(asked))])
    return pd.concat([evidence.ratings.table, asked], ignore_index=True)


ROWS = [
    ("p0000", "silence", 2, 1),  # within one point
    ("p0000", "trap", 2, 2),
    ("p0001", "silence", 3, 1),
    ("p0001", "trap", 2, 2),
    ("p0002", "silence", 1, 1),
    ("p0002", "trap", 3, 2),
]


def test_gold_has_a_tolerance_and_traps_have_none(make_evidence: Make, honest: np.ndarray):
    evidence = make_evidence(with_controls(make_evidence(honest[:4]), ROWS))
    found = controls(evidence, ControlsRule())
    assert found.reasons == (
        "",
        "0 % of gold questions right, expected at least 50 %",
        "0 % of traps right, expected at least 100 %",
        "",
    )
    np.testing.assert_array_equal(found.control_score, [1, 0.5, 0.5, np.nan])
    assert found.remarks == ("controls: nothing known of 1 of 4 raters, who pass this rule",)


def test_the_tolerance_is_a_quarter_of_another_scale(make_evidence: Make, honest: np.ndarray):
    rows = [("p0000", "silence", 24.0, 0.0), ("p0001", "silence", 26.0, 0.0)]
    table = with_controls(make_evidence(25 * (honest[:2] - 1)), rows)
    found = controls(make_evidence(table, scale=(0, 100)), ControlsRule())
    assert [bool(reason) for reason in found.reasons] == [False, True]


def test_without_controls_everybody_passes(make_evidence: Make, honest: np.ndarray):
    found = controls(make_evidence(honest), ControlsRule())
    assert not any(found.reasons)
    assert found.remarks == ("controls: nothing known of 20 of 20 raters, who pass this rule",)


@pytest.mark.parametrize("name", ["fewest_gold", "fewest_traps"])
def test_shares_are_between_0_and_1(name: str):
    with pytest.raises(ValueError, match="less than or equal to 1"):
        ControlsRule(**{name: 1.5})
