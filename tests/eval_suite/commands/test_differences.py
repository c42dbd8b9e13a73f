"""`sing-eval differences`: paired means, two-way intervals, corrected p-values, polite refusals."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from eval_suite.tables import DIFFERENCES, read_table
from sing.notes import Note

Run = Callable[..., Any]

INSTRUMENTS = tuple(f"bass_synthetic_{place:03d}" for place in range(6))
PITCHES = range(60, 68)


def notes() -> list[Note]:
    return [Note(name, pitch, 50) for name in INSTRUMENTS for pitch in PITCHES]


def write(scores: dict[str, Iterable[tuple[Note, float]]], metric: str = "wav_mse") -> None:
    with Path("metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("system", "note", "split", metric, "reason"))
        for system, pairs in scores.items():
            writer.writerows(
                (system, note.name, "test", repr(float(value)), "") for note, value in pairs
            )


@pytest.fixture
def scored(workplace: Path) -> np.ndarray:
    """Three systems on 6 x 8 notes in ./metrics.csv; the values of `good`, `bad`, `silence`."""
    generator = np.random.default_rng(0)
    note = generator.gamma(3, size=48)
    good, bad = note, note + 0.5 + 0.2 * generator.standard_normal(6).repeat(8)
    silence = note + generator.standard_normal(48) * 0.3 + 0.03
    values = np.stack([good, bad.clip(0), silence.clip(0)])
    write(
        {
            name: zip(notes(), row, strict=True)
            for name, row in zip(("good", "bad", "silence"), values, strict=True)
        }
    )
    return values


def test_each_pair_has_its_paired_difference_and_a_two_way_interval(
    sing_eval: Run, scored: np.ndarray
):
    done = sing_eval("differences")
    assert done.exit_code == 0, done.stderr
    table = read_table(Path("differences.csv"), DIFFERENCES)
    assert list(table) == [column.name for column in DIFFERENCES.columns]
    pairs = list(zip(table["a"], table["b"], strict=True))
    assert pairs == [("bad", "good"), ("bad", "silence"), ("good", "silence")]
    row = table.iloc[0]
    difference = (scored[1] - scored[0]).reshape(6, 8)
    assert row["difference"] == pytest.approx(difference.mean(), rel=1e-8)
    assert row["mean_a"] - row["mean_b"] == pytest.approx(row["difference"], rel=1e-6)
    assert (row["notes"], row["instruments"], row["pitches"]) == (48, 6, 8)
    # It differs by instrument alone: the interval is that of the six instruments' means.
    low, high = difference.mean() + stats.t.ppf([0.025, 0.975], 5) * stats.sem(difference.mean(1))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), rel=1e-8)
    assert row["p_value"] == pytest.approx(
        stats.ttest_1samp(difference.mean(1), 0).pvalue, rel=1e-6
    )


def test_p_values_are_corrected_over_the_comparisons_that_are_shown(
    sing_eval: Run, scored: np.ndarray
):
    assert sing_eval("differences").exit_code == 0
    table = read_table(Path("differences.csv"), DIFFERENCES)
    smallest, _, largest = np.sort(table["p_value"])
    assert np.sort(table["p_holm"])[0] == pytest.approx(3 * smallest)
    assert table["p_holm"].max() >= largest
    one = sing_eval("differences", "--system", "good", "--system", "bad", "--force")
    assert one.exit_code == 0
    alone = read_table(Path("differences.csv"), DIFFERENCES)
    assert alone["p_holm"].tolist() == alone["p_value"].tolist()


def test_against_compares_all_others_with_one(sing_eval: Run, scored: np.ndarray):
    done = sing_eval("differences", "--against", "good")
    table = read_table(Path("differences.csv"), DIFFERENCES)
    assert list(zip(table["a"], table["b"], strict=True)) == [("bad", "good"), ("silence", "good")]
    assert "over the 2 comparisons of a metric" in done.stdout
    chosen = ("--system", "bad", "--against", "good", "--force")
    assert sing_eval("differences", *chosen).exit_code == 0
    assert len(read_table(Path("differences.csv"), DIFFERENCES)) == 1


def test_the_printed_table_has_a_line_a_pair_and_says_how_to_read_it(
    sing_eval: Run, scored: np.ndarray
):
    lines = sing_eval("differences").stdout.splitlines()
    assert lines[0].split() == ["a", "b", "notes", "wav_mse"]
    name, other, count, difference, low, high, label, p = lines[1].split()
    assert (name, other, count, label) == ("bad", "good", "48", "p")
    expected = (scored[1] - scored[0]).mean()
    assert float(difference) == pytest.approx(expected, abs=1e-3)
    assert float(low.strip("[,")) < expected < float(high.strip("]"))
    corrected = read_table(Path("differences.csv"), DIFFERENCES)["p_holm"].iloc[0]
    assert float(p) == pytest.approx(corrected, abs=5e-4)
    assert "below 0, a is better" in lines[4]
    assert lines[-1] == "differences.csv"


def test_only_notes_that_both_have_count(sing_eval: Run, workplace: Path):
    first, second = notes()[:32], notes()[16:]
    write(
        {
            "a": ((note, 1.0 + place) for place, note in enumerate(first)),
            "b": ((note, 2.0) for note in second),
        }
    )
    assert sing_eval("differences").exit_code == 0
    row = read_table(Path("differences.csv"), DIFFERENCES).iloc[0]
    assert (row["notes"], row["mean_a"], row["mean_b"]) == (16, np.arange(17, 33).mean(), 2)


def test_larger_is_better_is_said_where_it_is_so(sing_eval: Run, workplace: Path):
    scores = {name: ((note, len(name)) for note in notes()) for name in ("a", "bc")}
    write(scores, "pitch_within_50")
    done = sing_eval("differences")
    assert "↑: above 0, a is better" in done.stdout
    assert done.stdout.splitlines()[0].split()[-2:] == ["pitch_within_50", "↑"]


def refused(sing_eval: Run, *arguments: str) -> str:
    done = sing_eval("differences", *arguments)
    assert done.exit_code == 2
    assert not Path("differences.csv").exists()
    return str(done.stderr.splitlines()[-1])


def test_one_system_is_refused(sing_eval: Run, workplace: Path):
    write({"sing": ((note, 1.0) for note in notes())})
    fault = "error: metrics.csv: one system, sing; a difference needs a table of two"
    assert refused(sing_eval) == fault


def test_systems_without_a_common_note_are_refused(sing_eval: Run, workplace: Path):
    write({"a": ((note, 1.0) for note in notes()[:9]), "b": ((note, 1.0) for note in notes()[9:])})
    assert refused(sing_eval) == (
        "error: metrics.csv: a and b have no note in common with a wav_mse of both; leave one out "
        "with --system, or score them on the same notes"
    )


@pytest.mark.parametrize(("chosen", "kind"), [(slice(8), "instrument"), (slice(0, 48, 8), "pitch")])
def test_notes_of_one_instrument_or_of_one_pitch_are_refused(
    sing_eval: Run, workplace: Path, chosen: slice, kind: str
):
    write({name: ((note, 1.0) for note in notes()[chosen]) for name in "ab"})
    assert f"scored notes in common, all of one {kind}; an interval over" in refused(sing_eval)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--metric", "spectral"), "--metric spectral: not in metrics.csv; known: wav_mse"),
        (("--system", "god"), "--system god: not in metrics.csv; did you mean 'good'?"),
        (("--against", "god"), "--against god: not in metrics.csv; did you mean 'good'?"),
        (("--system", "good"), "metrics.csv: one system, good; a difference needs a table of two"),
        (("--out", "metrics.csv"), "metrics.csv: a table that is read; choose another --out"),
        (("other.csv",), "other.csv: there is no such file; check the path"),
    ],
)
def test_a_wrong_request_is_one_line_with_a_remedy(
    sing_eval: Run, scored: np.ndarray, arguments: tuple[str, ...], fault: str
):
    assert fault in refused(sing_eval, *arguments)
