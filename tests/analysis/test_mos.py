import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.designs import crossed
from analysis.mos import INTERVALS, OF_RATERS, estimate, grouped_table, mos_table
from analysis.simulate import Population, draw_scores, simulate_ratings
from analysis.variances import Variances
from sing.errors import SingError

# Two raters of two notes, as in test_moments: 1 and 3, 2 and 6.
FULL = (np.array([1.0, 3, 2, 6]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
T_1 = math.tan(0.475 * math.pi)
"""Student's t(0.975) of one degree of freedom, which is Cauchy's."""


def of(scores, participant, note, interval="crowdmos"):
    parts = (np.array(one, dtype=dtype) for one, dtype in
             ((scores, float), (participant, int), (note, int)))  # fmt: skip
    return estimate(*parts, interval)


def frame(*rows):
    return pd.DataFrame(rows, columns=["system", "participant", "note", "score"])


def test_crowdmos_interval_by_hand():
    found = estimate(*FULL)
    assert found.mos == 3
    assert found.ci95 == pytest.approx(T_1 * math.sqrt(1.6875))
    assert (found.ratings, found.participants, found.notes) == (4, 2, 2)
    assert found.effective_n == pytest.approx(3.5 / 1.6875)
    assert (found.var_participant, found.var_note, found.var_residual) == (1, 2.25, 0.25)
    assert not found.reason


def test_exact_moments_interval_by_hand():
    found = estimate(*FULL, interval="exact-moments")
    assert found.ci95 == pytest.approx(T_1 * math.sqrt(3))
    assert found.effective_n == pytest.approx((1.5 + 4 + 1) / 3)


def test_naive_interval_by_hand():
    found = estimate(*FULL, interval="naive")
    assert found.ci95 == pytest.approx(1.959964 * math.sqrt(14 / 3) / 2, rel=1e-6)
    # What the mean is worth does not depend on what one pretends.
    assert found.effective_n == estimate(*FULL).effective_n


@pytest.mark.parametrize("interval", INTERVALS)
def test_equal_decimal_scores_have_no_interval(interval):
    # 63 times 3.3 add up to a mean that is not 3.3: of rounding errors there is no interval.
    design = crossed(7, 9)
    found = estimate(np.full(63, 3.3), design.participant, design.note, interval)
    assert (found.mos, found.reason) == (3.3, "interval undefined: all scores are equal")
    assert math.isnan(found.ci95)
    assert math.isnan(found.effective_n)
    assert (found.var_participant, found.var_note, found.var_residual) == (0, 0, 0)


def test_equal_decimal_scores_of_a_note_have_no_interval():
    # The means of one, three and six of them differ in the last bit.
    rows = [("a", f"p{count}", "n", 3.3) for count in (1, 3, 6) for _ in range(count)]
    found = grouped_table(frame(*rows), "note").iloc[0]
    assert found["reason"] == "interval undefined: all scores are equal"


def test_degrees_of_freedom_are_the_fewer_of_raters_and_notes_less_one():
    generator = np.random.default_rng(0)
    design = crossed(3, 8)
    scores = generator.normal(3, 1, 24)
    for one, other in ((design.participant, design.note), (design.note, design.participant)):
        found = estimate(scores, one, other)
        error = math.sqrt(
            found.var_note * (1 / found.notes)
            + found.var_participant * (1 / found.participants)
            + found.var_residual / 24
        )
        assert found.ci95 == pytest.approx(stats.t.ppf(0.975, 2) * error)


@pytest.mark.parametrize(
    ("scores", "participant", "note", "variance", "degrees", "reason"),
    [
        ([2, 4, 6], [0, 1, 2], [0, 0, 1], 34 / 27, 1, "var_residual holds var_participant"),
        ([2, 4, 6], [0, 0, 1], [0, 1, 2], 34 / 27, 1, "var_residual holds var_note"),
        ([2, 4, 6], [0, 1, 2], [0, 1, 2], 8 / 9, 2, "var_residual holds all variances"),
    ],
)
def test_crowdmos_fallbacks_by_hand(scores, participant, note, variance, degrees, reason):
    found = of(scores, participant, note)
    assert found.ci95 == pytest.approx(stats.t.ppf(0.975, degrees) * math.sqrt(variance))
    assert found.reason.endswith(reason)


def test_independent_ratings_are_worth_their_number():
    found = of([2, 4, 6], [0, 1, 2], [0, 1, 2])
    assert found.effective_n == pytest.approx(3)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize(
    ("scores", "participant", "note", "reason"),
    [
        ([3], [0], [0], "interval undefined: one rating"),
        ([3, 3, 3, 3], [0, 0, 1, 1], [0, 1, 0, 1], "interval undefined: all scores are equal"),
        ([1, 3], [0, 0], [0, 1], "interval undefined: one rater"),
        ([1, 3], [0, 1], [0, 0], "interval undefined: one note"),
    ],
)
def test_degenerate_ratings_give_a_reason(interval, scores, participant, note, reason):
    table = frame(*(("a", f"p{p}", f"n{n}", float(s))
                    for s, p, n in zip(scores, participant, note, strict=True)))  # fmt: skip
    found = mos_table(table, interval, replicates=50).iloc[0]
    assert found["mos"] == np.mean(scores)
    if interval == "naive" and "one" in reason and "rating" not in reason:
        assert found["ci95"] > 0
        assert found["reason"].endswith("unknown: there is one")
    else:
        assert math.isnan(found["ci95"])
        assert found["reason"] == reason
    assert math.isnan(found["effective_n"])


def test_a_rater_who_always_gives_the_same_score_is_no_fault():
    found = of([3, 3, 3, 1, 5, 2], [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2])
    assert found.ci95 > 0
    assert not found.reason


def test_the_order_of_rows_does_not_matter():
    study = simulate_ratings(crossed(6, 8), {"a": 2.5, "b": 3.5}, seed=1)
    shuffled = study.ratings.sample(frac=1, random_state=0)
    for interval in INTERVALS:
        first, second = (mos_table(t, interval, replicates=80) for t in (study.ratings, shuffled))
        pd.testing.assert_frame_equal(first, second)


def test_systems_are_analysed_one_at_a_time():
    study = simulate_ratings(crossed(6, 8), {"a": 2.5, "b": 3.5}, seed=1)
    together = mos_table(study.ratings)
    for system in ("a", "b"):
        alone = mos_table(study.ratings[study.ratings["system"] == system])
        pd.testing.assert_frame_equal(
            together[together["system"] == system].reset_index(drop=True), alone
        )


def test_the_papers_design_gives_the_known_half_widths():
    # 60 workers x 100 notes: .030 naive and .184 for other raters and notes, on average.
    design = crossed(60, 100)
    truth = Variances(0.35, 0.25, 0.8)
    scores, _ = draw_scores(design, Population(truth), 3.55, 60, seed=0)
    halves = {
        name: np.mean([estimate(one, design.participant, design.note, name).ci95
                       for one in scores.T])
        for name in ("naive", "crowdmos", "exact-moments")
    }  # fmt: skip
    assert halves["naive"] == pytest.approx(0.030, abs=0.0005)
    assert halves["crowdmos"] == pytest.approx(0.184, abs=0.004)
    assert halves["exact-moments"] == pytest.approx(0.184, abs=0.004)


def test_bootstrap_interval_is_as_wide_as_the_moments():
    study = simulate_ratings(crossed(30, 40), {"a": 3.0}, seed=2, is_rounded=False)
    exact, drawn = (
        mos_table(study.ratings, name, replicates=4000)["ci95"].iloc[0]
        for name in ("exact-moments", "bootstrap")
    )
    assert drawn == pytest.approx(exact, rel=0.08)


def test_a_note_has_an_interval_over_its_raters():
    rows = [("a", f"p{n}", "bass_acoustic_000-040-100", s) for n, s in enumerate([1.0, 2, 4, 5])]
    rows += [("a", "p0", "bass_acoustic_000-041-100", 3.0)]
    found = grouped_table(frame(*rows), "note").set_index("group")
    known = found.loc["bass_acoustic_000-040-100"]
    low, high = stats.t.interval(0.95, 3, 3, stats.sem([1, 2, 4, 5]))
    assert known["ci95"] == pytest.approx((high - low) / 2)
    assert (known["mos"], known["interval"], known["reason"]) == (3, OF_RATERS, "")
    single = found.loc["bass_acoustic_000-041-100"]
    assert math.isnan(single["ci95"])
    assert single["reason"] == "interval undefined: one rater"


def test_two_ratings_of_a_note_by_one_rater_are_no_second_rater():
    note = "bass_acoustic_000-040-100"
    once = [("a", "p0", note, 2.0), ("a", "p1", note, 4.0)]
    twice = [("a", "p0", note, 1.0), ("a", "p0", note, 3.0), ("a", "p1", note, 4.0)]
    first, second = (grouped_table(frame(*rows), "note")["ci95"].iloc[0] for rows in (once, twice))
    assert first == second == pytest.approx(T_1 * 1.0)


def test_a_family_is_analysed_like_a_system():
    study = simulate_ratings(crossed(8, 27), {"a": 2.5}, seed=1)
    families = grouped_table(study.ratings, "family").set_index("group")
    assert len(families) == 9
    basses = study.ratings[study.ratings["note"].str.startswith("bass")]
    assert families.loc["bass", "ci95"] == mos_table(basses)["ci95"].iloc[0]
    assert families.loc["bass", "notes"] == 3


def test_families_of_notes_without_a_notes_name_are_refused():
    with pytest.raises(SingError, match="'low': not a note name"):
        grouped_table(frame(("a", "p", "low", 3.0)), "family")


def test_unknown_methods_and_groupings_are_value_errors():
    with pytest.raises(ValueError, match="crowdmos"):
        estimate(*FULL, interval="wald")
    with pytest.raises(ValueError, match="family or note"):
        grouped_table(frame(("a", "p", "n", 3.0)), "pitch")
