"""What the shipped demo run is held to: on held-out (instrument, pitch) pairs it must be good."""

from pathlib import Path

import librosa
import numpy as np
import pytest
from forked_commands import run_command

from eval_suite.tables import METRICS, read_table
from sing.data.nsynth import open_dataset
from sing.generate.offline import generate
from sing.generate.selection import find_run, shipped_run

pytestmark = pytest.mark.slow

SOUNDING = slice(1_600, 16_000)  # from 0.1 s to 1 s: after the attack, while even mallets sound


def cents_from_label(waveforms: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """The median of librosa.yin over each note, in cents from its labelled pitch."""
    found = [
        np.median(librosa.yin(waveform[SOUNDING], fmin=f / 2.1, fmax=f * 2.1, sr=16_000))
        for waveform, f in zip(waveforms, frequencies, strict=True)
    ]
    return 1200 * np.log2(np.array(found) / frequencies)


@pytest.fixture(scope="module")
def sounds(demo_cache):
    """Soft and loud test notes, their true waveforms and the demo run's."""
    run = find_run("demo")
    notes = [note for note in run.split.test if note.velocity in (25, 127)]
    truth = open_dataset(demo_cache / "demo-1").waveforms(notes)
    return notes, truth, np.concatenate(list(generate(run, notes)))


def test_it_was_trained_on_the_embedded_dataset_and_never_heard_the_test_pairs(demo_cache):
    run = find_run("demo")
    assert run.provenance["dataset"] == "demo"
    assert {*run.split.train, *run.split.test} == {*open_dataset(demo_cache / "demo-1").notes}
    assert not {note.pair for note in run.split.train} & {note.pair for note in run.split.test}


def test_it_is_at_most_twelve_megabytes():
    size = sum(path.stat().st_size for path in Path(shipped_run()).rglob("*"))
    assert size <= 12 * 2**20


def test_it_beats_every_baseline_in_spectral_loss(demo_cache, tmp_path):
    rivals = ("silence", "white-noise", "nearest-pitch")
    asked = [
        "--metric",
        "spectral_loss",
        *(word for name in rivals for word in ("--baseline", name)),
    ]
    command = ["sing-eval", "metrics", "demo", "--out", "table.csv", *asked]
    assert run_command(command, tmp_path, {"SING_CACHE": str(demo_cache)}).exit_code == 0
    table = read_table(tmp_path / "table.csv", METRICS)
    means = table.groupby("system")["spectral_loss"].mean()
    assert {*means.index} == {"demo", *rivals}
    assert means["demo"] < 0.6 * means.drop("demo").min()


def test_its_notes_have_the_pitch_they_are_labelled_with(sounds):
    notes, truth, generated = sounds
    frequencies = np.array([note.frequency for note in notes])
    is_in_tune = np.abs(cents_from_label(truth, frequencies)) < 50
    assert is_in_tune.mean() > 0.9
    ours = np.abs(cents_from_label(generated, frequencies)[is_in_tune]) < 50
    assert ours.mean() >= 0.85
