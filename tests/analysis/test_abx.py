"""Preferences, classic ABX and CMOS against the paper, scipy and simulated listeners."""

import math

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

from analysis.abx import preferences, preferences_by_note
from analysis.cmos import comparison_scores
from analysis.commands.abx import abx
from analysis.contracts_preference import CMOS, DISCRIMINATION, PREFERENCE, PREFERENCE_NOTES
from analysis.designs import crossed, skewed
from analysis.discrimination import d_prime, discriminations, proportion_correct
from analysis.proportions import (
    METHODS,
    binomial_p,
    exact_interval,
    guessing_p,
    two_way_interval,
    two_way_p,
)
from analysis.simulate import note_names, simulate_choices
from eval_suite.study_contracts import ABX
from eval_suite.tables import read_table, write_table
from sing.errors import SingError


def trials(answers: list[str], a: str = "sing", b: str = "wavenet", **columns) -> pd.DataFrame:
    """A rater a letter of each answer, a note an answer: `ab` is one note, chosen a, then b.

    Capital letters: the systems stood in the other order.
    """
    rows = []
    for name, letters in zip(note_names(len(answers)), answers, strict=True):
        for rater, letter in enumerate(letters):
            order = (a, b) if letter.islower() else (b, a)
            choice = {"a": a, "b": b}[letter.lower()]
            rows.append((f"p{rater}", name, *order, choice))
    frame = pd.DataFrame(rows, columns=["participant", "note", "a", "b", "choice"])
    return frame.assign(**columns)


def test_the_papers_697_of_1000_choices_give_its_exact_interval():  # Section 5.3
    found = exact_interval(697, 1000)
    assert (round(found.low, 3), round(found.high, 3)) == (0.667, 0.725)
    assert binomial_p(697, 1000) < 1e-30


@pytest.mark.parametrize(("hits", "count"), [(0, 7), (7, 7), (3, 7), (5, 10), (61, 90), (1, 1)])
def test_exact_intervals_and_p_values_are_scipys(hits: int, count: int):
    known = stats.binomtest(hits, count)
    low, high = known.proportion_ci(method="exact")
    found = exact_interval(hits, count)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert binomial_p(hits, count) == pytest.approx(known.pvalue, rel=1e-12)
    one_sided = stats.binomtest(hits, count, alternative="greater").pvalue
    assert guessing_p(hits, count) == pytest.approx(one_sided, rel=1e-12)


@pytest.mark.parametrize(("hits", "count"), [(3, 2), (-1, 2), (0, 0)])
def test_impossible_counts_are_the_callers_error(hits: int, count: int):
    with pytest.raises(ValueError, match="hits of"):
        exact_interval(hits, count)


def test_where_raters_never_vary_the_two_way_interval_is_a_t_interval_of_their_means():
    # Raters 0 to 5 choose alike on all notes: notes and cells add nothing.
    shares = np.array([1, 1, 1, 0, 1, 0], dtype=float)
    participant, note = np.divmod(np.arange(6 * 40), 40)
    found = two_way_interval(shares[participant], participant, note, "identity")
    error = shares.std(ddof=1) / math.sqrt(6)
    mean, half = shares.mean(), stats.t.ppf(0.975, 5) * error
    assert (found.low, found.high) == pytest.approx((max(0, mean - half), min(1, mean + half)))
    logit = two_way_interval(shares[participant], participant, note, "logit")
    half /= mean * (1 - mean)  # the delta method
    ends = 1 / (1 + np.exp(-(math.log(mean / (1 - mean)) + np.array([-half, half]))))
    assert (logit.low, logit.high) == pytest.approx(tuple(ends))


def test_the_p_value_is_below_005_just_where_the_interval_excludes_one_half():
    generator = np.random.default_rng(0)
    participant, note = np.divmod(np.arange(12 * 20), 20)
    seen = set()
    for share in np.linspace(0.4, 0.75, 60):
        hits = (generator.random(240) < share).astype(float)
        found = two_way_interval(hits, participant, note)
        is_excluded = not found.low <= 0.5 <= found.high
        seen.add(is_excluded)
        assert (two_way_p(hits, participant, note) < 0.05) == is_excluded
    assert seen == {True, False}


@pytest.mark.slow
def test_two_way_intervals_cover_where_the_exact_one_does_not():
    designs = {"papers": crossed(10, 100), "crowd": skewed(60, 100, 1000, 0)}
    for name, design in designs.items():
        exact = two_way = 0
        draws = 250
        for seed in range(draws):
            choices = simulate_choices(design, 0.7, 0.3, 0.3, seed=seed)
            hits = (choices["choice"] == "sing").to_numpy(dtype=float)
            participant, note = (
                np.unique(choices[name].to_numpy(dtype=str), return_inverse=True)[1]
                for name in ("participant", "note")
            )
            plain = exact_interval(int(hits.sum()), len(hits))
            found = two_way_interval(hits, participant, note)
            exact += plain.low <= 0.7 <= plain.high
            two_way += found.low <= 0.7 <= found.high
        # 250 draws of a chance of 0.95 stay within three standard deviations of it, 0.041.
        assert 0.909 <= two_way / draws <= 0.991, name
        assert exact / draws < 0.75, name


