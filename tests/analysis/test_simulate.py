import numpy as np
import pytest

from analysis.designs import crossed, crowd, skewed
from analysis.simulate import (
    Population,
    draw_scores,
    note_names,
    simulate_choices,
    simulate_ratings,
)
from analysis.variances import Variances
from eval_suite.study_contracts import CHOICES, RATINGS
from eval_suite.tables import read_table

TRUTH = Variances(participant=0.35, note=0.25, residual=0.8)


def test_a_crossed_design_has_every_pair_once():
    design = crossed(3, 4)
    pairs = {*zip(design.participant.tolist(), design.note.tolist(), strict=True)}
    assert len(pairs) == design.ratings == 12
    assert (design.participants, design.notes) == (3, 4)


def test_a_crowd_uses_notes_equally_often_and_none_twice():
    design = crowd(70, 30, 7, seed=0)
    assert (np.bincount(design.participant) == 7).all()
    assert np.ptp(np.bincount(design.note)) <= 1
    pairs = {*zip(design.participant.tolist(), design.note.tolist(), strict=True)}
    assert len(pairs) == design.ratings


def test_skewed_workers_share_the_wanted_ratings_by_rank():
    design = skewed(60, 100, 2000, seed=0)
    counts = np.bincount(design.participant)
    assert design.ratings == pytest.approx(2000, rel=0.02)
    assert counts[0] == counts[1] == 100
    assert counts[59] < counts[29] / 1.8 < 100
    assert (np.diff(counts) <= 0).all()


@pytest.mark.parametrize("sizes", [(0, 5, 1), (5, 0, 1), (5, 5, 6), (5, 5, 0)])
def test_impossible_designs_are_refused(sizes):
    with pytest.raises(ValueError, match="expected at least"):
        crowd(*sizes, seed=0)


def test_scores_have_the_variances_that_are_asked_for():
    # Covariances of two ratings: of one rater Vw, of one note Vs, of neither 0.
    scores, _ = draw_scores(crossed(2, 2), Population(TRUTH), 3.5, 100_000, seed=0)
    covariance = np.cov(scores)
    assert np.diag(covariance) == pytest.approx(TRUTH.total, rel=0.02)
    assert covariance[0, 1] == pytest.approx(TRUTH.participant, abs=0.02)
    assert covariance[0, 2] == pytest.approx(TRUTH.note, abs=0.02)
    assert covariance[0, 3] == pytest.approx(0, abs=0.02)
    assert scores.mean() == pytest.approx(3.5, abs=0.01)


def test_inconsistent_raters_keep_the_mean_residual_variance():
    population = Population(Variances(0, 0, 0.8), inconsistency=0.5)
    scores, _ = draw_scores(crossed(200, 50), population, 0, 20, seed=0)
    of_raters = scores.reshape(200, 50, 20).var(axis=1)
    assert of_raters.mean() == pytest.approx(0.8, rel=0.06)
    assert of_raters.std() > 0.5


def test_random_clickers_use_every_point_and_pull_the_mean():
    population = Population(TRUTH, clickers=0.25)
    scores, clicks = draw_scores(crossed(40, 10), population, 4, 2000, seed=0)
    assert clicks.mean() == pytest.approx(0.25, abs=0.01)
    clicked = scores[np.repeat(clicks, 10, axis=0)]
    points, counts = np.unique(clicked, return_counts=True)
    assert points.tolist() == [1, 2, 3, 4, 5]
    assert counts / len(clicked) == pytest.approx(0.2, abs=0.01)
    assert scores.mean() == pytest.approx(population.mixed_mean(4), abs=0.02)
    assert population.mixed_mean(4) == 3.75


def test_shared_effects_tie_systems_together():
    # Of the variance of raters and notes 30 %, and nothing of the rest.
    population = Population(TRUTH, shared=0.3)
    means = {"a": 3.0, "b": 4.0}
    study = simulate_ratings(crossed(300, 300), means, population, is_rounded=False)
    cells = study.ratings.pivot_table("score", ["participant", "note"], "system")
    covariance = np.cov(cells["a"], cells["b"])
    assert covariance[0, 1] == pytest.approx(0.3 * (0.35 + 0.25), abs=0.06)
    assert covariance[0, 0] == pytest.approx(TRUTH.total, rel=0.1)


def test_tables_fit_their_contracts(tmp_path):
    design = crowd(12, 20, 10, seed=0)
    population = Population(TRUTH, clickers=0.3)
    study = simulate_ratings(design, {"sing": 3.55, "wavenet": 2.85}, population, seed=4)
    choices = simulate_choices(design, 0.697)
    for contract, frame in ((RATINGS, study.ratings), (CHOICES, choices)):
        path = tmp_path / f"{contract.name}.csv"
        frame.to_csv(path, index=False)
        assert len(read_table(path, contract)) == len(frame)
    assert {*study.ratings["score"]} <= {1, 2, 3, 4, 5}
    assert study.clickers < {*study.ratings["participant"]}
    positions = study.ratings.groupby("session")["position"].apply(sorted)
    assert all(places == list(range(1, 21)) for places in positions)


def test_the_seed_decides_the_study():
    design = crossed(4, 5)
    first, again, other = (simulate_ratings(design, {"a": 3}, seed=s).ratings for s in (0, 0, 1))
    assert first.equals(again)
    assert not first.equals(other)


def test_notes_have_different_names():
    assert len({*note_names(2000)}) == 2000


def test_preferences_have_the_proportion_that_is_asked_for():
    # With rater and note effects as large as the noise, as without.
    for variances in ((0, 0), (0.5, 0.5)):
        choices = simulate_choices(crossed(300, 300), 0.697, *variances, seed=1)
        assert (choices["choice"] == "sing").mean() == pytest.approx(0.697, abs=0.03)


def test_raters_and_notes_make_preferences_vary():
    flat, varied = (
        simulate_choices(crossed(100, 100), 0.6, variance, variance, seed=0)
        for variance in (0, 0.5)
    )
    spread = [
        (table["choice"] == "sing").groupby(table["participant"]).mean().std()
        for table in (flat, varied)
    ]
    assert spread[0] == pytest.approx(np.sqrt(0.24 / 100), rel=0.25)
    assert spread[1] > 3 * spread[0]


def test_position_bias_favours_what_is_heard_as_a():
    choices = simulate_choices(crossed(50, 50), 0.5, position_bias=0.5)
    assert (choices["choice"] == choices["a"]).mean() == pytest.approx(0.69, abs=0.03)


def test_negative_variances_are_refused():
    with pytest.raises(ValueError, match="negative"):
        Variances(0.1, -0.1, 1)
