"""BS.1534: the hidden reference below 90 on more than 15 % of items."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analysis.screening.hidden_reference import hidden_reference
from analysis.screening.rules import HiddenReferenceRule
from sing.errors import SingError

Make = Callable[..., Any]


def test_more_than_fifteen_percent_below_ninety(make_evidence: Make):
    scores = np.full((3, 2, 20), 100.0)
    scores[0, 0, :3] = 89.9  # 15 %: not more than 15 %
    scores[1, 0, :4] = 89.9  # 20 %
    scores[2, 0] = 90.0
    scores[:, 1] = 10.0  # the other system does not matter
    found = hidden_reference(make_evidence(scores, scale=(0, 100)), HiddenReferenceRule())
    assert found.reasons == (
        "",
        "hidden reference below 90 on 20 % of 20 items, expected at most 15 %",
        "",
    )


def test_another_scale_is_refused(make_evidence: Make, honest: np.ndarray):
    with pytest.raises(SingError, match=r"a scale from 1 to 5; .* MUSHRA"):
        hidden_reference(make_evidence(honest), HiddenReferenceRule())


def test_an_unknown_reference_is_refused(make_evidence: Make, honest: np.ndarray):
    evidence = make_evidence(honest, scale=(0, 100), reference="sytem1")
    with pytest.raises(SingError, match="did you mean 'system1'"):
        hidden_reference(evidence, HiddenReferenceRule())
