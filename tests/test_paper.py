"""`make paper` from end to end, on a dataset of tones and models that learn nothing."""

from __future__ import annotations

import csv
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from waiting import wait_until

from eval_suite.intervals import cluster_numbers
from eval_suite.two_way import two_way_mean
from sing.data.split import Split, split_path, write_split
from sing.notes import Note
from sing.train.phases import train
from sing.train.start import Request

SCRIPTS = Path(__file__).resolve().parents[1] / "benchmarks" / "paper"
SMALL = (
    *("model.hidden_channels=4", "model.decoder_channels=8", "evaluation_notes=4"),
    *("autoencoder.epochs=2", "autoencoder.mse_epochs=0", "autoencoder.crop_samples=1024"),
    *("autoencoder.batch_size=4", "lstm.epochs=0", "finetune.epochs=1"),
)
SETTINGS = [part for setting in SMALL for part in ("--set", setting)]
HELD_OUT = {("bass_acoustic_000", 50), ("flute_synthetic_003", 53)}


@pytest.fixture
def data(make_dataset: Callable[..., Path]) -> Path:
    """Sixteen tones, of which two (instrument, pitch) pairs are held out."""
    notes = [
        Note(instrument, pitch, velocity)
        for instrument in ("bass_acoustic_000", "flute_synthetic_003")
        for pitch in (50, 53, 60, 62)
        for velocity in (50, 127)
    ]
    folder = make_dataset(notes)
    held = tuple(note for note in notes if note.pair in HELD_OUT)
    rest = tuple(note for note in notes if note.pair not in HELD_OUT)
    write_split(split_path(folder), Split(rest, (), held))
    return folder


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run a script of benchmarks/paper in this process, and return its exit code."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(SCRIPTS)
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", [name, "--runs", "runs", *SETTINGS, *map(str, arguments)])
        code: int = importlib.import_module(name).main()
        return code

    yield run
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(SCRIPTS)):
            del sys.modules[name]


@pytest.fixture
def trained(script: Callable[..., int], data: Path) -> None:
    """Finished runs of the variants spectral, with a second seed, and waveform in ./runs."""
    planned = importlib.import_module("planned")
    runs = planned.planned_runs(only=("spectral", "waveform"), settings=SMALL)
    for one in (*runs[:2], next(run for run in runs[2:] if run.variant == "spectral")):
        train(Request(one.config, data, Path("runs", one.name)))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def scores() -> pd.DataFrame:
    """Scores of two systems and silence on 24 notes, half of them held out."""
    generator = np.random.default_rng(0)
    notes = [Note(name, pitch, 100) for name in ("a_b_000", "c_d_001") for pitch in range(60, 72)]
    table = [
        {"system": system, "note": note.name, "split": ("train", "test")[note.pitch % 2],
         "loss": generator.random() + 1}
        for system in ("one", "two", "silence")
        for note in notes
    ]  # fmt: skip
    return pd.DataFrame(table)


@pytest.mark.usefixtures("script")
def test_contrast_of_two_systems_is_the_mean_of_paired_differences(scores):
    contrast, term = importlib.import_module("contrast").contrast, importlib.import_module("claims")
    terms = [(1.0, term.Term("one")), (-1.0, term.Term("two"))]
    table = scores[scores["split"] == "test"].pivot(index="note", columns="system", values="loss")
    notes = [Note.parse(name) for name in table.index]
    clusters = ([note.instrument for note in notes], [note.pitch for note in notes])
    expected = two_way_mean(
        (table["one"] - table["two"]).to_numpy(), *map(cluster_numbers, clusters)
    )
    found = contrast(scores, "loss", terms)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert contrast(scores, "loss", [*terms, (1.0, term.Term("three"))]) is None


