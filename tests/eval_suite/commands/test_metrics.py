"""`sing-eval metrics` through its command line: tables, exit codes, one-line errors."""

import csv
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from eval_suite import request
from eval_suite.baselines import BASELINES
from eval_suite.contracts import DISTANCES
from eval_suite.metrics.metric import DEFAULT_METRICS
from eval_suite.metrics.registry import REGISTRY
from eval_suite.tables import METRICS, read_table
from sing.data.nsynth import Dataset
from sing.notes import Note
from sing.systems import System

Run = Callable[..., Any]
Make = Callable[..., System]


@pytest.fixture
def data(dataset: Dataset, workplace: Path) -> Path:
    """The small dataset as the only one in ./data."""
    shutil.copytree(dataset.folder, workplace / "data" / "small", copy_function=os.link)
    shutil.copy(dataset.folder.with_suffix(".split.csv"), workplace / "data")
    return workplace / "data" / "small"


def test_systems_and_baselines_are_scored_on_the_test_split(
    sing_eval: Run, data: Path, make_system: Make, dataset: Dataset
):
    make_system(Path("systems/truth"), gain=1.0)
    make_system(Path("systems/half"), gain=0.5)
    done = sing_eval("metrics", "--split", "test")
    assert done.exit_code == 0, done.stderr
    table = read_table(Path("metrics.csv"), METRICS)
    assert table["system"].unique().tolist() == sorted(["half", "truth", *BASELINES])
    assert (table.groupby("system").size() == 12).all()
    assert (table["split"] == "test").all()
    metrics = table.columns[3:-1]
    assert (table[table["system"] == "truth"][metrics] == 0).all(axis=None)
    # Half the amplitude: an error of half the reference, a quarter of the error of silence.
    half = table[table["system"] == "half"].set_index("note")["wav_mse"]
    silence = table[table["system"] == "silence"].set_index("note")["wav_mse"]
    np.testing.assert_allclose(half, silence / 4, rtol=1e-3)
    power = [np.square(dataset.waveforms([Note.parse(name)])).mean() for name in silence.index]
    np.testing.assert_allclose(silence, power, rtol=1e-5)


def test_the_printed_table_gives_means_intervals_counts_and_constants(
    sing_eval: Run, data: Path, make_system: Make
):
    make_system(Path("systems/half"), gain=0.5)
    done = sing_eval("metrics", "--metric", "wav_mse", "--metric", "itakura_saito@1e-4")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["system", "notes", "failed", "wav_mse", "itakura_saito@0.0001"]
    assert [line.split()[0] for line in lines[1:7]] == [
        "half",
        *BASELINES,
    ]
    assert len({len(line) for line in lines[:7]}) == 1  # aligned
    mean = read_table(Path("metrics.csv"), METRICS).groupby("system")["wav_mse"].mean()
    name, notes, failed, printed, *_ = lines[1].split()
    assert (name, notes, failed) == ("half", "12", "0")
    assert float(printed) == pytest.approx(mean["half"], rel=1e-3)
    below = "\n".join(lines[7:])
    assert "12 notes (test), reference small" in below
    assert "10,000 bootstrap resamples of 6 (instrument, pitch) pairs, seed 0" in below
    assert "STFT 1024 / 256, periodic Hann" in below
    assert "epsilon 0.0001 in" in below
    assert lines[-1] == "metrics.csv"


def test_baselines_asked_for_by_name_stand_in_the_order_of_tables(
    sing_eval: Run, data: Path, make_system: Make
):
    make_system(Path("systems/half"))
    chosen = ("--baseline", "mulaw8", "--baseline", "silence", "--baseline", "mulaw8")
    done = sing_eval("metrics", *chosen, "--metric", "spectral_loss")
    assert done.exit_code == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:4]] == [
        "half",
        "silence",
        "mulaw8",
    ]


