"""Bootstrap intervals against closed forms."""

import numpy as np
import pytest
from scipy import stats

from eval_suite.intervals import bootstrap_means, cluster_numbers


def test_clusters_are_numbered_in_the_order_of_their_first_appearance():
    assert cluster_numbers([("b", 1), ("a", 1), ("b", 1), ("b", 2)]).tolist() == [0, 1, 0, 2]


def test_interval_of_many_equal_clusters_is_that_of_the_normal_law():
    generator = np.random.default_rng(0)
    of_cluster = generator.normal(5.0, 2.0, 400)
    clusters = np.repeat(np.arange(400), 5)
    values = of_cluster[clusters] + generator.normal(0, 0.1, 2_000)
    mean, low, high = (end[0] for end in bootstrap_means(values[:, None], clusters, seed=1))
    means = values.reshape(400, 5).mean(1)
    half = stats.norm.ppf(0.975) * means.std() / np.sqrt(400)
    assert mean == pytest.approx(values.mean(), rel=1e-12)
    assert low == pytest.approx(mean - half, abs=0.05 * half)
    assert high == pytest.approx(mean + half, abs=0.05 * half)
    # Treating the 2,000 notes as independent would make it less than half as wide.
    assert stats.norm.ppf(0.975) * values.std() / np.sqrt(2_000) < half / 2


def test_interval_of_two_clusters_of_unequal_size_is_exact():
    # A resample is (first, first), (first, second) twice as likely, or (second, second): its mean
    # is 0, (3 x 0 + 1 x 8) / 4 = 2, or 8, with chances 1/4, 1/2, 1/4. So both ends are certain.
    values = np.array([0.0, 0.0, 0.0, 8.0])[:, None]
    mean, low, high = bootstrap_means(values, np.array([0, 0, 0, 1]), seed=0)
    assert (mean.item(), low.item(), high.item()) == (2, 0, 8)


def test_systems_are_resampled_together_so_equal_columns_have_equal_intervals():
    values = np.random.default_rng(2).normal(size=(60, 1))
    clusters = np.repeat(np.arange(20), 3)
    mean, low, high = bootstrap_means(np.hstack([values, values + 1]), clusters, seed=3)
    np.testing.assert_allclose([mean[1], low[1], high[1]], [mean[0] + 1, low[0] + 1, high[0] + 1])


def test_missing_values_are_left_out_of_their_column_alone():
    values = np.array([[1.0, 1.0], [3.0, np.nan], [5.0, 5.0]])
    mean, low, high = bootstrap_means(values, np.arange(3), seed=0)
    assert mean.tolist() == [3, 3]
    assert low.tolist() == [1, 1]
    assert high.tolist() == [5, 5]


def test_one_cluster_has_a_mean_and_no_interval_and_an_empty_column_not_even_a_mean():
    values = np.array([[1.0, np.nan], [2.0, np.nan]])
    mean, low, high = bootstrap_means(values, np.zeros(2, dtype=np.int64), seed=0)
    assert mean[0] == 1.5
    assert np.isnan([low[0], high[0], mean[1], low[1], high[1]]).all()


def test_the_seed_alone_decides_the_interval():
    values = np.random.default_rng(4).normal(size=(50, 1))
    one, same, other = (
        bootstrap_means(values, np.arange(50), seed)[1].item() for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other
