"""What training does to notes before it looks at them."""

import numpy as np
import pytest
import torch

from eval_suite.classifier.augmentation import augmented, changed_filters, step_generator
from eval_suite.classifier.spectrogram import RelativeSpectrogram, band_filters


def test_notes_are_moved_by_up_to_fifty_milliseconds_without_wrapping_around():
    pulses = torch.zeros(200, 16_000)
    pulses[:, 8_000] = 1
    moves = augmented(pulses, step_generator(0, 0, 0)).argmax(1) - 8_000
    assert moves.abs().max() <= 800
    assert moves.min() < -600
    assert moves.max() > 600
    at_the_end = torch.zeros(50, 16_000)
    at_the_end[:, -1] = 1
    assert (augmented(at_the_end, step_generator(0, 0, 1))[:, :800].abs() < 0.1).all()


def test_noise_lies_ten_to_seventy_decibels_under_the_note_at_any_level():
    seconds = torch.arange(16_000) / 16_000
    levels = torch.logspace(-3, 0, 100)[:, None]
    tones = levels * torch.sin(2 * np.pi * 1_000 * seconds)
    changed = augmented(tones, step_generator(0, 0, 0))[:, 2_000:14_000]
    spectrum = torch.fft.rfft(changed).abs().square()
    noise = spectrum[:, 1_000:].mean(1) / 12_000  # above 1.3 kHz there is no tone
    decibels = 10 * torch.log10(levels[:, 0] ** 2 / 2 / noise)
    assert decibels.min() > 9.5
    assert decibels.max() < 70.5
    assert decibels.min() < 20
    assert decibels.max() > 60


def test_a_step_is_changed_alike_every_time_and_unlike_any_other():
    waveforms = torch.randn(2, 8_000, generator=torch.Generator().manual_seed(0))
    first, again, other = (augmented(waveforms, step_generator(0, 3, step)) for step in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_silence_stays_silence():
    assert augmented(torch.zeros(3, 8_000), step_generator(0, 0, 0)).abs().max() == pytest.approx(0)


def test_detuned_filters_show_a_tone_as_if_it_were_higher():
    seconds = torch.arange(64_000) / 16_000
    for cents in (-40, 25, 50):
        low = torch.sin(2 * np.pi * 1_000 * seconds)[None]
        high = torch.sin(2 * np.pi * 1_000 * 2 ** (cents / 1200) * seconds)[None]
        ours = RelativeSpectrogram()(low, band_filters(cents)[None])
        theirs = RelativeSpectrogram()(high)
        unchanged = RelativeSpectrogram()(low)
        assert (ours - theirs).abs().mean() < 0.3 * (unchanged - theirs).abs().mean()


def test_changed_filters_tilt_by_up_to_three_decibels_an_octave():
    changed = changed_filters(200, step_generator(0, 0, 0))
    decibels = 10 * torch.log10(changed.sum(1))  # that of unchanged filters is 1 in every band
    slopes = (decibels[:, 24:] - decibels[:, :-24]).numpy()
    assert slopes.std(axis=1) == pytest.approx(0, abs=1e-3)
    assert -3 <= slopes.min() < -2
    assert 2 < slopes.max() <= 3