@pytest.mark.parametrize("name", ["metrics.distances.csv", "metrics.provenance.json"])
def test_a_file_beside_the_table_is_replaced_only_with_force(
    sing_eval: Run, data: Path, make_system: Make, name: str
):
    make_system(Path("systems/half"))
    Path(name).write_text("mine\n")
    asked = ("metrics", "--no-baselines", "--limit", 2, "--metric", "kernel_distance")
    refused = sing_eval(*asked)
    assert refused.exit_code == 2
    assert f"error: {name}: the file exists; pass --force" in refused.stderr
    assert Path(name).read_text() == "mine\n"
    assert not Path("metrics.csv").exists()
    assert sing_eval(*asked, "--force").exit_code == 0
    assert Path(name).read_text() != "mine\n"


def test_another_spelling_of_the_same_folders_is_resumed(
    sing_eval: Run, data: Path, make_system: Make, workplace: Path
):
    make_system(Path("half"))
    asked = request.Request((Path("half"),), data=data, metric_names=("kernel_distance",))
    plan, _ = request.make_plan(asked, "cpu")
    other = replace(asked, sources=(workplace / "half",), data=Path("data/../data/small"))
    again, _ = request.make_plan(other, "cpu")
    assert again.key == plan.key


@pytest.mark.parametrize("command", ["breakdown", "listen", "metrics", "classifier train"])
def test_a_negative_seed_is_a_wrong_option(sing_eval: Run, command: str):
    refused = sing_eval(*command.split(), "--seed", -1)
    assert refused.exit_code == 2
    assert "-1 is not in the range x>=0" in refused.stderr


def test_what_knows_the_reference_is_far_nearer_to_it_than_what_does_not(
    sing_eval: Run, data: Path, make_system: Make
):
    make_system(Path("systems/half"))
    assert sing_eval("metrics").exit_code == 0
    means = read_table(Path("metrics.csv"), METRICS).groupby("system").mean(numeric_only=True)
    losses = means["spectral_loss"]
    assert losses[["griffin-lim", "mulaw8"]].max() < 0.3 * losses[["silence", "half"]].min()
    # 8 bits keep the waveform; a phase that is estimated anew loses it.
    waves = means["wav_mse"]
    assert waves["mulaw8"] < 1e-3 * waves["silence"]
    assert waves["griffin-lim"] > 0.5 * waves["silence"]


def test_a_metric_whose_larger_values_are_better_is_marked_and_explained(
    sing_eval: Run, data: Path, make_system: Make
):
    make_system(Path("systems/half"))
    plain = sing_eval("metrics", "--no-baselines", "--metric", "wav_mse")
    assert "smaller is better\n" in plain.stdout
    chosen = ("--metric", "wav_mse", "--metric", "pitch_within_50", "--force")
    marked = sing_eval("metrics", "--no-baselines", *chosen)
    assert marked.exit_code == 0, marked.stderr
    assert marked.stdout.splitlines()[0].split()[3:] == ["wav_mse", "pitch_within_50", "↑"]
    assert "smaller is better; ↑: larger is better\n" in marked.stdout


def test_resuming_a_finished_table_says_so_and_one_of_another_plan_is_refused(
    sing_eval: Run, data: Path, make_system: Make
):
    system = make_system(Path("systems/half"))
    asked = ("metrics", "--no-baselines", "--limit", 3, "--metric", "wav_mse")
    assert sing_eval(*asked).exit_code == 0
    table = Path("metrics.csv").read_bytes()
    again = sing_eval(*asked, "--resume")
    assert (again.exit_code, again.stdout) == (0, "metrics.csv\n")
    assert "metrics.csv: finished already" in again.stderr
    other = sing_eval(*asked, "--resume", "--metric", "magnitude_mse")
    assert other.exit_code == 2
    assert "error: metrics.csv: the file exists; pass --force" in other.stderr
    assert Path("metrics.csv").read_bytes() == table
    Path("metrics.provenance.json").unlink()
    assert sing_eval(*asked, "--resume").exit_code == 2
    system.audio_path(system.notes[0]).unlink()
    assert sing_eval(*asked, "--force").exit_code == 3
    failed = sing_eval(*asked, "--resume")
    assert failed.exit_code == 3
    assert "metrics.csv: 1 rows could not be scored; see the column reason" in failed.stderr


