"""Small changes to training notes, so that the classifier judges a note and not its rendering.

Without them it learns that the demo dataset's notes are in tune to a cent, begin on the very first
sample and have no noise at all, which no synthesizer's output shares (docs/decisions/0009).
"""

from __future__ import annotations

import random
from functools import cache

import torch
from torch import Tensor

from eval_suite.classifier.spectrogram import BANDS, BANDS_PER_OCTAVE, band_filters

MOST_SHIFT_SAMPLES = 800
"""50 ms, earlier or later."""

SIGNAL_TO_NOISE_DB = (10.0, 70.0)

DETUNINGS_CENTS = tuple(range(-40, 41, 5))
"""Short of the quarter tone at which a note becomes its neighbour."""

STEEPEST_TILT_DB = 3.0
"""How much an octave may be louder or softer than the one below it."""


def step_generator(seed: int, epoch: int, step: int) -> torch.Generator:
    """The generator of one training step: a function of its arguments, so that it can resume."""
    number = random.Random(f"{seed}/augmentation/{epoch}/{step}").getrandbits(63)
    return torch.Generator().manual_seed(number)


def augmented(waveforms: Tensor, generator: torch.Generator) -> Tensor:
    """Waveforms [B, T], each moved in time by up to 50 ms and given white noise of its own level.

    The noise is 10 to 70 dB below the note's mean power, uniformly in dB.
    """
    count, samples = waveforms.shape
    reach = MOST_SHIFT_SAMPLES
    shifts = torch.randint(-reach, reach + 1, (count,), generator=generator)
    padded = torch.nn.functional.pad(waveforms, (reach, reach))
    moved = [
        row[reach - shift :][:samples] for row, shift in zip(padded, shifts.tolist(), strict=True)
    ]
    low, high = SIGNAL_TO_NOISE_DB
    decibels = low + (high - low) * torch.rand(count, generator=generator)
    levels = waveforms.square().mean(1).sqrt() * 10 ** (-decibels / 20)
    noise = torch.randn(waveforms.shape, generator=generator)
    return torch.stack(moved) + levels[:, None] * noise


def changed_filters(count: int, generator: torch.Generator) -> Tensor:
    """Filters for as many notes, [B, 2049, 192], which detune each and tilt its spectrum.

    By up to 40 cents and 3 dB an octave, up or down, uniformly.
    """
    places = torch.randint(len(DETUNINGS_CENTS), (count,), generator=generator)
    slopes = STEEPEST_TILT_DB * (2 * torch.rand(count, generator=generator) - 1)
    octaves = torch.arange(BANDS) / BANDS_PER_OCTAVE
    gains = 10 ** (slopes[:, None] * octaves / 10)
    return _detuned_filters()[places] * gains[:, None]


@cache
def _detuned_filters() -> Tensor:
    """The filters of each detuning, [17, 2049, 192]."""
    return torch.stack([band_filters(cents) for cents in DETUNINGS_CENTS])
