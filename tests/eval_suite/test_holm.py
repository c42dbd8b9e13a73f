"""Holm's correction against an example computed by hand and against its defining bound."""

import math

import numpy as np
import pytest

from eval_suite.holm import holm


def test_an_example_by_hand():
    # Sorted 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1; the last may not fall below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [([], []), ([0.2], [0.2]), ([0.9, 0.8], [1.0, 1.0]), ([0.02, 0.02], [0.04, 0.04])],
)
def test_none_one_large_and_equal_values(p_values: list[float], expected: list[float]):
    assert holm(p_values) == pytest.approx(expected)


def test_an_unknown_p_value_takes_no_part():
    assert holm([0.01, math.nan, 0.04])[::2] == [0.02, 0.04]
    assert math.isnan(holm([0.01, math.nan, 0.04])[1])


def test_with_all_hypotheses_true_one_is_called_false_in_five_percent_of_trials():
    p_values = np.random.default_rng(0).random((4_000, 6))
    wrong = np.mean([min(holm(row)) < 0.05 for row in p_values.tolist()])
    # 1 - (1 - 0.05 / 6)^6 = 0.049 for independent tests.
    assert wrong == pytest.approx(0.049, abs=0.012)
