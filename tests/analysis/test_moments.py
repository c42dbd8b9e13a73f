"""Every formula and branch by hand on tiny tables, and against analysis of variance."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest

from analysis.designs import crossed, crowd
from analysis.moments import Layout, Moments, components, layout_of, moments
from analysis.simulate import Population, draw_scores
from analysis.variances import Variances


def solved(scores, participant, note, ddof):
    values = np.array(scores, dtype=float)[:, None]
    found = components(moments(values, np.array(participant), np.array(note), ddof))
    parts = (found.participant, found.note, found.residual, found.of_mean)
    return tuple(float(part[0]) for part in parts)


# Two raters, two notes: rater 0 gives 1 and 3, rater 1 gives 2 and 6.
FULL = ([1, 3, 2, 6], [0, 0, 1, 1], [0, 1, 0, 1])
# Three raters with one rating each: two of note 0 (2 and 4), one of note 1 (6).
ONE_EACH = ([2, 4, 6], [0, 1, 2], [0, 0, 1])
# The same with raters and notes in each other's place.
ONE_A_NOTE = ([2, 4, 6], [0, 0, 1], [0, 1, 2])
# Neither a rater nor a note has two ratings.
NESTED = ([2, 4, 6], [0, 1, 2], [0, 1, 2])


def test_moments_of_a_full_table_by_hand():
    values = np.array(FULL[0], dtype=float)[:, None]
    found = moments(values, np.array(FULL[1]), np.array(FULL[2]))
    assert found.mean == 3
    assert found.within_note == (0.25 + 2.25) / 2
    assert found.within_participant == (1 + 4) / 2
    assert found.pooled == (4 + 0 + 1 + 9) / 4
    assert found.layout == Layout(4, 2, 2, 0.5, 0.5)


def test_crowdmos_of_a_full_table_by_hand():
    # A = 1.25, B = 2.5, C = 3.5: Vs = C - A, Vw = C - B, Vu = A + B - C.
    of_mean = 2.25 * 8 / 16 + 1 * 8 / 16 + 0.25 / 4
    assert solved(*FULL, ddof=0) == pytest.approx((1, 2.25, 0.25, of_mean))


def test_crowdmos_where_nobody_rated_two_notes_by_hand():
    # B does not exist; A = 1 (of note 0), C = 8 / 3, sum M^2 / T^2 = 5 / 9.
    of_mean = (8 / 3 - 1) * 5 / 9 + 1 / 3
    found = solved(*ONE_EACH, ddof=0)
    assert found == pytest.approx((math.nan, 5 / 3, 1, of_mean), nan_ok=True)


def test_crowdmos_where_no_note_was_rated_twice_by_hand():
    of_mean = (8 / 3 - 1) * 5 / 9 + 1 / 3  # the mirror image: the weights are those of raters
    found = solved(*ONE_A_NOTE, ddof=0)
    assert found == pytest.approx((5 / 3, math.nan, 1, of_mean), nan_ok=True)


def test_crowdmos_where_neither_was_takes_all_ratings_for_independent():
    found = solved(*NESTED, ddof=0)
    assert found == pytest.approx((math.nan, math.nan, 8 / 3, 8 / 9), nan_ok=True)


def test_the_weights_of_the_two_fallbacks_are_not_swapped():
    # Four ratings of note 0 and one of note 1, by five raters: sum M^2 / T^2 = 17 / 25, and
    # sum N^2 / T^2 = 5 / 25.
    scores, notes = [1, 3, 1, 3, 9], [0, 0, 0, 0, 1]
    pooled = np.var(scores)
    assert solved(scores, range(5), notes, 0)[3] == pytest.approx((pooled - 1) * 17 / 25 + 1 / 5)
    assert solved(scores, notes, range(5), 0)[3] == pytest.approx((pooled - 1) * 17 / 25 + 1 / 5)


@pytest.mark.parametrize(
    ("within_note", "within_participant", "pooled", "expected"),
    [
        (1.0, 1.0, 3.0, (2.0, 2.0, 0.0)),  # A + B - C < 0
        (4.0, 1.0, 3.0, (2.0, 0.0, 2.0)),  # C - A < 0
        (1.0, 4.0, 3.0, (0.0, 2.0, 2.0)),  # C - B < 0
    ],
)
def test_crowdmos_cuts_negative_variances_at_zero(
    within_note, within_participant, pooled, expected
):
    layout = Layout(10, 5, 5, 0.2, 0.2)
    parts = (np.array([value]) for value in (3.0, within_note, within_participant, pooled))
    found = components(Moments(layout, 0, *parts))
    assert (found.participant[0], found.note[0], found.residual[0]) == expected


def test_exact_moments_of_a_full_table_by_hand():
    # Sums of squares: raters 4, notes 9, rest 1, so mean squares 4, 9 and 1.
    expected = ((4 - 1) / 2, (9 - 1) / 2, 1, 1.5 / 2 + 4 / 2 + 1 / 4)
    assert solved(*FULL, ddof=1) == pytest.approx(expected)


def analysis_of_variance(table):
    """Variances of rows, columns and the rest of a full table, from mean squares (Searle 1971)."""
    rows, columns = table.shape
    row_means, column_means = table.mean(1, keepdims=True), table.mean(0, keepdims=True)
    rest = table - row_means - column_means + table.mean()
    of_rest = (rest**2).sum() / ((rows - 1) * (columns - 1))
    of_rows = columns * row_means.var(ddof=1)
    of_columns = rows * column_means.var(ddof=1)
    return (of_rows - of_rest) / columns, (of_columns - of_rest) / rows, of_rest


def test_exact_moments_are_analysis_of_variance_on_a_full_table():
    design = crossed(7, 11)
    scores, _ = draw_scores(design, Population(Variances(1, 1, 0.5)), 3, 1, seed=3)
    found = solved(scores[:, 0], design.participant, design.note, ddof=1)
    assert found[:3] == pytest.approx(analysis_of_variance(scores.reshape(7, 11)))


def test_exact_moments_where_components_cannot_be_told_apart():
    # C = 4 with ddof 1; sum M^2 / T^2 = 5 / 9, so that E[C] = 3 / 2 * 4 / 9 * Vs + A, A = 2.
    of_mean = 3 * 5 / 9 + 2 / 3
    expected = (math.nan, 3.0, 2.0, of_mean)
    assert solved(*ONE_EACH, ddof=1) == pytest.approx(expected, nan_ok=True)
    mirrored = (3.0, math.nan, 2.0, of_mean)
    assert solved(*ONE_A_NOTE, ddof=1) == pytest.approx(mirrored, nan_ok=True)
    nested = (math.nan, math.nan, 4.0, 4 / 3)
    assert solved(*NESTED, ddof=1) == pytest.approx(nested, nan_ok=True)


def test_exact_moments_are_unbiased_in_a_sparse_crowd_and_crowdmos_is_not():
    truth = Variances(1.0, 2.0, 1.0)
    design = crowd(60, 40, 4, seed=0)
    scores, _ = draw_scores(design, Population(truth), 3, 2000, seed=1)
    exact, published = (
        components(moments(scores, design.participant, design.note, ddof)) for ddof in (1, 0)
    )
    expected = (truth.participant, truth.note, truth.residual)
    means = (exact.participant.mean(), exact.note.mean(), exact.residual.mean())
    assert means == pytest.approx(expected, rel=0.04)
    # B is a population variance over four notes: it lacks a quarter of Vs + Vu = 3, which Vw gets.
    assert published.participant.mean() == pytest.approx(1.0 + 0.75, rel=0.05)
    assert exact.of_mean.mean() == pytest.approx(scores.mean(axis=0).var(), rel=0.08)


def test_columns_are_solved_one_by_one():
    generator = np.random.default_rng(0)
    values = generator.normal(3, 1, (20, 3))
    participant, note = np.repeat(np.arange(4), 5), np.tile(np.arange(5), 4)
    together = components(moments(values, participant, note))
    for column in range(3):
        alone = solved(values[:, column], participant, note, 0)
        assert (together.of_mean[column], together.note[column]) == pytest.approx(
            (alone[3], alone[1])
        )


def test_a_shift_of_all_scores_changes_no_variance():
    shifted = [score + 1e6 for score in FULL[0]]
    assert solved(shifted, *FULL[1:], 0) == pytest.approx(solved(*FULL, 0), rel=1e-6)


def test_shares_of_unequal_raters():
    layout = layout_of(np.array([7, 7, 7, 2]), np.array([0, 1, 2, 2]))
    assert (layout.participants, layout.notes, layout.degrees) == (2, 3, 1)
    assert layout.participant_share == 10 / 16
    assert layout.note_share == 6 / 16


def test_scores_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        solved([1, math.nan], [0, 1], [0, 0], 0)
    with pytest.raises(ValueError, match="expected"):
        moments(np.empty((0, 1)), np.empty(0, int), np.empty(0, int))


def test_exact_moments_are_restricted_likelihood_on_a_full_table():
    # On a full table of positive variances the two estimates are equal (Searle et al. 1992).
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    design = crossed(15, 20)
    scores, _ = draw_scores(design, Population(), 3.5, 1, seed=5)
    table = pd.DataFrame(
        {"score": scores[:, 0], "rater": design.participant, "note": design.note, "all": 1}
    )
    parts = {"rater": "0 + C(rater)", "note": "0 + C(note)"}
    model = mixed.MixedLM.from_formula(
        "score ~ 1", table, groups="all", re_formula="0", vc_formula=parts
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimisers that it tries in turn
        fitted = model.fit(reml=True)
    expected = dict(zip(model.exog_vc.names, fitted.vcomp, strict=True))
    found = solved(scores[:, 0], design.participant, design.note, ddof=1)
    wanted = (expected["rater"], expected["note"], fitted.scale, fitted.bse_fe.iloc[0] ** 2)
    assert found == pytest.approx(wanted, rel=1e-3)
