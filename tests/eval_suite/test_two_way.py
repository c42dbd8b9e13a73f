"""Two-way intervals against the analysis of variance and against simulated truth."""

import numpy as np
import pytest
from scipy import stats

from eval_suite.two_way import effective_number, two_way_mean


def crossed(rows: int, columns: int, times: int = 1) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.divmod(np.arange(rows * columns), columns)
    return np.repeat(first, times), np.repeat(second, times)


@pytest.mark.parametrize("times", [1, 3])
def test_on_a_balanced_design_it_is_the_analysis_of_variance(times: int):
    rows, columns = 6, 9
    generator = np.random.default_rng(0)
    first, second = crossed(rows, columns, times)
    values = (
        generator.normal(0, 1, rows)[first]
        + generator.normal(0, 1, columns)[second]
        + generator.normal(0, 0.5, len(first))
        + 0.7
    )
    cells = values.reshape(rows, columns, times).mean(axis=2)
    # Mean squares of the textbook table, as variances of the mean: rows, columns, cells.
    of_rows = cells.mean(axis=1).var(ddof=1) / rows
    of_columns = cells.mean(axis=0).var(ddof=1) / columns
    of_cells = cells.var(ddof=1) / (rows * columns)
    found = two_way_mean(values, first, second)
    assert found.value == pytest.approx(values.mean(), rel=1e-12)
    assert found.standard_error**2 == pytest.approx(of_rows + of_columns - of_cells, rel=1e-10)
    half = stats.t.ppf(0.975, rows - 1) * found.standard_error
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))
    statistic = found.value / found.standard_error
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(statistic), rows - 1), rel=1e-9)
    assert found.degrees == pytest.approx(rows - 1)


def test_when_only_rows_differ_it_is_the_t_test_of_their_means():
    first, second = crossed(8, 5)
    of_row = np.random.default_rng(1).normal(0.5, 1, 8)
    found = two_way_mean(of_row[first], first, second)
    known = stats.ttest_1samp(of_row, 0)
    # V(rows) - V(cells) alone would be less than what the rows say.
    assert found.standard_error == pytest.approx(of_row.std(ddof=1) / np.sqrt(8), rel=1e-12)
    low, high = of_row.mean() + stats.t.ppf([0.025, 0.975], 4) * found.standard_error
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p_value > known.pvalue  # 4 degrees of freedom, for the five columns


def test_the_order_of_the_two_crossings_the_values_and_the_labels_do_not_matter():
    generator = np.random.default_rng(2)
    first, second = generator.integers(5, size=60), generator.integers(11, size=60)
    values = generator.normal(size=60)
    shuffled = generator.permutation(60)
    found = two_way_mean(values, first, second)
    other = two_way_mean(values[shuffled], 100 - 7 * second[shuffled], first[shuffled])
    assert (other.low, other.high) == pytest.approx((found.low, found.high), rel=1e-12)
    assert other.degrees == pytest.approx(found.degrees, rel=1e-12)


def test_equal_values_have_an_interval_of_no_width():
    first, second = crossed(3, 3)
    nothing, constant = (two_way_mean(np.full(9, level), first, second) for level in (0.0, 0.5))
    assert (nothing.low, nothing.high, nothing.p_value) == (0, 0, 1)
    assert (constant.low, constant.high, constant.p_value) == (0.5, 0.5, 0)


@pytest.mark.parametrize(
    ("first", "second", "kind"), [([7, 7], [0, 1], "instrument"), ([0, 1], [4, 4], "pitch")]
)
def test_one_cluster_of_a_kind_has_a_mean_and_a_reason_for_having_no_interval(first, second, kind):
    found = two_way_mean(
        np.array([1.0, 2.0]), np.array(first), np.array(second), ("instrument", "pitch")
    )
    assert found.reason == f"interval undefined: one {kind}"
    assert found.value == 1.5
    assert np.isnan([found.low, found.high, found.p_value, found.half_width_at(0.9)]).all()


def test_where_only_unequal_clusters_matter_the_variance_is_unbiased():
    """Rows of 12, 6, 3, 2 and 1 values that share one effect each: Var(mean) = sum p^2."""
    sizes = np.array([12, 6, 3, 2, 1])
    first, second = np.repeat(np.arange(5), sizes), np.arange(24)
    effects = np.random.default_rng(4).normal(size=(20_000, 5))
    variances = [
        two_way_mean(effect[first], first, second).standard_error ** 2 for effect in effects
    ]
    shares = sizes / 24
    assert np.mean(variances) == pytest.approx(np.sum(shares**2), rel=0.03)
    assert two_way_mean(effects[0][first], first, second).degrees == pytest.approx(
        1 / np.sum(shares**2) - 1
    )


def test_the_effective_number_of_unequal_clusters_is_kishs():
    clusters = np.array([0] * 6 + [1] * 3 + [2] * 3)
    assert effective_number(np.full(12, 1 / 12), clusters) == pytest.approx(12**2 / (36 + 9 + 9))


@pytest.mark.parametrize(
    ("values", "first", "second", "fault"),
    [
        ([], [], [], "no value"),
        ([1.0, np.nan], [0, 1], [0, 1], "NaN or infinite"),
        ([1.0, 2.0], [0, 1, 2], [0, 1], "expected"),
    ],
)
def test_what_has_no_two_way_interval_is_the_callers_error(values, first, second, fault):
    numbers = (np.array(first, dtype=np.int64), np.array(second, dtype=np.int64))
    with pytest.raises(ValueError, match=fault):
        two_way_mean(np.array(values, dtype=float), *numbers)


@pytest.mark.parametrize(("of_rows", "of_columns"), [(0.5, 0.5), (1.0, 0.0), (0.0, 1.0)])
def test_in_a_sparse_design_it_covers_the_truth_where_independent_notes_do_not(
    of_rows: float, of_columns: float
):
    """16 instruments, 50 pitches, five cells an instrument, five velocities: a test split."""
    generator = np.random.default_rng(3)
    pitches = np.concatenate([generator.choice(50, 5, replace=False) for _ in range(16)])
    first, second = np.repeat(np.arange(16), 25), np.repeat(pitches, 5)
    cells = np.repeat(np.arange(80), 5)
    covered, naive, draws = 0, 0, 600
    for _ in range(draws):
        values = (
            np.sqrt(of_rows) * generator.standard_normal(16)[first]
            + np.sqrt(of_columns) * generator.standard_normal(50)[second]
            + 0.7 * generator.standard_normal(80)[cells]
            + 0.5 * generator.standard_normal(400)
        )
        found = two_way_mean(values, first, second)
        covered += found.low <= 0 <= found.high
        naive += abs(values.mean()) <= 1.966 * stats.sem(values)
    # 600 draws of a chance of 0.95 stay within three standard deviations of it, 0.027; where one
    # effect is nil the interval is a little too wide.
    assert 0.923 <= covered / draws <= 0.99
    assert naive / draws < 0.7
