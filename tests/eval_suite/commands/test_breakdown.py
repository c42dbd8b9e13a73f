"""`sing-eval breakdown`: groups of notes, their means and intervals, and one-line errors."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eval_suite.commands.breakdown import GROUPINGS
from eval_suite.tables import BREAKDOWN, read_table
from sing.notes import Note

Run = Callable[..., Any]

INSTRUMENTS = ("bass_synthetic_000", "bass_acoustic_001", "flute_acoustic_001", "kazoo")
PITCHES = (48, 59, 60, 72)
VELOCITIES = (50, 100)


@pytest.fixture
def rows(workplace: Path) -> pd.DataFrame:
    """Scores of two systems and a baseline on 32 notes in ./metrics.csv; one is missing."""
    generator = np.random.default_rng(0)
    made = []
    for system in ("other", "silence", "sing"):
        for instrument in sorted(INSTRUMENTS):
            for pitch in PITCHES:
                for velocity in VELOCITIES:
                    scores = generator.gamma(2, size=2).round(6).tolist()
                    made.append((system, Note(instrument, pitch, velocity).name, *scores, ""))
    system, note, first, _, _ = made[0]
    made[0] = (system, note, first, "", "pitch_error: no pitch")
    with Path("metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("system", "note", "split", "wav_mse", "pitch_error", "reason"))
        writer.writerows((row[0], row[1], "test", *row[2:]) for row in made)
    frame = pd.DataFrame(made, columns=["system", "note", "wav_mse", "pitch_error", "reason"])
    return frame.assign(pitch_error=pd.to_numeric(frame["pitch_error"]))


EXPECTED_GROUPS = {
    "family": {"bass": 16, "flute": 8, "kazoo": 8},
    "source": {"acoustic": 16, "synthetic": 8, "unknown": 8},
    "octave": {"3": 16, "4": 8, "5": 8},  # MIDI 60, middle C, is C4
    "velocity": {"50": 16, "100": 16},
}


def test_every_group_has_the_mean_of_its_notes_and_their_count(sing_eval: Run, rows: pd.DataFrame):
    done = sing_eval("breakdown")
    assert done.exit_code == 0, done.stderr
    table = read_table(Path("breakdown.csv"), BREAKDOWN)
    assert list(table) == [column.name for column in BREAKDOWN.columns]
    for by, groups in EXPECTED_GROUPS.items():
        found = table[(table["by"] == by) & (table["metric"] == "wav_mse")]
        of_sing = found[found["system"] == "sing"].set_index("group")["notes"].to_dict()
        assert of_sing == groups
    notes = rows[rows["note"].str.startswith("flute")]
    expected = notes.groupby("system")["pitch_error"].mean()
    flutes = table[(table["group"] == "flute") & (table["metric"] == "pitch_error")]
    means = flutes.set_index("system")["mean"]
    np.testing.assert_allclose(means[expected.index], expected, rtol=1e-8)
    assert (flutes["pairs"] == 4).all()
    assert (flutes["ci_low"] < flutes["mean"]).all()
    assert (flutes["ci_high"] > flutes["mean"]).all()


def test_a_missing_value_is_left_out_of_its_group_alone(sing_eval: Run, rows: pd.DataFrame):
    assert sing_eval("breakdown", "--by", "velocity", "--metric", "pitch_error").exit_code == 0
    table = read_table(Path("breakdown.csv"), BREAKDOWN).set_index(["system", "group"])
    assert table.loc[("other", "50"), "notes"] == 15
    assert table.loc[("sing", "50"), "notes"] == 16
    present = rows[(rows["system"] == "other") & rows["note"].str.endswith("050")]
    assert table.loc[("other", "50"), "mean"] == pytest.approx(present["pitch_error"].mean())


def test_a_group_of_one_pair_has_a_mean_and_no_interval(sing_eval: Run, workplace: Path):
    Path("metrics.csv").write_text(
        "system,note,split,wav_mse,reason\n"
        "sing,bass_synthetic_000-060-050,test,0.25,\n"
        "sing,bass_synthetic_000-060-100,test,0.75,\n"
        "sing,flute_acoustic_001-060-100,test,,gone\n"
    )
    done = sing_eval("breakdown", "--by", "family")
    assert done.exit_code == 0, done.stderr
    assert Path("breakdown.csv").read_text().splitlines()[1:] == [
        "sing,family,bass,wav_mse,0.5,,,2,1",
        "sing,family,flute,wav_mse,,,,0,0",
    ]
    assert [line.split() for line in done.stdout.splitlines()[:3]] == [
        ["family", "system", "notes", "pairs", "wav_mse"],
        ["bass", "sing", "2", "1", "0.5000"],
        ["flute", "sing", "0", "0", "-"],
    ]


def test_printed_groups_are_in_their_natural_order_and_systems_before_baselines(
    sing_eval: Run, rows: pd.DataFrame
):
    done = sing_eval("breakdown", "--by", "velocity", "--by", "source", "--metric", "wav_mse")
    cells = [line.split()[:2] for line in done.stdout.splitlines()]
    assert cells[0][0] == "source"
    assert cells[10:17] == [
        ["velocity", "system"],
        *(["50", system] for system in ("other", "sing", "silence")),
        *(["100", system] for system in ("other", "sing", "silence")),
    ]
    assert done.stdout.splitlines()[-1] == "breakdown.csv"


def test_all_notes_in_one_group_have_the_interval_of_the_metrics_table(
    sing_eval: Run, rows: pd.DataFrame
):
    from eval_suite.intervals import bootstrap_means

    acoustic = rows["note"].str.contains("acoustic") & (rows["system"] == "sing")
    values = rows.loc[acoustic, ["wav_mse"]].to_numpy()
    pairs = np.repeat(np.arange(8), 2)
    sing_eval("breakdown", "--by", "source", "--seed", 5)
    table = read_table(Path("breakdown.csv"), BREAKDOWN).set_index(["system", "group", "metric"])
    found = table.loc[("sing", "acoustic", "wav_mse"), ["mean", "ci_low", "ci_high"]]
    expected = [end.item() for end in bootstrap_means(values, pairs, 5)]
    assert found.tolist() == pytest.approx(expected, rel=1e-8)


def test_the_same_table_and_seed_give_the_same_bytes_and_say_where_they_come_from(
    sing_eval: Run, rows: pd.DataFrame
):
    assert sing_eval("breakdown", "--out", "a.csv", "--system", "sing").exit_code == 0
    assert sing_eval("breakdown", "--out", "b.csv", "--system", "sing").exit_code == 0
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    facts = json.loads(Path("a.provenance.json").read_text())
    assert facts["by"] == list(GROUPINGS)
    assert facts["systems"] == ["sing"]
    assert facts["table"]["file"] == "metrics.csv"
    assert len(facts["table"]["sha256"]) == 64


ERRORS = {
    ("nowhere.csv",): "nowhere.csv: there is no such file; check the path",
    ("--by", "pitch"): "'pitch' is not one of 'family', 'source', 'octave', 'velocity'",
    ("--metric", "wav_msi"): "--metric wav_msi: not in metrics.csv; did you mean 'wav_mse'?",
    ("--system", "sin"): "--system sin: not in metrics.csv; did you mean 'sing'?",
    ("--out", "metrics.csv", "--force"): "metrics.csv: a table that is read; choose another",
    ("--out", "."): ".: a folder; --out names the table's file",
}


@pytest.mark.parametrize("arguments", ERRORS, ids=" ".join)
def test_a_wrong_request_is_one_line_and_nothing_is_written(
    sing_eval: Run, rows: pd.DataFrame, arguments: tuple[str, ...]
):
    done = sing_eval("breakdown", *arguments)
    assert done.exit_code == 2
    assert ERRORS[arguments] in done.stderr.splitlines()[-1]
    assert [path.name for path in Path().iterdir()] == ["metrics.csv"]