def test_the_list_of_metrics_needs_no_source_and_writes_nothing(sing_eval: Run, workplace: Path):
    done = sing_eval("metrics", "--list")
    assert done.exit_code == 0, done.stderr
    assert all(name in done.stdout for name in REGISTRY)
    assert not list(workplace.iterdir())


def test_provenance_says_what_made_the_numbers(sing_eval: Run, data: Path, make_system: Make):
    make_system(Path("systems/half"))
    assert sing_eval("metrics", "--out", "results/m.csv", "--seed", 3).exit_code == 0
    facts = json.loads(Path("results/m.provenance.json").read_text())
    assert facts["stft"] == {"n_fft": 1024, "hop_length": 256, "window": "hann, periodic"}
    assert facts["metrics"][-1] == {"name": "itakura_saito", "epsilon": 1.0}
    assert facts["seed"] == 3
    systems = {system.pop("name"): system for system in facts["systems"]}
    assert list(systems) == ["half", *BASELINES]
    assert systems["white-noise"] == {"kind": "baseline", "seed": 3, "rms": 0.1}
    griffin_lim = {"kind": "baseline", "seed": 3, "iterations": 32, "momentum": 0.99}
    assert systems["griffin-lim"] == griffin_lim
    assert set(systems["half"]["sha256"]) == {"system.json", "notes.csv"}
    assert set(facts["reference"]["sha256"]) == {"examples.json"}
    assert {"torch", "numpy", "sing-eval"} <= set(facts["versions"])
    assert not list(Path("results").glob("*.partial"))


def test_systems_of_different_notes_are_compared_on_their_common_notes_and_it_is_said(
    sing_eval: Run, data: Path, make_system: Make, dataset: Dataset
):
    pairs = {("bass_synthetic_000", 62), ("bass_synthetic_000", 65), ("flute_acoustic_001", 61)}
    held = [note for note in dataset.notes if note.pair in pairs]
    make_system(Path("systems/whole"))
    make_system(Path("systems/part"), notes=held)
    done = sing_eval("metrics")
    assert done.exit_code == 0, done.stderr
    assert (
        "part has 6 of the 12 notes; all systems are compared on the notes they share"
        in done.stderr
    )
    table = read_table(Path("metrics.csv"), METRICS)
    assert (table.groupby("system").size() == 6).all()


def corrupt(system: System, dataset: Dataset) -> dict[str, str]:
    """Break five waveforms, each in another way; the reasons expected by note."""
    notes = list(system.notes)
    audio = np.zeros(64_000, dtype=np.float32)
    system.audio_path(notes[0]).unlink()
    soundfile.write(system.audio_path(notes[1]), audio[:32_000], 16_000)
    soundfile.write(system.audio_path(notes[3]), audio, 22_050)
    audio[5] = np.nan
    soundfile.write(system.audio_path(notes[4]), audio, 16_000, subtype="FLOAT")
    system.audio_path(notes[9]).write_bytes(b"RIFF, but no more than that")
    reasons = (
        "there is no such file",
        "32,000 samples, expected 64,000",
        "22,050 Hz, expected 16,000 Hz",
        "a sample is NaN or infinite",
        "cannot be read as audio",
    )
    return dict(zip((notes[place].name for place in (0, 1, 3, 4, 9)), reasons, strict=True))


