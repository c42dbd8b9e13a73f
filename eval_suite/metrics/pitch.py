"""Errors of pitch in cents, relative to the reference's own measured pitch (decisions/0008).

A waveform's pitch is the median of YIN's estimates over its sounding frames, sought around the
note's MIDI pitch: from a little below the octave under it to a little above the octave over it.
A waveform that is silent, or does not repeat itself, is unpitched.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eval_suite.metrics import yin
from eval_suite.metrics.features import Feature
from eval_suite.metrics.spectra import SILENCE_RMS, Comparison, Spectra
from sing.audio import SAMPLE_RATE

LARGEST_ERROR = 1200.0
"""Cents: an octave, to which the search reaches; also between a pitch and none at all."""

RANGE = 2.1
"""The search goes from f / 2.1 to 2.1 f, so that an octave does not lie on its edge."""

SOUNDING = 0.1
"""A frame sounds when it is at most 20 dB below the loudest one."""

APERIODIC = 0.5
"""Where a larger share of a frame's power does not repeat, the frame has no pitch."""

SHORTEST_WINDOW = 512
FRAME_HOP = 1024
MOST_FRAMES = 32
"""Of more sounding frames, so many are measured, evenly spread: the median needs no more."""

LAGS_A_PERIOD = 128
MOST_STEPS = 8
"""Lags are fractions of a sample, down to an eighth, until a note's period has so many."""


def pitch_error(pair: Comparison) -> float:
    """|1200 log2(f(estimate) / f(reference))| in cents, at most 1200.

    0 when both are unpitched, 1200 when only one is.
    """
    reference = float(pair.reference.feature(FUNDAMENTAL)[0])
    estimate = float(pair.estimate.feature(FUNDAMENTAL)[0])
    if not (reference and estimate):
        return 0.0 if reference == estimate else LARGEST_ERROR
    return min(abs(1200 * math.log2(estimate / reference)), LARGEST_ERROR)


def pitch_within_50(pair: Comparison) -> float:
    """1 when the pitch error is at most 50 cents, else 0: higher is better."""
    return float(pitch_error(pair) <= 50)


def fundamental(spectra: Spectra) -> NDArray[np.float64]:
    """The pitch in Hz, [1]; 0 for an unpitched waveform.

    Raises ValueError when the note's MIDI pitch is not known, or the waveform is too short.
    """
    lags = _lags(spectra.pitch)
    window = max(SHORTEST_WINDOW, 2 * lags.margin)
    frames = _sounding(spectra.centred, window + lags.margin)
    if not len(frames):
        return np.zeros(1)
    found, aperiodic = yin.periods(frames, window, lags)
    has_pitch = aperiodic <= APERIODIC
    if has_pitch.mean() < 0.5:
        return np.zeros(1)
    return np.array([SAMPLE_RATE / np.median(found[has_pitch])])


FUNDAMENTAL = Feature("fundamental", 1, fundamental, needs_pitch=True)


def _lags(pitch: int) -> yin.Lags:
    """The lags to try for a note of this MIDI pitch."""
    period = SAMPLE_RATE / (440 * math.exp2((pitch - 69) / 12))
    steps = 1
    while steps < MOST_STEPS and steps * period < LAGS_A_PERIOD:
        steps *= 2
    # No fundamental lies above half the sample rate.
    return yin.Lags(max(period / RANGE, 2.0), max(period * RANGE, 3.0), steps)


def _sounding(waveform: NDArray[np.float64], length: int) -> NDArray[np.float32]:
    """Frames [K, length] that are loud enough to have a pitch, at most 32; none for silence."""
    if len(waveform) < length:
        raise ValueError(f"{len(waveform):,} samples, too few for pitch: expected {length:,}")
    every = np.lib.stride_tricks.sliding_window_view(waveform, length)[::FRAME_HOP]
    energy = np.concatenate([np.zeros(1), np.cumsum(np.square(waveform))])
    starts = np.arange(len(every)) * FRAME_HOP
    level = np.sqrt((energy[starts + length] - energy[starts]) / length)
    sounds = np.flatnonzero(level >= max(SILENCE_RMS, SOUNDING * level.max()))
    if len(sounds) > MOST_FRAMES:
        sounds = sounds[np.linspace(0, len(sounds) - 1, MOST_FRAMES).round().astype(np.intp)]
    frames: NDArray[np.float32] = (every[sounds] / level[sounds, None]).astype(np.float32)
    return frames
