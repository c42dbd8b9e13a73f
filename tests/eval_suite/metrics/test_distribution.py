"""Distances between distributions, against closed forms, scipy and scikit-learn."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import rbf_kernel

from eval_suite.metrics import distribution
from eval_suite.metrics.distribution import (
    bandwidth,
    frechet_distance,
    frechet_interval,
    kernel_distance,
    kernel_interval,
)


def cloud(notes: int, features: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """Correlated features of no special kind."""
    generator = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(features, features))
    return generator.normal(size=(notes, features)) @ mixing + shift


def whitened(notes: int, features: int, seed: int) -> np.ndarray:
    """Samples whose mean is exactly 0 and whose covariance is exactly the identity."""
    samples = np.random.default_rng(seed).normal(size=(notes, features))
    directions, _ = np.linalg.qr(samples - samples.mean(0))
    return directions * np.sqrt(notes - 1)


def by_definition(reference: np.ndarray, estimate: np.ndarray) -> float:
    gamma = 1 / (2 * np.median(pdist(reference)) ** 2)
    within = [rbf_kernel(one, gamma=gamma) for one in (reference, estimate)]
    means = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in within]
    return sum(means) - 2 * rbf_kernel(reference, estimate, gamma=gamma).mean()


def test_frechet_distance_in_one_dimension_is_that_of_means_and_deviations():
    reference, estimate = 3 + 2 * whitened(50, 1, seed=0), -1 + 5 * whitened(80, 1, seed=1)
    assert frechet_distance(reference, estimate) == pytest.approx((3 + 1) ** 2 + (2 - 5) ** 2)


def test_frechet_distance_of_independent_features_adds_up():
    means, deviations = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.1, 3.0])
    reference = whitened(60, 3, seed=0)
    estimate = means + deviations * whitened(40, 3, seed=1)
    expected = (means**2).sum() + ((1 - deviations) ** 2).sum()
    assert frechet_distance(reference, estimate) == pytest.approx(expected)


def test_frechet_distance_agrees_with_the_matrix_square_root_of_scipy():
    reference, estimate = cloud(200, 8, seed=0), cloud(300, 8, seed=1, shift=0.5) * 1.3
    first, second = np.cov(reference.T), np.cov(estimate.T)
    expected = ((reference.mean(0) - estimate.mean(0)) ** 2).sum()
    expected += np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet_distance(reference, estimate) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_fewer_notes_than_features_has_its_exact_value():
    reference, estimate = cloud(12, 30, seed=0), cloud(9, 30, seed=1)
    first, second = ((one - one.mean(0)) / np.sqrt(len(one) - 1) for one in (reference, estimate))
    # tr((A'A B'B)^(1/2)) is the sum of the singular values of A B'.
    root = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    expected = ((reference.mean(0) - estimate.mean(0)) ** 2).sum()
    expected += (first**2).sum() + (second**2).sum() - 2 * root
    assert frechet_distance(reference, estimate) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("notes", [10, 500])
def test_frechet_distance_of_a_set_from_itself_is_zero_and_from_a_moved_copy_the_move(notes):
    features = cloud(notes, 20, seed=0)
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-4)
    assert frechet_distance(features, features + 0.5) == pytest.approx(20 * 0.25, abs=1e-4)


def test_kernel_distance_agrees_with_scikit_learn():
    reference, estimate = cloud(70, 5, seed=0), cloud(40, 5, seed=1, shift=1.0)
    found = kernel_distance(reference, estimate)
    assert found == pytest.approx(by_definition(reference, estimate), rel=1e-9)


def test_bandwidth_is_the_median_distance_of_the_reference_however_many_notes_it_has():
    few = cloud(300, 4, seed=0)
    assert bandwidth(few) == pytest.approx(np.median(pdist(few)))
    many = cloud(3_000, 4, seed=1)
    assert bandwidth(many) == pytest.approx(np.median(pdist(many)), rel=0.05)
    assert bandwidth(np.ones((10, 4))) == 1  # a system that makes one sound only


def test_kernel_distance_does_not_depend_on_the_blocks(monkeypatch):
    reference, estimate = cloud(70, 5, seed=0), cloud(40, 5, seed=1, shift=1.0)
    clusters = np.arange(70) // 5, np.arange(40) // 5
    whole = kernel_distance(reference, estimate)
    interval = kernel_interval(reference, estimate, *clusters, seed=0, resamples=50)
    monkeypatch.setattr(distribution, "_BLOCK_CELLS", 210)  # three rows, so clusters are cut
    assert kernel_distance(reference, estimate) == pytest.approx(whole, rel=1e-12)
    cut = kernel_interval(reference, estimate, *clusters, seed=0, resamples=50)
    assert (cut.value, cut.low, cut.high) == pytest.approx(
        (interval.value, interval.low, interval.high), rel=1e-9
    )


def test_kernel_distance_is_unbiased_and_frechet_distance_is_not():
    draws = [(cloud(30, 6, seed=2 * n), cloud(30, 6, seed=2 * n + 1)) for n in range(200)]
    kernel = np.array([kernel_distance(*pair) for pair in draws])
    assert abs(kernel.mean()) < 4 * kernel.std() / np.sqrt(len(kernel))
    assert kernel.min() < 0
    frechet = np.array([frechet_distance(*pair) for pair in draws])
    assert frechet.mean() > 20 * frechet.std() / np.sqrt(len(frechet))
    more = [frechet_distance(cloud(300, 6, n), cloud(300, 6, n + 1)) for n in range(0, 40, 2)]
    assert np.mean(more) < 0.2 * frechet.mean()


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_distances_rise_with_how_far_a_set_is_off(distance):
    reference = cloud(200, 6, seed=0)
    noise = np.random.default_rng(1).normal(size=reference.shape)
    found = [distance(reference, reference + level * noise) for level in (0, 0.5, 1, 2, 4)]
    assert found == sorted(found)
    assert len({*found}) == 5


def test_kernel_interval_of_a_resample_leaves_out_the_pairs_of_copies():
    # With two clusters a draw has both, or one twice: three values, each by its definition.
    reference, estimate = cloud(8, 3, seed=0), cloud(8, 3, seed=1)
    clusters = np.repeat([0, 1], 4)
    width = bandwidth(reference)
    halves = [slice(0, 4), slice(4, 8)]

    def of(part: slice) -> float:
        kernels = [
            rbf_kernel(a[part], b[part], gamma=1 / (2 * width**2))
            for a, b in ((reference, reference), (estimate, estimate), (reference, estimate))
        ]
        within = [(k.sum() - 4) / 16 * 4 / 3 for k in kernels[:2]]
        return sum(within) - 2 * kernels[2].mean()

    values = np.array([of(part) for part in halves])
    found = kernel_interval(reference, estimate, clusters, clusters, seed=0, resamples=4_000)
    drawn = np.array([values[0], kernel_distance(reference, estimate), values[1]])
    mean = drawn @ [0.25, 0.5, 0.25]
    assert found.low - found.value == pytest.approx(drawn.min() - mean, abs=0.1 * np.ptp(drawn))
    assert found.high - found.value == pytest.approx(drawn.max() - mean, abs=0.1 * np.ptp(drawn))


@pytest.mark.slow
@pytest.mark.parametrize("interval_of", [frechet_interval, kernel_interval])
def test_intervals_over_clusters_cover_what_other_clusters_would_give(interval_of):
    clusters = np.repeat(np.arange(40), 5)

    def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng(seed)
        centres, offset = generator.normal(size=(40, 2)), 1 + 0.5 * generator.normal(size=(40, 2))
        reference = centres[clusters] + 0.2 * generator.normal(size=(200, 2))
        return reference, reference + offset[clusters] + 0.2 * generator.normal(size=(200, 2))

    distance = frechet_distance if interval_of is frechet_interval else kernel_distance
    expected = np.mean([distance(*draw(1_000 + n)) for n in range(300)])

    def coverage(groups: np.ndarray) -> float:
        found = [interval_of(*draw(n), groups, groups, seed=0, resamples=150) for n in range(80)]
        return float(np.mean([one.low <= expected <= one.high for one in found]))

    assert coverage(clusters) > 0.85
    assert coverage(np.arange(200)) < 0.75  # as if the five notes of a pair were independent


def test_interval_follows_its_seed_and_needs_two_clusters():
    reference, estimate = cloud(40, 3, seed=0), cloud(40, 3, seed=1, shift=1.0)
    pairs = np.arange(40) // 5
    for interval_of in (frechet_interval, kernel_interval):
        first, again, other = (
            interval_of(reference, estimate, pairs, pairs, seed=seed, resamples=60)
            for seed in (1, 1, 2)
        )
        assert first == again
        assert first != other
        assert first.low < first.value < first.high
        one = np.zeros(40, np.int64)
        alone = interval_of(reference, estimate, one, one, seed=1)
        assert alone.value == pytest.approx(first.value, rel=1e-9)
        assert np.isnan([alone.low, alone.high]).all()


def test_an_interval_of_the_frechet_distance_ends_at_zero():
    reference = cloud(40, 3, seed=0)
    estimate = reference + cloud(40, 3, seed=1) * 0.05
    pairs = np.arange(40) // 5
    found = frechet_interval(reference, estimate, pairs, pairs, seed=1, resamples=60)
    assert 0 == found.low < found.value < found.high


@pytest.mark.parametrize(
    ("estimate", "fault"),
    [
        (np.zeros((1, 3)), "N >= 2"),
        (np.zeros((5, 4)), "differ in E"),
        (np.full((5, 3), np.nan), "NaN"),
        (np.zeros(5), "expected"),
    ],
)
def test_features_that_cannot_be_compared_are_refused(estimate, fault):
    for distance in (frechet_distance, kernel_distance):
        with pytest.raises(ValueError, match=fault):
            distance(cloud(5, 3, seed=0), estimate)
