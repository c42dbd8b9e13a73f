"""Metrics against ratings and choices, with scipy, a quadratic program and hand counts as truth."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from analysis.contracts_agreement import METRIC_AGREEMENT
from analysis.designs import crossed
from analysis.metric_agreement import mean_opinions, metrics_against_ratings
from analysis.metric_choices import metrics_against_choices
from analysis.monotone import monotone_cubic, root_mean_square
from analysis.rank_correlation import kendall, pearson, spearman
from analysis.simulate import note_names, simulate_choices, simulate_ratings
from eval_suite.tables import write_table
from sing.errors import SingError

SCIPY = {
    pearson: lambda x, y: stats.pearsonr(x, y).statistic,
    spearman: lambda x, y: stats.spearmanr(x, y).statistic,
    kendall: lambda x, y: stats.kendalltau(x, y).statistic,
}


@pytest.mark.parametrize("correlation", SCIPY)
def test_correlations_are_scipys_also_of_draws_and_ties(correlation):
    generator = np.random.default_rng(0)
    for levels in (4, 1000):
        x, y = generator.integers(levels, size=(2, 40)).astype(float)
        weights = generator.multinomial(40, np.full(40, 1 / 40), 5).astype(float)
        found = correlation(x, y, np.vstack([np.ones(40), weights]))
        samples = [np.arange(40), *(np.repeat(np.arange(40), w.astype(int)) for w in weights)]
        known = [SCIPY[correlation](x[places], y[places]) for places in samples]
        assert found == pytest.approx(known, abs=1e-12)


@pytest.mark.parametrize("correlation", SCIPY)
def test_a_constant_has_no_correlation(correlation):
    found = correlation(np.ones(5), np.arange(5.0), np.ones((1, 5)))
    assert math.isnan(found[0])


def test_the_mapping_is_the_least_squares_cubic_where_that_is_monotone():
    steps = np.linspace(-1, 1, 50)
    smooth = 2 * steps + 0.3 * steps**3 + 0.01 * np.cos(9 * steps)
    fitted = np.polynomial.Polynomial.fit(steps, smooth, 3)(steps)
    assert monotone_cubic(steps, smooth) == pytest.approx(fitted, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_mapping_is_the_best_monotone_cubic(seed: int):
    generator = np.random.default_rng(seed)
    metric = np.sort(generator.normal(size=30))
    mos = 3 + np.sin(2 * metric) + generator.normal(0, 0.5, 30)  # whose best cubic turns
    found = monotone_cubic(metric, mos)
    assert (np.diff(found) >= -1e-9).all()
    scaled = np.interp(metric, (metric[0], metric[-1]), (-1, 1))
    powers = np.vander(scaled, 4, increasing=True)
    places = np.linspace(-1, 1, 65)
    slopes = np.stack([0 * places, places**0, 2 * places, 3 * places**2], axis=1)
    known = optimize.minimize(
        lambda c: ((powers @ c - mos) ** 2).sum(),
        np.array([3.0, 0.1, 0, 0]),
        jac=lambda c: 2 * powers.T @ (powers @ c - mos),
        method="SLSQP",
        constraints={"type": "ineq", "fun": lambda c: slopes @ c, "jac": lambda c: slopes},
        options={"ftol": 1e-13, "maxiter": 500},
    )
    assert ((found - mos) ** 2).sum() == pytest.approx(known.fun, rel=1e-6)


def test_a_metric_that_runs_the_wrong_way_is_mapped_to_the_mean():
    metric = np.arange(20.0)
    assert monotone_cubic(metric, -metric) == pytest.approx(np.full(20, -9.5), abs=1e-6)


def test_errors_within_the_stimuli_s_intervals_do_not_count():  # ITU-T P.1401, clause 7.5
    errors, half = np.array([0.3, -0.5, 0.1, 0.0, 1.0, -0.2]), np.full(6, 0.2)
    assert root_mean_square(errors, half) == pytest.approx(
        math.sqrt((0.1**2 + 0.3**2 + 0.8**2) / (6 - 4))
    )
    with pytest.raises(ValueError, match="4 coefficients"):
        root_mean_square(np.ones(4), np.ones(4))


def test_mean_opinions_have_students_interval():
    made = simulate_ratings(crossed(5, 3), {"a": 3.0}).ratings
    row = mean_opinions(made).iloc[1]
    scores = made[made["note"] == row["note"]]["score"]
    half = stats.t.ppf(0.975, 4) * stats.sem(scores)
    assert (row["mos"], row["half_width"]) == pytest.approx((scores.mean(), half))


def study(notes: int = 30) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ratings of two systems, and metrics: a good one, a reversed one, noise, and one with gaps."""
    made = simulate_ratings(crossed(15, notes), {"sing": 3.5, "wavenet": 2.5}, seed=5).ratings
    opinions = mean_opinions(made)
    generator = np.random.default_rng(6)
    metrics = opinions[["system", "note"]].assign(split="test", reason="")
    metrics["spectral_loss"] = 5 - opinions["mos"] + generator.normal(0, 0.1, len(opinions))
    metrics["wav_mse"] = generator.random(len(opinions))
    metrics["pitch_within_50"] = opinions["mos"] / 5
    metrics["loudness_error"] = np.where(metrics["system"] == "sing", metrics["wav_mse"], np.nan)
    return made, metrics


