"""Correlation with the others and its permutation null: brute force and the stated false passes."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.screening.correlation import (
    correlations,
    false_pass_rate,
    permutation,
    permutation_test,
)
from analysis.screening.evidence import leave_one_out_means
from analysis.screening.rules import PermutationRule

Make = Callable[..., Any]


def test_others_means_and_correlations_are_those_of_a_loop(make_evidence: Make):
    generator = np.random.default_rng(0)
    scores = generator.integers(1, 6, (7, 2, 9)).astype(float)
    scores[generator.random(scores.shape) < 0.3] = np.nan
    scores[1:, 0, 0] = np.nan  # a stimulus that only one rater heard
    scores[0, 0, 0] = 3
    cells = make_evidence(scores).cells
    flat = scores.reshape(7, -1)
    heard = np.isfinite(flat).any(axis=0)
    flat = flat[:, heard]
    others = leave_one_out_means(cells)
    found = correlations(cells)
    for rater in range(7):
        rest = np.delete(flat, rater, axis=0)
        counts = np.isfinite(rest).sum(axis=0)
        means = np.where(counts > 0, np.nansum(rest, axis=0) / np.maximum(counts, 1), np.nan)
        own = np.isfinite(flat[rater])
        np.testing.assert_allclose(others[cells.rater == rater], means[own])
        both = own & np.isfinite(means)
        assert found[rater] == pytest.approx(stats.pearsonr(flat[rater, both], means[both])[0])


def test_the_null_is_that_of_all_orders_of_the_raters_own_scores(make_evidence: Make):
    own, others = np.array([5, 1, 2, 4, 3, 3]), np.array([4, 2, 1, 5, 3, 2])
    rule = PermutationRule(false_pass_rate=0.1, permutations=50_000)
    cells = make_evidence(np.stack([own, others]).astype(float)[:, None, :]).cells
    correlation, quantile = permutation_test(cells, rule, 0)
    orders = list(itertools.permutations(own))
    null = np.array([np.corrcoef(order, others)[0, 1] for order in orders])
    assert correlation[0] == pytest.approx(np.corrcoef(own, others)[0, 1])
    assert (null > quantile[0] + 1e-9).mean() <= 0.1 <= (null > quantile[0] - 1e-9).mean() + 0.01


@pytest.mark.parametrize("notes", [10, 34])
@pytest.mark.parametrize("liked", [None, (0.02, 0.03, 0.05, 0.3, 0.6)])
def test_random_clickers_pass_as_often_as_stated(
    make_evidence: Make, notes: int, liked: tuple[float, ...] | None
):
    generator = np.random.default_rng(7)
    honest = np.array([4.0, 3.0, 3.5])[:, None] + generator.standard_normal((50, 3, notes))
    clickers = generator.choice(5, size=(1000, 3, notes), p=liked) + 1.0
    rule = PermutationRule(permutations=199)
    evidence = make_evidence(np.concatenate([honest, clickers]))
    found = permutation(evidence, rule, 0)
    passed = np.mean([not reason for reason in found.reasons[50:]])
    assert false_pass_rate(rule) == 0.05
    # Three standard errors of 1,000 draws; strict because ties count against the rater.
    assert 0.02 <= passed <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)
    assert "5.0 % pass" in found.remarks[0]


@pytest.mark.parametrize("stimuli", [4, 5, 8])
def test_one_odd_score_never_passes_where_it_is_the_best_order_by_chance(
    make_evidence: Make, stimuli: int
):
    # Of one odd score's orders one in `stimuli` has the largest correlation: 12 % and more of
    # random answers reach it, so that no exact test at 5 % can be passed.
    generator = np.random.default_rng(stimuli)
    for _ in range(40):
        scores = generator.integers(1, 6, (7, 1, stimuli)).astype(float)
        scores[0] = generator.integers(1, 5)
        scores[0, 0, scores[1:, 0].sum(axis=0).argmax()] = 5
        found = permutation(make_evidence(scores), PermutationRule(), 0)
        assert found.reasons[0]


def test_honest_raters_pass(make_evidence: Make, honest: np.ndarray):
    found = permutation(make_evidence(honest), PermutationRule(), 0)
    assert not any(found.reasons)


def test_a_rater_without_a_correlation_is_not_kept_and_told_why(
    make_evidence: Make, honest: np.ndarray
):
    honest[0] = 3  # the same answer to everything
    honest[1, 1:] = np.nan  # one stimulus only
    honest[1, 0, 1:] = np.nan
    found = permutation(make_evidence(honest), PermutationRule(), 0)
    assert found.reasons[0] == "correlation undefined: all 30 scores equal"
    assert found.reasons[1] == "correlation undefined: fewer than two stimuli rated"
    assert np.isnan(found.null_quantile[:2]).all()
    assert not any(found.reasons[2:])


def test_one_rater_alone_has_no_correlation(make_evidence: Make, honest: np.ndarray):
    found = permutation(make_evidence(honest[:1]), PermutationRule(), 0)
    assert found.reasons == ("correlation undefined: too few others rated the same stimuli, or "
                             "all alike",)  # fmt: skip


def test_the_seed_decides_and_other_raters_do_not_change_ones_null(
    make_evidence: Make, honest: np.ndarray
):
    cells = make_evidence(honest).cells
    rule = PermutationRule()
    first, again = (permutation_test(cells, rule, 5)[1] for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, permutation_test(cells, rule, 6)[1])


def test_sixty_raters_and_a_thousand_permutations_take_well_under_a_second(make_evidence: Make):
    generator = np.random.default_rng(0)
    cells = make_evidence(generator.integers(1, 6, (60, 3, 100)).astype(float)).cells
    start = time.process_time()
    permutation_test(cells, PermutationRule(permutations=1000), 0)
    assert time.process_time() - start < 1


def test_a_rate_that_the_permutations_cannot_show_is_refused():
    with pytest.raises(ValueError, match="take at least 1000"):
        PermutationRule(false_pass_rate=0.001, permutations=100)