def test_the_bootstrap_agrees_with_the_variance_on_a_large_crossed_table():
    choices = simulate_choices(crossed(60, 100), 0.6, 0.3, 0.3, seed=1)
    rows = [preferences(choices, method).iloc[0] for method in METHODS]
    widths = [row["ci_high"] - row["ci_low"] for row in rows]
    assert widths == pytest.approx([widths[0]] * 3, rel=0.1)
    assert (rows[2]["ci_low"], rows[2]["ci_high"]) == (
        rows[0]["bootstrap_low"],
        rows[0]["bootstrap_high"],
    )
    again = preferences(choices, "bootstrap", seed=1).iloc[0]
    assert 0 < abs(again["ci_low"] - rows[2]["ci_low"]) < 0.01


def test_both_orders_of_a_pair_are_one_row_and_tell_the_bias_of_position():
    # aAbB on each of three notes: a chosen at A, a at B, b at B, b at A.
    table = preferences(trials(["aAbB", "aAaA", "aABB"]))
    row = table.iloc[0]
    assert (row["a"], row["b"], row["trials"], row["prefer_a"]) == ("sing", "wavenet", 12, 8)
    # Lower case: a stands at A. A is chosen in the lower-case a's and the capital B's.
    assert row["proportion_first"] == pytest.approx(7 / 12)
    assert row["proportion_a_at_a"] == pytest.approx(4 / 5)
    assert row["proportion_a_at_b"] == pytest.approx(4 / 7)
    assert row["reason"] == ""


def test_a_bias_of_position_is_found_and_leaves_the_preference_alone():
    choices = simulate_choices(crossed(20, 50), 0.5, position_bias=0.5, seed=3)
    row = preferences(choices).iloc[0]
    expected = stats.norm.cdf(0.5)
    assert row["first_low"] <= expected <= row["first_high"]
    assert row["first_p_value"] < 1e-6
    assert row["ci_low"] <= 0.5 <= row["ci_high"]


def test_agreement_is_the_share_of_pairs_of_raters_who_choose_alike():
    frame = trials(["aaab", "bb"])
    by_note = preferences_by_note(frame).set_index("note")["agreement"]
    # Of 6 pairs of raters 3 agree; of 1 pair, 1.
    assert by_note.tolist() == pytest.approx([3 / 6, 1.0])
    assert preferences(frame).iloc[0]["agreement"] == pytest.approx(4 / 7)


def test_a_note_with_one_answer_has_a_reason_instead_of_an_agreement():
    row = preferences_by_note(trials(["a", "ab"])).iloc[0]
    assert math.isnan(row["agreement"])
    assert row["reason"] == "agreement undefined: one answer"
    assert (row["exact_low"], row["exact_high"]) == pytest.approx((0.025, 1.0))


def test_p_values_are_corrected_over_the_pairs():
    pairs = [("sing", "wavenet"), ("no-time", "sing"), ("no-time", "wavenet")]
    notes = ["aab", "aaa", "aba", "baa", "aab", "bba"]
    table = preferences(pd.concat([trials(notes, *pair) for pair in pairs]))
    assert table["p_holm"].tolist() == pytest.approx([min(1, 3 * p) for p in table["p_two_way"]])


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (["aA", "bB"], ""),
        (["ab"], "interval undefined: one note"),
        (["a", "b", "a"], "interval undefined: one rater; sing always stood at A: bias and "
         "preference are one; agreement undefined: no note has two answers"),
        (["aA", "aA"], "two-way interval undefined: all answers are equal"),
        (["a", "B"], "interval undefined: one rater; agreement undefined: no note has two answers"),
    ],
)  # fmt: skip
def test_degenerate_tables_give_exact_intervals_and_a_reason(answers, reason, tmp_path):
    table = preferences(trials(answers))
    row = table.iloc[0]
    assert row["reason"].startswith(reason)
    assert math.isnan(row["ci_low"]) == ("interval undefined" in row["reason"])
    assert row["exact_low"] < row["exact_high"]
    write_table(tmp_path / "abx.csv", PREFERENCE, table)  # its numbers are in range


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (trials(["ab"]).iloc[:0], "no trial counts"),
        (trials(["ab"], a="sing", b="sing"), "compared with itself"),
        (trials(["ab"], choice="truth"), "neither sing nor wavenet"),
        (trials(["ab"]).assign(reference=["truth", "other"]), "different references"),
    ],
)
def test_what_cannot_be_counted_is_one_line(frame, fault):
    with pytest.raises(SingError, match=fault):
        preferences(frame)


