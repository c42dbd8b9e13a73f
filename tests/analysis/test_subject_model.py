import numpy as np
import pandas as pd
import pytest

from analysis.designs import crossed, crowd
from analysis.simulate import Population, simulate_ratings
from analysis.subject_model import SMALLEST_SHARE, fit, fit_study
from analysis.variances import Variances


def made(participants, stimuli, deviations, seed=0):
    """Scores of a full design whose raters have these biases and deviations, and the truth."""
    generator = np.random.default_rng(seed)
    quality = generator.uniform(1, 5, stimuli)
    bias = generator.normal(0, 0.5, participants)
    bias -= bias.mean()
    design = crossed(participants, stimuli)
    noise = np.asarray(deviations)[design.participant] * generator.normal(size=design.ratings)
    scores = quality[design.note] + bias[design.participant] + noise
    return scores, design.participant, design.note, quality, bias


def test_scores_without_noise_give_back_qualities_and_biases():
    scores, participant, stimulus, quality, bias = made(5, 8, np.zeros(5))
    found = fit(scores, participant, stimulus)
    np.testing.assert_allclose(found.quality, quality, atol=1e-9)
    np.testing.assert_allclose(found.bias, bias, atol=1e-9)


def test_the_solution_satisfies_the_three_equations():  # BT.500-14, A2-2.4; P.913, 12.6
    scores, participant, stimulus, *_ = made(12, 30, np.linspace(0.5, 1.5, 12))
    table = scores.reshape(12, 30)
    found = fit(scores, participant, stimulus)
    residual = table - found.quality - found.bias[:, None]
    np.testing.assert_allclose(found.inconsistency, residual.std(axis=1), atol=1e-6)
    np.testing.assert_allclose(found.bias, (table - found.quality).mean(axis=1), atol=1e-6)
    expected = np.average(table - found.bias[:, None], axis=0, weights=found.inconsistency**-2.0)
    np.testing.assert_allclose(found.quality, expected, atol=1e-6)
    assert abs(found.bias.sum()) < 1e-9


def test_biases_and_inconsistencies_are_recovered():
    deviations = np.linspace(0.5, 1.5, 20)
    scores, participant, stimulus, _, bias = made(20, 2000, deviations)
    found = fit(scores, participant, stimulus)
    np.testing.assert_allclose(found.bias, bias, atol=0.1)
    np.testing.assert_allclose(found.inconsistency, deviations, rtol=0.15)


def test_the_most_consistent_of_few_raters_takes_over_as_far_as_the_limit_lets():
    scores, participant, stimulus, *_ = made(6, 2000, [0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
    found = fit(scores, participant, stimulus)
    residual = scores - found.quality[stimulus] - found.bias[participant]
    limit = SMALLEST_SHARE * residual.std()
    assert found.inconsistency[0] == pytest.approx(limit, rel=0.01) == pytest.approx(0.08, abs=0.01)


def test_qualities_are_nearer_to_the_truth_than_means_where_some_raters_guess():
    deviations = [0.3] * 20 + [2.0] * 10
    scores, participant, stimulus, quality, _ = made(30, 200, deviations)
    plain = scores.reshape(30, 200).mean(axis=0)
    found = fit(scores, participant, stimulus)
    ours, theirs = (np.square(one - quality).mean() for one in (found.quality, plain))
    assert ours < theirs / 5
    # The standard error, given the raters, is what the qualities are off by.
    assert np.sqrt(ours) == pytest.approx(found.standard_error.mean(), rel=0.15)


def test_equally_consistent_raters_give_plain_means():
    scores = np.array([1.0, 2, 3, 3, 2, 1, 2, 3, 1, 4, 5, 6])
    design = crossed(2, 6)
    found = fit(scores, design.participant, design.note)
    centred = scores.reshape(2, 6)
    centred = centred - centred.mean(axis=1, keepdims=True) + scores.mean()
    weights = found.inconsistency**-2.0
    np.testing.assert_allclose(found.quality, np.average(centred, axis=0, weights=weights))
    assert found.inconsistency[0] == pytest.approx(found.inconsistency[1])


def test_a_rater_of_one_rating_does_not_decide_the_quality():
    scores = np.array([1.0, 2, 3, 1.5, 2.5, 2.0, 5.0])
    participant, stimulus = np.array([0, 0, 0, 1, 1, 1, 2]), np.array([0, 1, 2, 0, 1, 2, 0])
    found = fit(scores, participant, stimulus)
    assert found.inconsistency.min() >= SMALLEST_SHARE * 0.01
    assert found.quality.max() < 4


def test_equal_scores_have_one_quality_and_no_bias():
    design = crossed(3, 4)
    found = fit(np.full(12, 4.0), design.participant, design.note)
    np.testing.assert_array_equal(found.quality, 4.0)
    np.testing.assert_array_equal(found.bias, 0.0)


def test_raters_who_share_no_stimulus_are_of_different_groups():
    participant, stimulus = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 2, 3])
    found = fit(np.array([1.0, 2, 3, 4, 5]), participant, stimulus)
    assert found.groups[0] == found.groups[1] != found.groups[2]


def test_random_clickers_are_the_least_consistent_of_a_simulated_study():
    population = Population(Variances(0.1, 0.5, 0.2), clickers=0.1)
    study = simulate_ratings(crowd(40, 60, 30, 0), {"a": 2, "b": 4}, population, seed=2)
    assert study.clickers
    fitted = fit_study(study.ratings)
    ranked = fitted.raters.sort_values("inconsistency", ascending=False)["participant"]
    assert {*ranked.head(len(study.clickers))} == study.clickers
    assert fitted.groups == 1
    assert len(fitted.stimuli) == 120


def test_tables_say_why_an_inconsistency_is_missing():
    ratings = pd.DataFrame(
        {
            "participant": ["p", "p", "q"],
            "system": "a",
            "note": ["low", "high", "low"],
            "score": [3.0, 4.0, 2.0],
        }
    )
    raters = fit_study(ratings).raters.set_index("participant")
    assert raters["reason"].to_dict() == {"p": "", "q": "inconsistency undefined: one rating"}
    assert np.isnan(raters.loc["q", "inconsistency"])


def test_no_score_is_a_value_error():
    with pytest.raises(ValueError, match="at least one"):
        fit(np.empty(0), np.empty(0, int), np.empty(0, int))
