"""What the shipped demo run is held to: on held-out (instrument, pitch) pairs it must be good."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from sing.data.nsynth import open_dataset
from sing.generate.offline import generate
from sing.generate.selection import find_run, shipped_run
from sing.losses import spectral_loss

pytestmark = pytest.mark.slow

STEADY = slice(8_000, 24_000)  # from 0.5 s to 1.5 s: after the attack, before most decays


def cents_from_label(waveforms: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """The median distance of librosa.yin from each note's labelled pitch, in cents."""
    return np.array(
        [
            1200
            * np.log2(
                np.median(librosa.yin(waveform[STEADY], fmin=f / 2.1, fmax=f * 2.1, sr=16_000)) / f
            )
            for waveform, f in zip(waveforms, frequencies, strict=True)
        ]
    )


@pytest.fixture(scope="module")
def sounds(demo_cache):
    """The test notes, their true waveforms and the demo run's."""
    run = find_run("demo")
    notes = run.split.test
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


def test_it_beats_silence_in_spectral_loss(sounds):
    _, truth, generated = (*sounds[:1], *map(torch.from_numpy, sounds[1:]))
    with torch.inference_mode():
        ours = spectral_loss(truth, generated).mean()
        silence = spectral_loss(truth, torch.zeros_like(truth)).mean()
    assert ours < 0.75 * silence


def test_its_notes_have_the_pitch_they_are_labelled_with(sounds):
    notes, truth, generated = sounds
    frequencies = np.array([note.frequency for note in notes])
    is_in_tune = np.abs(cents_from_label(truth, frequencies)) < 50
    assert is_in_tune.mean() > 0.9
    ours = np.abs(cents_from_label(generated, frequencies)[is_in_tune]) < 50
    assert ours.mean() >= 0.85