@pytest.mark.usefixtures("script")
def test_rise_is_exactly_one_for_a_system_that_is_as_bad_as_silence_everywhere(scores):
    contrast, term = importlib.import_module("contrast").contrast, importlib.import_module("claims")
    losses = scores.set_index(["system", "note"])["loss"]
    is_one = scores["system"] == "one"
    scores.loc[is_one, "loss"] = (3 * losses.loc["silence"]).loc[scores["note"][is_one]].to_numpy()
    terms = [(1.0, term.Term("one", "test")), (-1.0, term.Term("one", "train"))]
    found = contrast(scores, "loss", terms, is_ratio=True)
    assert (found.value, found.low, found.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert contrast(scores, "loss", terms).half_width > 0.01


@pytest.mark.usefixtures("script")
def test_ratio_is_that_of_means_and_its_interval_covers_what_resampled_notes_give(scores):
    contrast, term = importlib.import_module("contrast").contrast, importlib.import_module("claims")
    pairs = [("one", "test", 1.0), ("one", "train", -1.0), ("two", "test", -1.0),
             ("two", "train", 1.0)]  # fmt: skip
    terms = [(sign, term.Term(system, part)) for system, part, sign in pairs]
    found = contrast(scores, "loss", terms, is_ratio=True)
    losses = {key: group["loss"].to_numpy() for key, group in scores.groupby(["system", "split"])}
    means = [losses[system, part].mean() for system, part, _ in pairs]
    assert np.exp(found.value) == pytest.approx(means[0] / means[1] / (means[2] / means[3]))
    # The delta method, notes independent: the losses are. Two ways of clusters may double it.
    variance = sum(
        np.var(losses["one", part] / losses["one", part].mean()
               - losses["two", part] / losses["two", part].mean()) / 12
        for part in ("test", "train")
    )  # fmt: skip
    assert 0.5 < found.standard_error / np.sqrt(variance) < 2


@pytest.mark.usefixtures("script")
def test_share_on_multiples_of_the_frame_rate_of_tones_on_and_off_it():
    share = importlib.import_module("frame_rate").share_on_grid
    seconds = np.arange(64_000) / 16_000
    on, off = (np.sin(2 * np.pi * f * seconds).astype(np.float32) for f in (437.5, 450.0))
    assert share(on) > 0.999
    assert share(off) < 0.001
    assert share(0.6 * on + 0.8 * off) == pytest.approx(0.36, abs=0.001)
    assert np.isnan(share(0 * on))


@pytest.mark.slow
@pytest.mark.usefixtures("trained")
def test_runs_become_a_page_that_names_what_is_missing_and_has_the_same_bytes_again(
    script, tmp_path
):
    outs = [tmp_path / "one", tmp_path / "two"]
    for out in outs:
        assert script("results", "--work", "work", "--out", out) == 0
    names = sorted(path.name for path in outs[0].iterdir())
    assert names == sorted(path.name for path in outs[1].iterdir())
    for name in names:
        assert (outs[0] / name).read_bytes() == (outs[1] / name).read_bytes(), name
    page = (outs[0] / "README.md").read_text()
    assert "- `no-time-embedding`: not begun" in page
    assert str(tmp_path) not in page + (outs[0] / "provenance.json").read_text()
    assert "spectral" not in json.loads((outs[0] / "provenance.json").read_text())["missing"]
    table = rows(outs[0] / "findings.csv")
    found = {row["finding"]: row for row in table if row["seed"] == "42"}
    assert found["time-embedding-helps"]["verdict"] == "missing"
    # Models that learnt nothing are no better than silence, and white noise is worse than all.
    assert found["beats-silence"]["verdict"] != "confirmed"
    assert found["beats-white-noise"]["verdict"] == "confirmed"
    ours = {row["row"]: row["value"] for row in rows(outs[0] / "table1.csv")
            if row["column"] == "wav_mse test"}  # fmt: skip
    rise = float(found["waveform-sing-collapses"]["value_greater"])
    assert rise == pytest.approx(float(ours["SING waveform"]))
    assert float(found["spectral-beats-waveform"]["paper_effect"]) == pytest.approx(0.084 - 0.051)
    assert float(found["waveform-sing-collapses"]["paper_effect"]) == pytest.approx(0.039 / 0.006)


@pytest.mark.slow
@pytest.mark.usefixtures("trained")
def test_a_further_seed_is_judged_and_listed_and_stays_out_of_table_and_pictures(script, tmp_path):
    assert script("results", "--work", "work", "--out", tmp_path / "out") == 0
    findings = rows(tmp_path / "out" / "findings.csv")
    further = {row["finding"] for row in findings if row["seed"] != "42"}
    assert {"beats-silence", "test-is-worse", "autoencoder-is-the-ceiling"} <= further
    assert "spectral-beats-waveform" not in further  # the waveform has one seed
    seed = next(row["seed"] for row in findings if row["seed"] != "42")
    page = (tmp_path / "out" / "README.md").read_text()
    assert "| sing-spectral | test |" in page.split("**Other seeds.**")[1]
    assert f"seed{seed}" not in (tmp_path / "out" / "table1.md").read_text()
    assert f"sing-spectral-seed{seed}," in (tmp_path / "out" / "means.csv").read_text()
    assert f"seed{seed}" not in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.usefixtures("trained")
def test_study_is_rehearsed_analysed_and_marked_synthetic(script):
    sizes = ("--notes", 4, "--ratings", 8, "--answers", 2)
    assert script("study", "--work", "work", *sizes) == 0
    published = Path("work/study/published")
    page = (published / "rehearsal.md").read_text()
    assert page.count("\ngo\n") == 2
    assert "synthetic" in (published / "table2.md").read_text()
    scores = {row["system"]: float(row["mos"]) for row in rows(published / "synthetic-mos.csv")}
    assert set(scores) == {"ground-truth", "nearest-pitch", "sing-spectral", "sing-waveform"}
    pairs = {frozenset((row["a"], row["b"])) for row in rows(published / "synthetic-abx.csv")}
    others = ("nearest-pitch", "sing-waveform")
    assert pairs == {frozenset(("sing-spectral", other)) for other in others}


@pytest.mark.slow
def test_training_that_was_stopped_goes_on_and_another_configuration_is_refused(
    script, data, tmp_path, capsys
):
    words = [str(SCRIPTS / "train.py"), "--runs", "runs", "--data", str(data), *SETTINGS]
    history = tmp_path / "runs" / "waveform" / "history.csv"
    process = subprocess.Popen(
        [sys.executable, *words, "--only", "waveform"], stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    wait_until(history.is_file, 60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM
    again = ("train", "--data", data, "--only", "waveform")
    assert script(*again) == 0
    assert [row["phase"] for row in rows(history)] == ["autoencoder", "autoencoder", "finetune"]
    assert "resuming" in (history.parent / "log.txt").read_text()
    capsys.readouterr()
    assert script(*again) == 0
    assert "training" not in capsys.readouterr().out  # it is finished
    history.parent.rename(history.parent.with_name("spectral"))
    assert script("train", "--data", data, "--only", "spectral") == 2
    assert "'loss' is waveform in the run and spectral in the plan" in capsys.readouterr().err
