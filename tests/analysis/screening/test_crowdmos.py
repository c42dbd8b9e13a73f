"""crowdMOS's screening by hand-computed means, and what chance makes of it."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analysis.screening.correlation import correlations
from analysis.screening.crowdmos import chance_share, crowdmos, means_correlation
from analysis.screening.rules import CrowdmosRule

Make = Callable[..., Any]


def nobody(evidence: Any) -> np.ndarray:
    return np.zeros(len(evidence.participants), dtype=bool)


@pytest.mark.parametrize(("threshold", "expected"), [(0.25, 0.42), (0.7, 0.25)])
def test_three_systems_let_random_clickers_through(
    make_evidence: Make, threshold: float, expected: float
):
    assert chance_share(threshold, 3) == pytest.approx(expected, abs=0.004)
    assert chance_share(threshold, 3) == pytest.approx(0.5 - math.asin(threshold) / math.pi)
    generator = np.random.default_rng(0)
    honest = np.array([3.86, 2.85, 3.55])[:, None] + generator.standard_normal((3000, 3, 10))
    clickers = generator.integers(1, 6, (3000, 3, 10)).astype(float)
    cells = make_evidence(np.concatenate([honest, clickers])).cells
    found = means_correlation(cells, np.arange(6000) < 3000, leave_one_out=False)[3000:]
    assert (found >= threshold).mean() == pytest.approx(expected, abs=0.025)


@pytest.mark.parametrize(("stimuli", "low", "high"), [(30, 0.08, 0.10), (100, 0.002, 0.009)])
def test_a_fixed_threshold_on_stimuli_depends_on_their_number(
    make_evidence: Make, stimuli: int, low: float, high: float
):
    # 9 % of clickers with 30 scores, under 1 % with 100.
    assert low <= chance_share(0.25, stimuli) <= high
    generator = np.random.default_rng(0)
    quality = 3.4 + 0.65 * generator.standard_normal(stimuli)
    honest = quality + generator.standard_normal((40, 1, stimuli))
    clickers = generator.integers(1, 6, (4000, 1, stimuli)).astype(float)
    cells = make_evidence(np.concatenate([honest, clickers])).cells
    found = means_correlation(cells, np.arange(4040) < 40, leave_one_out=False)[40:]
    assert low <= (found >= 0.25).mean() <= high + 0.01


def test_a_correlation_of_070_on_stimuli_rejects_nearly_every_honest_rater(make_evidence: Make):
    generator = np.random.default_rng(1)
    quality = np.array([3.86, 2.85, 3.55])[:, None] + 0.5 * generator.standard_normal((3, 100))
    noise = math.sqrt(0.8) * generator.standard_normal((200, 3, 100))
    found = correlations(make_evidence(np.clip(np.round(quality + noise), 1, 5)).cells)
    assert (found < 0.7).mean() > 0.95
    assert (found > 0.25).all()


# Means per system: three agree, one is reversed, one prefers another.
MEANS = [[5, 1, 3], [5, 2, 3], [4, 1, 3], [1, 5, 3], [2, 1, 5]]


def test_two_passes_with_means_taken_again(make_evidence: Make):
    evidence = make_evidence(np.repeat(np.array(MEANS, dtype=float)[:, :, None], 2, axis=2))
    found = crowdmos(evidence, CrowdmosRule(), nobody(evidence))
    everybody = np.mean(MEANS, axis=0)
    first = [np.corrcoef(row, everybody)[0, 1] for row in MEANS]
    left = [row for row, r in zip(MEANS, first, strict=True) if r >= 0.25]
    second = [np.corrcoef(row, np.mean(left, axis=0))[0, 1] for row in MEANS]
    assert [r < 0.25 for r in first] == [False, False, False, True, False]
    assert second[4] < 0.7 <= min(second[:3])
    assert found.reasons[:3] == ("", "", "")
    assert found.reasons[3] == f"first pass: correlation {first[3]:.2f} below 0.25"
    assert found.reasons[4] == f"second pass: correlation {second[4]:.2f} below 0.7"
    np.testing.assert_allclose(found.correlation[[0, 3, 4]], [second[0], first[3], second[4]])


def test_the_too_fast_do_not_count_in_the_second_pass(make_evidence: Make):
    evidence = make_evidence(np.repeat(np.array(MEANS, dtype=float)[:, :, None], 2, axis=2))
    is_fast = np.array([False, False, False, False, True])
    found = crowdmos(evidence, CrowdmosRule(), is_fast)
    means = np.mean(MEANS[:3], axis=0)
    assert found.correlation[0] == pytest.approx(np.corrcoef(MEANS[0], means)[0, 1])


def test_leaving_the_rater_out_can_be_asked_for(make_evidence: Make):
    cells = make_evidence(np.array(MEANS, dtype=float)[:, :, None]).cells
    found = means_correlation(cells, np.ones(5, dtype=bool), leave_one_out=True)
    rest = np.mean(MEANS[1:], axis=0)
    assert found[0] == pytest.approx(np.corrcoef(MEANS[0], rest)[0, 1])


def test_an_undefined_correlation_does_not_count(make_evidence: Make):
    scores = np.array(MEANS[:3], dtype=float)[:, :, None]
    scores[2, 1:] = np.nan  # one system
    evidence = make_evidence(scores)
    found = crowdmos(evidence, CrowdmosRule(), nobody(evidence))
    assert found.reasons[2].startswith("correlation undefined: fewer than two systems")
    assert found.correlation[0] == pytest.approx(
        np.corrcoef(MEANS[0], np.mean(MEANS[:2], axis=0))[0, 1]
    )


def test_one_system_is_correlated_over_its_stimuli(make_evidence: Make, honest: np.ndarray):
    cells = make_evidence(honest[:, :1]).cells
    found = means_correlation(cells, np.ones(20, dtype=bool), leave_one_out=False)
    means = honest[:, 0].mean(axis=0)
    assert found[4] == pytest.approx(np.corrcoef(honest[4, 0], means)[0, 1])


def test_too_few_sessions_do_not_count(make_evidence: Make):
    scores = np.array(MEANS[:3], dtype=float)[:, :, None]
    evidence = make_evidence(scores, session=[*"abc", *"aaa", *"abb"])
    found = crowdmos(evidence, CrowdmosRule(fewest_sessions=2), nobody(evidence))
    assert found.reasons == ("", "1 sessions, expected at least 2", "")