def value(table: pd.DataFrame, *key: str) -> pd.Series:
    return table.set_index(["metric", "system", "measure"]).loc[key]


def test_agreement_is_above_zero_in_either_direction_of_a_metric(tmp_path):
    ratings, metrics = study()
    table = metrics_against_ratings(ratings, metrics, replicates=100)
    assert value(table, "spectral_loss", "sing", "pearson")["value"] > 0.9
    assert value(table, "pitch_within_50", "wavenet", "spearman")["value"] == pytest.approx(1)
    noise = value(table, "wav_mse", "sing", "pearson")
    assert noise["ci_low"] < 0 < noise["ci_high"]
    numbers = ["value", "ci_low", "ci_high"]
    assert np.isfinite(table.loc[table["reason"] == "", numbers].to_numpy(dtype=float)).all()
    write_table(tmp_path / "agreement-metrics.csv", METRIC_AGREEMENT, table)


def test_within_is_the_mean_of_the_systems_and_no_row_is_about_means_of_systems():
    ratings, metrics = study()
    table = metrics_against_ratings(ratings, metrics, ["wav_mse"], replicates=100)
    each = [value(table, "wav_mse", system, "kendall")["value"] for system in ("sing", "wavenet")]
    within = value(table, "wav_mse", "(within)", "kendall")
    assert within["value"] == pytest.approx(np.mean(each))
    assert within["count"] == 60
    assert table["count"].min() == 30


def test_a_metric_that_only_tells_systems_apart_agrees_pooled_but_not_within():
    ratings, metrics = study()
    generator = np.random.default_rng(7)
    shift = np.where(metrics["system"] == "sing", 0.0, 5.0)
    metrics["wav_mse"] = shift + generator.random(len(metrics))
    table = metrics_against_ratings(ratings, metrics, ["wav_mse"], replicates=100)
    assert value(table, "wav_mse", "(all)", "pearson")["ci_low"] > 0.5
    assert value(table, "wav_mse", "(within)", "pearson")["ci_low"] < 0.1


def test_stimuli_without_a_value_are_counted():
    ratings, metrics = study()
    table = metrics_against_ratings(ratings, metrics, ["loudness_error"], replicates=20)
    assert value(table, "loudness_error", "sing", "pearson")["left_out"] == 0
    assert "(all)" not in set(table["system"])  # one system has values
    absent = table[table["system"] == "wavenet"]
    assert set(absent["reason"]) == {"undefined: no rated stimulus has a value"}
    assert (set(absent["count"]), set(absent["left_out"])) == ({0}, {30})
    nothing = metrics_against_ratings(ratings, metrics.assign(wav_mse=np.nan), ["wav_mse"])
    assert set(nothing["reason"]) == {"undefined: no rated stimulus has a value"}
    assert set(nothing["left_out"]) == {60}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"wav_mse": 1.0}, "undefined: the metric is constant"),
        ({"rows": 4}, "undefined: fewer than 5 stimuli"),
        ({"score": 3.0}, "undefined: all mean opinions are equal"),
    ],
)
def test_what_has_no_correlation_has_a_reason(change, reason):
    ratings, metrics = study()
    ratings, metrics = (frame[frame["system"] == "sing"] for frame in (ratings, metrics))
    if "rows" in change:
        metrics = metrics.iloc[: change["rows"]]
    elif "score" in change:
        ratings = ratings.assign(**change)
    else:
        metrics = metrics.assign(**change)
    table = metrics_against_ratings(ratings, metrics, ["wav_mse"], replicates=20)
    assert set(table["reason"]) == {reason}


