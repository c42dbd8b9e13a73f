import math

import numpy as np
import pytest
from scipy import stats

from analysis import cell_sums
from analysis.designs import crossed, crowd
from analysis.two_way_bootstrap import expanded_tail, half_widths, replicate_means


def test_variance_of_replicates_is_the_closed_form_of_a_full_table():
    # Owen 2007: with row, column and rest effects a, b, e of the table at hand, the variance is
    # sum a^2 / N^2 + sum b^2 / M^2 + sum e^2 / (N M)^2.
    rows, columns = 6, 9
    generator = np.random.default_rng(0)
    table = generator.normal(size=(rows, columns)) + 2 * generator.normal(size=(rows, 1))
    design = crossed(rows, columns)
    drawn = replicate_means(
        table.ravel(), design.participant, design.note, np.zeros(54, dtype=int), 0, 40_000
    )
    of_row = table.mean(1, keepdims=True) - table.mean()
    of_column = table.mean(0, keepdims=True) - table.mean()
    rest = table - table.mean() - of_row - of_column
    expected = (of_row**2).sum() / rows**2 + (of_column**2).sum() / columns**2
    expected += (rest**2).sum() / (rows * columns) ** 2
    assert drawn[:, 0].var() == pytest.approx(expected, rel=0.03)
    assert drawn[:, 0].mean() == pytest.approx(table.mean(), abs=0.02)


def sparse_ratings():
    design = crowd(30, 50, 2, seed=0)
    generator = np.random.default_rng(1)
    system = generator.integers(2, size=design.ratings)
    return generator.normal(3, 1, design.ratings), design.participant, design.note, system


def test_tables_with_few_ratings_give_what_plain_matrices_give(monkeypatch):
    ratings = sparse_ratings()
    monkeypatch.setattr(cell_sums, "DENSE_SHARE", 1.0)
    sparse = replicate_means(*ratings, 0, 500)
    monkeypatch.setattr(cell_sums, "DENSE_SHARE", 0.0)
    np.testing.assert_allclose(replicate_means(*ratings, 0, 500), sparse, rtol=1e-9)


def test_systems_see_the_same_draws():
    scores, participant, note, _ = sparse_ratings()
    both = replicate_means(
        np.concatenate([scores, scores + 1]),
        *(np.concatenate([part, part]) for part in (participant, note)),
        np.repeat([0, 1], len(scores)),
        seed=0,
        replicates=300,
    )
    np.testing.assert_allclose(both[:, 1] - both[:, 0], 1)


def test_the_seed_decides_the_draws():
    ratings = sparse_ratings()
    first, again, other = (replicate_means(*ratings, seed, 50) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_replicate_without_a_rating_says_nothing():
    # Two raters of one note each: an eighth of the draws of raters and notes meets no rating.
    cells = np.array([0, 1])
    drawn = replicate_means(np.array([1.0, 5.0]), cells, cells, np.zeros(2, dtype=int), 0, 4000)
    assert np.isnan(drawn).mean() == pytest.approx(1 / 8, abs=0.02)
    assert half_widths(drawn, 2) == 2.0


def test_expanded_tail_is_that_of_the_population_variance_and_t():
    quantile = stats.t.ppf(0.975, 4) * math.sqrt(5 / 4)
    assert expanded_tail(5) == pytest.approx(stats.norm.cdf(-quantile))
    assert expanded_tail(100_000) == pytest.approx(0.025, rel=1e-3)


def test_half_width_of_normal_replicates_is_that_of_student():
    means = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)[:, None]
    assert half_widths(means, 20) == pytest.approx(
        stats.t.ppf(0.975, 19) * math.sqrt(20 / 19), rel=1e-3
    )