def test_broken_waveforms_are_rows_with_reasons_and_exit_code_3_and_the_rest_is_scored(
    sing_eval: Run, data: Path, make_system: Make, dataset: Dataset
):
    system = make_system(Path("systems/half"))
    assert sing_eval("metrics", "--out", "whole.csv").exit_code == 0
    expected = corrupt(system, dataset)
    done = sing_eval("metrics", "--out", "broken.csv")
    assert done.exit_code == 3
    assert done.stderr.splitlines()[-1].startswith(
        "error: broken.csv: 5 of 72 rows could not be scored; the first is half bass_synthetic_000-"
    )
    whole, broken = (read_table(Path(name), METRICS) for name in ("whole.csv", "broken.csv"))
    failed = broken["reason"] != ""
    found = dict(zip(broken["note"][failed], broken["reason"][failed], strict=True))
    assert found.keys() == expected.keys()
    assert all(expected[note] in reason for note, reason in found.items())
    assert set(broken["system"][failed]) == {"half"}
    assert broken[failed].iloc[:, 3:-1].isna().all(axis=None)
    assert broken[~failed].equals(whole[~failed])
    assert done.stdout.splitlines()[1].split()[:3] == ["half", "7", "5"]


def test_the_printed_means_and_distances_are_over_the_notes_that_every_system_has(
    sing_eval: Run, data: Path, make_system: Make, dataset: Dataset
):
    broken = corrupt(make_system(Path("systems/half")), dataset)
    mute = make_system(Path("systems/mute"))  # has no note at all: the others do not wait for it
    for note in mute.notes:
        mute.audio_path(note).unlink()
    chosen = ("--baseline", "silence", "--metric", "wav_mse", "--metric", "kernel_distance")
    done = sing_eval("metrics", *chosen)
    assert done.exit_code == 3
    table = read_table(Path("metrics.csv"), METRICS)
    shared = table[~table["note"].isin(list(broken))].groupby("system")["wav_mse"].mean()
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[:3] for line in lines[1:4]] == [
        ["half", "7", "5"], ["mute", "0", "12"], ["silence", "7", "0"],
    ]  # fmt: skip
    for line in (lines[1], lines[3]):
        assert float(line[3]) == pytest.approx(shared[line[0]], rel=1e-3)
    assert "means are over the notes that every system has a value for: 7 of 12" in done.stdout
    distances = read_table(Path("metrics.distances.csv"), DISTANCES)
    assert distances["notes"].tolist() == [7, 0, 7]


def test_a_broken_reference_is_a_reason_for_every_system(
    sing_eval: Run, data: Path, make_system: Make
):
    system = make_system(Path("systems/half"))
    (data / "audio" / f"{system.notes[2].name}.wav").unlink()
    done = sing_eval("metrics", "--no-baselines")
    assert done.exit_code == 3
    table = read_table(Path("metrics.csv"), METRICS)
    failed = table[table["reason"] != ""]
    assert failed["note"].tolist() == [system.notes[2].name]
    assert failed["reason"].item().startswith("reference: ")


def test_a_value_too_large_to_be_a_number_is_an_empty_cell_with_a_reason(
    sing_eval: Run, data: Path, make_system: Make
):
    system = make_system(Path("systems/half"))
    huge = np.full(64_000, 1e25, dtype=np.float32)  # its square is beyond float32
    soundfile.write(system.audio_path(system.notes[0]), huge, 16_000, subtype="FLOAT")
    done = sing_eval("metrics", "--no-baselines")
    assert done.exit_code == 3
    row = read_table(Path("metrics.csv"), METRICS).iloc[0]
    assert row["reason"].startswith("spectral_loss, log_spectral_mse, ")
    assert row[list(DEFAULT_METRICS)].isna().all()
    assert row["reason"].endswith(
        "too large to be a number; the waveform's peak is 1e+25, expected up to 1"
    )


