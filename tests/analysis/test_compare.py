"""Differences of systems against t tests, the analysis of variance and simulated truth."""

import math

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

from analysis.commands.compare import compare as command
from analysis.compare import compare, equivalence_p
from analysis.contracts_comparison import COMPARISONS
from analysis.designs import crossed, skewed
from analysis.simulate import Population, note_names, simulate_ratings
from analysis.variances import Variances
from eval_suite.tables import read_table, write_table
from eval_suite.two_way import two_way_mean
from sing.errors import SingError


def ratings(rows: list[tuple[int, str, int, float]]) -> pd.DataFrame:
    """Rows of rater, system, note, score."""
    names = note_names(1 + max((row[2] for row in rows), default=0))
    data = [(f"p{rater}", system, names[note], score) for rater, system, note, score in rows]
    return pd.DataFrame(data, columns=["participant", "system", "note", "score"])


def study(scores: np.ndarray, systems: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    """A full table of scores [systems, raters, notes]."""
    rows = [
        (rater, systems[system], note, float(scores[system, rater, note]))
        for system, rater, note in np.ndindex(scores.shape)
    ]
    return ratings(rows)


def test_where_all_is_paired_it_is_the_two_way_mean_of_the_paired_differences():
    scores = np.random.default_rng(0).normal(3, 1, (2, 7, 9))
    row = compare(study(scores)).iloc[0]
    rater, note = np.divmod(np.arange(63), 9)
    known = two_way_mean((scores[0] - scores[1]).ravel(), rater, note)
    found = [row[name] for name in ("difference", "ci_low", "ci_high", "p_value")]
    assert found == pytest.approx([known.value, known.low, known.high, known.p_value], rel=1e-9)
    assert (row["paired"], row["ratings"], row["participants"], row["notes"]) == (1, 126, 7, 9)


def test_leniency_and_easy_notes_cancel_however_unevenly_notes_were_rated():
    generator = np.random.default_rng(1)
    lenient, easy = generator.normal(0, 5, 6), generator.normal(0, 5, 8)
    rows = [
        (rater, system, note, lenient[rater] + easy[note] + shift)
        for rater in range(6)
        for note in range(8)
        if generator.random() < 0.6
        for system, shift in (("a", 0.5), ("b", 0.0))
    ]
    row = compare(ratings(rows)).iloc[0]
    assert row["difference"] == pytest.approx(0.5, abs=1e-12)
    # Other raters for a and b: the notes still cancel, though the counts differ by note.
    rows = [(note % 5, "a", note, easy[note] + 0.5) for note in range(8) for _ in range(note + 1)]
    rows += [(5 + note % 3, "b", note, easy[note]) for note in range(8) for _ in range(9 - note)]
    row = compare(ratings(rows)).iloc[0]
    assert row["difference"] == pytest.approx(0.5, abs=1e-12)
    assert row["paired"] == 0


def test_only_notes_that_both_have_count():
    rows = [(r, "a", n, 4.0 + 0.1 * r) for r in range(3) for n in range(5)]
    rows += [(r, "b", n, 3.0 + 0.1 * n) for r in range(3) for n in (0, 1)]
    row = compare(ratings(rows)).iloc[0]
    assert (row["notes"], row["ratings"]) == (2, 12)
    assert row["difference"] == pytest.approx(4.1 - 3.05)


def test_two_one_sided_tests_are_scipys_where_only_raters_vary():
    shares = np.random.default_rng(2).normal(0.1, 0.2, 9)
    scores = np.zeros((2, 9, 30))
    scores[0] = shares[:, None]
    row = compare(study(scores), margin=0.4).iloc[0]
    upper = stats.ttest_1samp(shares, 0.4, alternative="less").pvalue
    lower = stats.ttest_1samp(shares, -0.4, alternative="greater").pvalue
    assert row["p_equivalence"] == pytest.approx(max(upper, lower), rel=1e-9)
    assert row["verdict"] == "equivalent"


def test_equivalence_is_a_90_percent_interval_within_the_margin():
    generator = np.random.default_rng(3)
    rater, note = np.divmod(np.arange(80), 10)
    seen = set()
    for _ in range(60):
        found = two_way_mean(generator.normal(0.2, 1.0, 80), rater, note)
        half = found.half_width_at(0.9)
        is_inside = -0.4 < found.value - half <= found.value + half < 0.4
        seen.add(is_inside)
        assert (equivalence_p(found, 0.4) < 0.05) == is_inside
    assert seen == {True, False}


def test_a_small_sure_difference_is_both_different_and_equivalent():
    scores = np.random.default_rng(4).normal(0, 0.01, (2, 20, 20))
    scores[0] += 0.1
    row = compare(study(scores), margin=0.5).iloc[0]
    assert row["verdict"] == "a higher, equivalent"
    assert compare(study(scores)).iloc[0]["verdict"] == "a higher"


def test_p_values_are_corrected_over_the_pairs_and_against_makes_fewer():
    scores = np.random.default_rng(5).normal(3, 1, (3, 6, 6))
    table = compare(study(scores, ("a", "b", "c")))
    assert list(zip(table["a"], table["b"], strict=True)) == [("a", "b"), ("a", "c"), ("b", "c")]
    smallest = table["p_value"].idxmin()
    assert table["p_holm"][smallest] == pytest.approx(min(1, 3 * table["p_value"][smallest]))
    fewer = compare(study(scores, ("a", "b", "c")), against="b")
    assert list(zip(fewer["a"], fewer["b"], strict=True)) == [("a", "b"), ("c", "b")]
    assert fewer["difference"][1] == pytest.approx(-table["difference"][2])


@pytest.mark.parametrize(
    ("scores", "reason", "verdict"),
    [
        (np.ones((2, 1, 4)), "interval undefined: one rater", "undefined"),
        (np.ones((2, 4, 1)), "interval undefined: one note", "undefined"),
        (np.ones((2, 3, 3)), "", "equivalent"),
        (np.stack([np.full((3, 3), 2.0), np.ones((3, 3))]), "", "a higher"),
    ],
)
def test_degenerate_tables_have_a_reason_or_a_plain_answer(scores, reason, verdict, tmp_path):
    table = compare(study(scores), margin=0.5)
    assert table["reason"].tolist() == [reason]
    assert table["verdict"].tolist() == [verdict]
    write_table(tmp_path / "comparisons.csv", COMPARISONS, table)


def test_systems_without_a_common_note_have_a_row_that_says_so():
    frame = ratings([(0, "a", 0, 1.0), (1, "b", 1, 2.0), (0, "c", 0, 3.0), (1, "c", 1, 3.0)])
    table = compare(frame)
    assert table["reason"].tolist()[0] == "no note in common"
    assert math.isnan(table["mean_a"][0])


@pytest.mark.parametrize(
    ("frame", "options", "fault"),
    [
        (ratings([]), {}, "no rating counts"),
        (ratings([(0, "a", 0, 1.0)]), {}, "one system, a"),
        (study(np.ones((2, 2, 2))), {"against": "aa"}, "did you mean 'a'"),
        (study(np.ones((2, 2, 2))), {"margin": 0.0}, "--margin 0: must be above 0"),
        (study(np.ones((2, 2, 2))), {"margin": math.nan}, "--margin nan"),
    ],
)
def test_what_cannot_be_compared_is_one_line(frame, options, fault):
    with pytest.raises(SingError, match=fault):
        compare(frame, **options)


@pytest.mark.slow
@pytest.mark.parametrize("design", [crossed(12, 40), skewed(60, 60, 900, 0)], ids=["full", "skew"])
def test_intervals_of_differences_cover_the_truth(design):
    population = Population(Variances(0.35, 0.25, 0.8))
    draws, covered = 200, 0
    for seed in range(draws):
        made = simulate_ratings(
            design, {"a": 3.5, "b": 3.0}, population, seed=seed, is_rounded=False
        )
        row = compare(made.ratings).iloc[0]
        covered += row["ci_low"] <= 0.5 <= row["ci_high"]
    assert 0.904 <= covered / draws <= 0.996  # three standard deviations of 200 draws at 0.95


def test_the_command_writes_the_same_bytes(tmp_path):
    source, out = tmp_path / "ratings.csv", tmp_path / "comparisons.csv"
    means = {"sing": 3.5, "wavenet": 2.9, "truth": 3.9}
    simulate_ratings(crossed(6, 8), means).ratings.to_csv(source, index=False)
    options = [str(source), "--margin", "0.5", "--out", str(out), "--force"]
    contents = []
    for _ in range(2):
        result = CliRunner().invoke(command, options, catch_exceptions=False)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, str(out))
        contents.append(out.read_bytes())
    assert contents[0] == contents[1]
    assert len(read_table(out, COMPARISONS)) == 3
