"""The classifier's input, against the physics of tones and noise."""

import numpy as np
import pytest
import torch

from eval_suite.classifier.spectrogram import BANDS, RelativeSpectrogram, band_filters

SECONDS = np.arange(64_000) / 16_000


def levels(waveform: np.ndarray) -> np.ndarray:
    """[frames, bands] of one waveform."""
    batch = torch.tensor(waveform[None], dtype=torch.float32)
    return RelativeSpectrogram()(batch)[0, 0].numpy()


def tone(midi: float) -> np.ndarray:
    return np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * SECONDS)


@pytest.mark.parametrize("midi", [48, 60, 69, 84, 108])
def test_a_tone_is_loudest_in_the_band_of_its_pitch(midi):
    assert (levels(tone(midi)).argmax(1) == 2 * (midi - 23)).all()


def test_a_level_is_relative_to_the_loudest_band_on_a_scale_of_seventy_decibels():
    both = levels(tone(60) + 0.1 * tone(96))
    assert both[:, 2 * (60 - 23)] == pytest.approx(1, abs=0.01)
    # 20 dB less of power; the wider band of the higher tone catches the same spectral line thinner.
    widths = 20 + 10 * np.log10(2 ** ((96 - 60) / 12))
    assert both[:, 2 * (96 - 23)] == pytest.approx(1 - 2 * widths / 70, abs=0.05)
    assert both.min() == -1


def test_gain_changes_nothing_down_to_the_smallest_sounds():
    sound = tone(60) * np.exp(-SECONDS)
    assert levels(1e-6 * sound) == pytest.approx(levels(sound), abs=1e-3)
    assert (levels(0.25 * sound) == levels(sound)).all()


def test_silence_has_the_lowest_level_everywhere_and_huge_samples_a_finite_one():
    assert (levels(np.zeros(64_000)) == -1).all()
    assert np.isfinite(levels(1e30 * tone(60))).all()


def test_white_noise_is_flat_over_the_bands():
    noise = np.random.default_rng(0).normal(size=64_000)
    decibels = 35 * (levels(noise) - 1)
    power = (10 ** (decibels / 10)).mean(0)
    assert power[96:].std() / power[96:].mean() < 0.25  # the highest four octaves: many bins each


def test_every_band_has_weights_that_add_up_to_one():
    filters = band_filters()
    assert filters.shape == (2049, BANDS)
    assert filters.sum(0).numpy() == pytest.approx(1)
    assert (filters >= 0).all()