@pytest.mark.parametrize("model", ["differencing", "independent"])
def test_proportions_correct_are_those_of_simulated_listeners(model: str):
    """A and B one d' apart, heard with unit noise; X is A or B (Macmillan and Creelman, ch. 9)."""
    generator = np.random.default_rng(0)
    distance, draws = 1.5, 400_000
    is_a_high, is_x_a = generator.random((2, draws)) < 0.5
    mean_a = np.where(is_a_high, distance, 0)
    a, b = (m + generator.standard_normal(draws) for m in (mean_a, distance - mean_a))
    x = np.where(is_x_a, mean_a, distance - mean_a) + generator.standard_normal(draws)
    if model == "differencing":
        says_a = np.abs(x - a) < np.abs(x - b)
    else:
        says_a = (a > b) == (x > distance / 2)
    right = float((says_a == is_x_a).mean())
    # 400,000 draws: three standard errors are 0.0024.
    assert proportion_correct(distance, model) == pytest.approx(right, abs=0.0024)
    assert d_prime(proportion_correct(distance, model), model) == pytest.approx(distance, abs=1e-9)


def test_d_prime_has_a_floor_at_guessing_and_no_ceiling():
    assert (d_prime(0.3), d_prime(0.5), d_prime(1.0)) == (0, 0, math.inf)
    with pytest.raises(ValueError, match="not a proportion"):
        d_prime(1.2)


def test_classic_abx_counts_right_answers(tmp_path):
    frame = trials(["aAbB", "aabb", "abAB"])
    frame = frame.assign(expected="sing", reference="sing")
    table = discriminations(frame)
    row = table.iloc[0]
    assert (row["correct"], row["trials"]) == (6, 12)
    assert (row["d_prime"], row["d_low"]) == (0, 0)
    assert row["p_value"] == pytest.approx(stats.binomtest(6, 12, alternative="greater").pvalue)
    all_right = discriminations(frame.assign(choice="sing")).iloc[0]
    assert all_right["d_prime"] == pytest.approx(d_prime(11.5 / 12))
    assert "half an error" in all_right["reason"]
    write_table(tmp_path / "abx.csv", DISCRIMINATION, table)


def test_a_preference_is_not_taken_for_classic_abx():
    with pytest.raises(SingError, match="no column 'expected'"):
        discriminations(trials(["ab"]))
    with pytest.raises(SingError, match="--task preference"):
        discriminations(trials(["ab"], expected="truth"))


def test_cmos_is_the_mean_towards_a_and_the_order_effect_is_told_apart(tmp_path):
    # True difference 1 towards a, and B found 0.5 better whatever stands there.
    frame = trials(["aA", "aA", "aA"])
    is_a_at_a = (frame["a"] == "sing").to_numpy()
    frame["score"] = np.where(is_a_at_a, -1.0, 1.0) + 0.5
    table = comparison_scores(frame)
    row = table.iloc[0]
    assert (row["cmos"], row["order_effect"]) == (1.0, 0.5)
    write_table(tmp_path / "cmos.csv", CMOS, table)
    with pytest.raises(SingError, match="no score"):
        comparison_scores(frame.drop(columns="score"))


def test_a_cmos_trial_may_end_in_no_choice():
    frame = trials(["aA", "bB"], choice="equal").assign(score=[0.0, 0.0, 1.0, 0.0])
    assert comparison_scores(frame).iloc[0]["cmos"] == -0.25


def test_the_command_writes_the_same_bytes_and_a_table_that_abx_readers_know(tmp_path):
    source, out = tmp_path / "choices.csv", tmp_path / "abx.csv"
    simulate_choices(crossed(8, 12), 0.697, 0.3, 0.3).to_csv(source, index=False)
    options = [str(source), "--out", str(out), "--by", "note", "--seed", "4"]
    first = CliRunner().invoke(abx, options, catch_exceptions=False)
    assert first.exit_code == 0
    assert f"{out}\n{tmp_path / 'abx-notes.csv'}\n" in first.stdout
    before = out.read_bytes()
    with pytest.raises(SingError, match="--force"):
        CliRunner().invoke(abx, options, catch_exceptions=False)
    CliRunner().invoke(abx, [*options, "--force"], catch_exceptions=False)
    assert out.read_bytes() == before
    assert read_table(out, ABX)["trials"].tolist() == [96]
    assert len(read_table(tmp_path / "abx-notes.csv", PREFERENCE_NOTES)) == 12


def test_an_unknown_test_asks_for_the_task(tmp_path):
    source = tmp_path / "choices.csv"
    simulate_choices(crossed(3, 3), 0.6).assign(test="triangle").to_csv(source, index=False)
    with pytest.raises(SingError, match=r"triangle.*--task"):
        CliRunner().invoke(
            abx, [str(source), "--out", str(tmp_path / "o.csv")], catch_exceptions=False
        )