def test_one_rating_a_stimulus_leaves_no_rmse_star():
    ratings, metrics = study()
    ratings = ratings.drop_duplicates(["system", "note"])
    table = metrics_against_ratings(ratings, metrics, ["wav_mse"], replicates=20)
    row = value(table, "wav_mse", "sing", "rmse_star")
    assert row["reason"] == "undefined: a stimulus has one rating"
    assert value(table, "wav_mse", "sing", "rmse")["reason"] == ""


def test_a_rated_system_that_was_not_measured_is_named():
    ratings, metrics = study()
    table = metrics_against_ratings(
        ratings, metrics[metrics["system"] == "sing"], ["wav_mse"], replicates=20
    )
    row = value(table, "wav_mse", "wavenet", "pearson")
    assert (row["count"], row["left_out"]) == (0, 30)
    assert row["reason"] == "undefined: no rated stimulus has a value"


def test_a_metric_with_a_floor_is_found_as_people_write_it():
    ratings, metrics = study()
    metrics = metrics.rename(columns={"wav_mse": "itakura_saito@0.0001"})
    table = metrics_against_ratings(ratings, metrics, ["itakura_saito@1e-4"], replicates=20)
    assert set(table["metric"]) == {"itakura_saito@0.0001"}


def test_many_stimuli_need_little_memory_for_kendalls_tau():
    generator = np.random.default_rng(0)
    x, y = generator.integers(50, size=(2, 2_000)).astype(float)
    tracemalloc.start()
    found = kendall(x, y, np.ones((1, 2_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[0] == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)
    assert peak < 64 << 20  # all 2,000 x 2,000 pairs at once: 30 MB an array, five of them


def test_what_cannot_be_joined_is_one_line():
    ratings, metrics = study()
    with pytest.raises(SingError, match=r"--metric wav_mes.*did you mean 'wav_mse'"):
        metrics_against_ratings(ratings, metrics, ["wav_mes"])
    with pytest.raises(SingError, match="none of its"):
        metrics_against_ratings(ratings, metrics.assign(system="x"))
    with pytest.raises(SingError, match="no rating counts"):
        metrics_against_ratings(ratings.iloc[:0], metrics)


def test_the_share_of_choices_counts_trials_that_the_metric_predicts():
    first, second, third = note_names(3)
    choices = pd.DataFrame(
        [("p0", first, "a"), ("p1", first, "a"), ("p0", second, "b"), ("p1", second, "a"),
         ("p0", third, "b")],
        columns=["participant", "note", "choice"],
    ).assign(a="a", b="b")  # fmt: skip
    losses = {"a": (1.0, 2.0, 3.0), "b": (2.0, 2.0, math.nan)}
    metrics = pd.DataFrame(
        [(s, n, x) for s, row in losses.items() for n, x in zip(note_names(3), row, strict=True)],
        columns=["system", "note", "wav_mse"],
    ).assign(split="test", reason="", pitch_within_50=lambda frame: 3 - frame["wav_mse"])
    table = metrics_against_choices(choices, metrics)
    for metric in ("wav_mse", "pitch_within_50"):
        row = value(table, metric, "a | b", "abx_share")
        # Two trials are predicted, two are ties of the metric, one has no value.
        assert (row["value"], row["count"], row["left_out"]) == (3 / 4, 4, 1)
        assert row["ceiling"] == 3 / 4
    missing = metrics_against_choices(choices, metrics.assign(wav_mse=np.nan), ["wav_mse"])
    assert missing["reason"].tolist() == ["undefined: no note has the metric of both systems"]


def test_a_metric_that_knows_the_majority_reaches_the_ceiling():
    choices = simulate_choices(crossed(12, 40), 0.6, 0.2, 0.5, seed=8)
    share = (choices["choice"] == "sing").groupby(choices["note"]).mean()
    rows = [("sing", note, 1 - s) for note, s in share.items()]
    rows += [("wavenet", note, s) for note, s in share.items()]
    metrics = pd.DataFrame(rows, columns=["system", "note", "wav_mse"])
    row = metrics_against_choices(choices, metrics.assign(split="", reason="")).iloc[0]
    assert row["value"] == pytest.approx(row["ceiling"])
    assert 0.5 < row["ci_low"] < row["value"] < row["ci_high"] < 1
