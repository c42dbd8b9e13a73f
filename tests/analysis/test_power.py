import math

import numpy as np
import pytest
from scipy import stats

from analysis.designs import crossed
from analysis.power import half_width, of_difference, pilot_variances, plan, power, standard_error
from analysis.power_check import checked, simulate_design
from analysis.simulate import Population, simulate_ratings
from analysis.variances import Variances
from sing.errors import SingError

ASSUMED = Variances(participant=0.35, note=0.25, residual=0.8)


def test_the_papers_design_by_the_closed_form():
    expected = math.sqrt(0.35 / 60 + 0.25 / 100 + 0.8 / 6000)
    assert standard_error(ASSUMED, 60, 100, 100) == pytest.approx(expected)
    assert half_width(ASSUMED, 60, 100, 100) == pytest.approx(0.184, abs=0.0005)


def test_functions_are_vectorised():
    found = half_width(ASSUMED, np.array([[10], [60]]), np.array([50, 100, 200]), 20)
    assert found.shape == (2, 3)
    assert found[1, 1] == half_width(ASSUMED, 60, 100, 20)
    assert (np.diff(found, axis=0) < 0).all()
    assert (np.diff(found, axis=1) < 0).all()


def test_power_is_that_of_the_noncentral_t():
    error = float(standard_error(ASSUMED, 30, 40, 10))
    quantile = stats.t.ppf(0.975, 29)
    shift = 0.4 / error
    expected = stats.nct.sf(quantile, 29, shift) + stats.nct.cdf(-quantile, 29, shift)
    assert power(0.4, ASSUMED, 30, 40, 10) == pytest.approx(expected, abs=1e-6)


def test_power_is_the_error_rate_at_no_difference_and_certainty_at_large_ones():
    assert power(0, ASSUMED, 30, 40, 10) == pytest.approx(0.05, abs=1e-4)
    assert power([10, 1e4], ASSUMED, 30, 40, 10) == pytest.approx(1)
    assert power(-0.4, ASSUMED, 30, 40, 10) == power(0.4, ASSUMED, 30, 40, 10)


def test_one_rater_or_one_note_detects_nothing():
    assert power(3, ASSUMED, [1, 50], [50, 1], 1).tolist() == [0, 0]
    assert np.isinf(half_width(ASSUMED, 1, 50, 50))


def test_power_grows_with_raters():
    found = power(0.3, Variances(0.286, 0.165, 1.49), np.arange(2, 2200), 200, 200)
    assert (np.diff(found) > -1e-9).all()
    assert found[-1] > 0.999


def test_a_simulated_study_keeps_what_the_closed_form_promises():
    found = simulate_design(ASSUMED, 40, 50, 20, mean=0.35, seed=1, studies=3000)
    promised = float(half_width(ASSUMED, 40, 50, 20)), float(power(0.35, ASSUMED, 40, 50, 20))
    assert found.half_width == pytest.approx(promised[0], rel=0.02)
    assert found.detected == pytest.approx(promised[1], abs=0.025)


def test_a_plan_has_the_least_number_of_raters():
    table = plan(ASSUMED, [50, 100], 20, target_half_width=0.25)
    for row in table.to_dict("records"):
        sizes = (row["notes"], row["notes_each"])
        assert half_width(ASSUMED, row["participants"], *sizes) == row["half_width"] <= 0.25
        assert half_width(ASSUMED, row["participants"] - 1, *sizes) > 0.25
        assert row["ratings"] == 20 * row["participants"]
        assert row["reason"] == "planned for the half-width: no power"


def test_a_plan_for_a_difference_reaches_the_power():
    table = plan(ASSUMED, [100], difference=0.5, target_power=0.9)
    row = table.to_dict("records")[0]
    assert power(0.5, ASSUMED, row["participants"], 100, 100) == row["power"] >= 0.9
    assert power(0.5, ASSUMED, row["participants"] - 1, 100, 100) < 0.9


def test_too_few_notes_cannot_be_made_up_for_by_raters():
    row = plan(ASSUMED, [20, 1], target_half_width=0.2).to_dict("records")[1]
    # t(0.975, 19) * sqrt(0.25 / 20)
    assert row["reason"] == "no number of raters is enough: 20 notes alone give ± 0.234"
    assert math.isnan(row["participants"])


def test_what_systems_share_drops_out_of_their_difference():
    assert of_difference(ASSUMED, 1) == Variances(0, 0, 1.6)
    assert of_difference(ASSUMED, 0) == Variances(0.7, 0.5, 1.6)
    with pytest.raises(ValueError, match="0 to 1"):
        of_difference(ASSUMED, 1.5)


def test_a_pilot_gives_its_variances_and_those_of_differences():
    population = Population(ASSUMED, shared=0.4)
    means = {"a": 3.0, "b": 3.2, "c": 4.0}
    study = simulate_ratings(crossed(400, 400), means, population, seed=0, is_rounded=False)
    for is_difference, truth in ((False, ASSUMED), (True, of_difference(ASSUMED, 0.4))):
        found = pilot_variances(study.ratings, is_difference, "pilot.csv")
        assert found.participant == pytest.approx(truth.participant, rel=0.15)
        assert found.note == pytest.approx(truth.note, rel=0.15)
        assert found.residual == pytest.approx(truth.residual, rel=0.02)


def test_a_pilot_that_says_too_little_is_refused():
    ratings = simulate_ratings(crossed(3, 1), {"a": 3.0}).ratings
    with pytest.raises(SingError, match=r"pilot.csv: too few raters .* --var-participant"):
        pilot_variances(ratings, False, "pilot.csv")
    with pytest.raises(SingError, match="one system"):
        pilot_variances(ratings, True, "pilot.csv")


def test_checked_plans_hold_simulated_values_or_a_reason():
    table = plan(ASSUMED, [20, 60, 900], target_half_width=0.23)
    found = checked(table, ASSUMED, None, seed=0, studies=200).set_index("notes")
    assert math.isnan(found.loc[20, "simulated_half_width"])
    assert found.loc[60, "simulated_half_width"] == pytest.approx(0.23, rel=0.05)
    assert math.isnan(plan(ASSUMED, [60], target_half_width=0.23)["power"].iloc[0])


def test_a_plan_is_for_one_goal():
    with pytest.raises(ValueError, match="either"):
        plan(ASSUMED, [100], target_half_width=0.2, difference=0.2)
