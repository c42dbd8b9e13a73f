"""Variance, outliers and BT.500's post-screening against plain loops over its text."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.screening.deviation import kurtosis, outliers, variance
from analysis.screening.rules import KurtosisRule, OutliersRule, VarianceRule

Make = Callable[..., Any]


def bt500(scores: np.ndarray) -> list[bool]:
    """Whom the text of BT.500-14 rejects, of scores [raters, stimuli] without gaps."""
    above, below = np.zeros(len(scores)), np.zeros(len(scores))
    for column in scores.T:
        mean, deviation = column.mean(), column.std(ddof=1)
        if deviation == 0:
            continue
        shape = stats.kurtosis(column, fisher=False)
        limit = (2 if 2 <= shape <= 4 else math.sqrt(20)) * deviation
        above += column >= mean + limit
        below += column <= mean - limit
    rejected = []
    for up, down in zip(above, below, strict=True):
        share = (up + down) / scores.shape[1]
        rejected.append(share > 0.05 and abs((up - down) / (up + down)) < 0.3)
    return rejected


@pytest.mark.parametrize("seed", range(4))
def test_bt500_agrees_with_its_text(make_evidence: Make, seed: int):
    generator = np.random.default_rng(seed)
    quality = 2 + 2 * generator.random(60)
    scores = quality + 0.5 * generator.standard_normal((25, 60))
    scores[0] += np.resize([1.4, -1.4, 0], 60)  # far on both sides
    scores[4] += 1.5  # biased, on one side
    found = kurtosis(make_evidence(scores[:, None, :]), KurtosisRule())
    expected = bt500(scores)
    assert [bool(reason) for reason in found.reasons] == expected
    assert not expected[4]


def test_bt500_rejects_who_is_far_on_both_sides_but_not_on_one(make_evidence: Make):
    generator = np.random.default_rng(0)
    others = np.stack([generator.permutation(np.linspace(-1, 1, 30)) for _ in range(20)], axis=1)
    erratic, biased = np.resize([1.9, -1.9], 20), np.full(20, 1.9)
    for last, is_rejected in ((erratic, True), (biased, False)):
        scores = 3 + np.concatenate([others, last[None]])
        found = kurtosis(make_evidence(scores[:, None, :]), KurtosisRule())
        assert [bool(reason) for reason in found.reasons] == [False] * 30 + [is_rejected]


def test_bt500_rejects_nobody_where_all_agree(make_evidence: Make):
    found = kurtosis(make_evidence(np.full((6, 2, 10), 4.0)), KurtosisRule())
    assert not any(found.reasons)


def test_variance_is_the_sample_variance_and_grows_with_the_scale(make_evidence: Make):
    scores = np.stack([[3, 3, 3, 3, 3, 3, 3, 3, 3, 4], [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]])
    scores = np.concatenate([scores, np.full((1, 10), 3)]).astype(float)
    assert float(np.var(scores[0], ddof=1)) == pytest.approx(0.1)
    found = variance(make_evidence(scores[:, None, :]), VarianceRule(smallest=0.0999))
    assert found.reasons[0] == ""
    found = variance(make_evidence(scores[:, None, :]), VarianceRule(smallest=0.1001))
    assert found.reasons[0].startswith("variance of scores 0.10, expected at least")
    assert [bool(reason) for reason in found.reasons] == [True, False, True]
    wide = make_evidence(25 * (scores[:, None, :] - 1), scale=(0, 100))
    assert variance(wide, VarianceRule(smallest=0.1001)).reasons == found.reasons


def test_a_rater_with_many_scores_far_from_the_others_is_marked(make_evidence: Make):
    generator = np.random.default_rng(0)
    scores = 3 + 0.3 * generator.standard_normal((30, 1, 20))
    scores[0, 0, :2] = 5  # 10 % of scores
    scores[1, 0, 2] = 5  # 5 %
    found = outliers(make_evidence(scores), OutliersRule())
    z = np.abs(scores[:, 0] - scores[:, 0].mean(axis=0)) / scores[:, 0].std(axis=0, ddof=1)
    assert ((z >= 3.29).mean(axis=1) > 0.05).tolist() == [bool(r) for r in found.reasons]
    assert found.reasons[0].startswith("10 % of scores at least 3.29 standard deviations")
    assert not any(found.reasons[1:])


def test_a_rater_of_one_stimulus_has_no_variance(make_evidence: Make, honest: np.ndarray):
    honest[0, 1:] = np.nan
    honest[0, 0, 1:] = np.nan
    found = variance(make_evidence(honest), VarianceRule())
    assert found.reasons[0] == "variance undefined: fewer than two stimuli rated"