def test_a_reference_too_large_for_numbers_is_what_the_reason_names(
    sing_eval: Run, workplace: Path, make_system: Make
):
    truth = make_system(Path("systems/truth"), kind="truth")
    make_system(Path("systems/half"))
    huge = np.full(64_000, 1e25, dtype=np.float32)
    soundfile.write(truth.audio_path(truth.notes[0]), huge, 16_000, subtype="FLOAT")
    done = sing_eval("metrics", "systems/half", "--reference", "systems/truth", "--no-baselines")
    assert done.exit_code == 3
    row = read_table(Path("metrics.csv"), METRICS).iloc[0]
    assert row[list(DEFAULT_METRICS)].isna().all()
    assert row["reason"].endswith("the reference's peak is 1e+25, expected up to 1")


def test_the_log_gives_notes_per_second_and_the_share_of_reading(
    sing_eval: Run, data: Path, make_system: Make
):
    make_system(Path("systems/half"))
    done = sing_eval("metrics", "--jobs", 1, "--no-baselines")
    log = " ".join(done.stderr.split())
    found = re.search(
        r"scored 12 notes of 1 systems in (\S+) s: (\d+) notes a second; "
        r"(\d+) % reading, 0 % generating",
        log,
    )
    assert found, log
    assert int(found[2]) == pytest.approx(12 / float(found[1]), rel=0.1)
    assert 0 < int(found[3]) < 100


def test_a_list_of_notes_is_scored_as_it_is_and_split_narrows_it(
    sing_eval: Run, data: Path, dataset: Dataset
):
    names = [dataset.notes[place].name for place in (9, 3, 4)]  # 3 and 9 train, 4 test
    Path("list.csv").write_text("note\n" + "\n".join(names) + "\n")
    assert sing_eval("metrics", data, "--notes", "list.csv", "--no-baselines").exit_code == 0
    table = read_table(Path("metrics.csv"), METRICS)
    assert table["note"].tolist() == sorted(names)
    assert sorted(table["split"]) == ["test", "train", "train"]
    narrowed = ("--notes", "list.csv", "--split", "test", "--no-baselines", "--force")
    assert sing_eval("metrics", data, *narrowed).exit_code == 0
    assert read_table(Path("metrics.csv"), METRICS)["note"].tolist() == [dataset.notes[4].name]


def test_limit_takes_the_first_notes_by_name(sing_eval: Run, data: Path, dataset: Dataset):
    done = sing_eval("metrics", data, "--split", "all", "--limit", 3, "--no-baselines")
    assert done.exit_code == 0
    expected = [note.name for note in dataset.notes[:3]]
    assert read_table(Path("metrics.csv"), METRICS)["note"].tolist() == expected


def test_without_a_dataset_all_notes_of_the_reference_are_scored_and_it_is_said(
    sing_eval: Run, workplace: Path, make_system: Make
):
    make_system(Path("systems/truth"), gain=1.0, kind="truth")
    make_system(Path("systems/half"))
    done = sing_eval("metrics")
    assert done.exit_code == 0, done.stderr
    assert "no dataset in reach, so no split: scoring all notes of the reference" in done.stderr
    assert "no nearest-pitch baseline: pass --data DATASET" in done.stderr
    asked = sing_eval("metrics", "--baseline", "nearest-pitch", "--force")
    assert asked.stderr.splitlines()[-1] == (
        "error: --baseline nearest-pitch: no dataset in reach; pass --data DATASET"
    )
    assert "12 notes (no split known), reference truth" in done.stdout
    assert sing_eval("metrics", "--split", "test", "--force").stderr.splitlines()[-1] == (
        "error: --split test: no dataset in reach to split; pass --data DATASET"
    )


NOTE = "bass_synthetic_000-060-050"

ERRORS = {
    ("nowhere",): "nowhere: there is no such folder; check the path",
    ("list.csv",): "list.csv: a file; a source is a system, run or dataset folder",
    ("data",): "data: not a source; expected system.json (a system), config.toml (a run)",
    ("--metric", "wav_msi"): "--metric wav_msi: did you mean 'wav_mse'?",
    ("--baseline", "grifin-lim"): "--baseline grifin-lim: did you mean 'griffin-lim'?",
    (
        "--no-baselines",
        "--baseline",
        "mulaw8",
    ): "--baseline mulaw8: --no-baselines is given too; leave out one",
    ("--split", "tests"): "'tests' is not one of 'train', 'valid', 'test', 'all'",
    ("--split", "valid"): "--split valid: no such note in small; check --data and --reference",
    ("--limit", "0"): "Invalid value for '--limit': 0 is not in the range x>=1",
    ("--jobs", "0"): "Invalid value for '--jobs': 0 is not in the range x>=1",
    ("--device", "tpu9"): "--device tpu9: no such device; use cpu, cuda or cuda:N",
    ("--reference", "nowhere"): "nowhere: there is no such folder; check the path",
    ("--data", "systems/half"): "systems/half: no examples.json, so not a dataset",
    ("--notes", "nowhere.csv"): "nowhere.csv: there is no such file; check the path",
    (
        "--notes",
        "list.csv",
    ): f"list.csv: no note '{NOTE[:-1]}1' in small; did you mean '{NOTE}'?",
    ("--notes", "bad.csv"): "bad.csv: line 2: 'piano': not a note name; expected instrument-pitch",
    ("--notes", "names.csv"): "names.csv: line 1: no column 'note'; did you mean 'notes'?",
    ("--out", "data"): "data: a folder; --out names the table's file, such as data/metrics.csv",
    ("--out", "list.csv"): "list.csv: the file exists; pass --force to replace it",
    ("--out", "old.csv"): "old.csv.partial: left by a command that was stopped; pass --resume",
    (
        "systems/half",
        "systems/half",
    ): "systems/half: a second source called 'half', as systems/half",
    ("systems/silence",): "silence: a source has the name of a baseline; rename it, or give other",
    ("systems/none",): "none: no note in common with the 12 to be scored; check --split, --data",
    ("--metrics", "wav_mse"): "sing-eval metrics: No such option",
}


@pytest.mark.parametrize("arguments", ERRORS, ids=" ".join)
def test_a_wrong_request_is_one_line_with_a_remedy_exit_code_2_and_nothing_written(
    sing_eval: Run, data: Path, make_system: Make, dataset: Dataset, arguments: tuple[str, ...]
):
    make_system(Path("systems/half"))
    make_system(Path("systems/silence"))
    make_system(Path("systems/none"), notes=[dataset.notes[0]])
    Path("list.csv").write_text(f"note\n{NOTE}\n{NOTE[:-1]}1\n")
    Path("bad.csv").write_text("note\npiano\n")
    Path("names.csv").write_text(f"notes\n{NOTE}\n")
    Path("old.csv.partial").write_text("{}\n")
    before = sorted(Path().rglob("*"))
    sources = () if not arguments[0].startswith("--") else ("systems/half",)
    done = sing_eval("metrics", *sources, *arguments)
    assert done.exit_code == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert ERRORS[arguments] in last
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert sorted(Path().rglob("*")) == before


def test_paper_100_names_the_shipped_list(sing_eval: Run, data: Path):
    done = sing_eval("metrics", data, "--notes", "paper-100")
    assert done.exit_code == 2
    assert "error: paper-100: no note '" in done.stderr
    assert "in small" in done.stderr


def test_a_table_is_replaced_only_with_force_and_then_has_the_same_bytes(
    sing_eval: Run, data: Path, make_system: Make
):
    make_system(Path("systems/half"))
    assert sing_eval("metrics").exit_code == 0
    table = Path("metrics.csv").read_bytes()
    assert sing_eval("metrics").exit_code == 2
    assert sing_eval("metrics", "--force").exit_code == 0
    assert Path("metrics.csv").read_bytes() == table
    rows = list(csv.DictReader(table.decode().splitlines()))
    assert [(row["system"], row["note"]) for row in rows] == sorted(
        (row["system"], row["note"]) for row in rows
    )
