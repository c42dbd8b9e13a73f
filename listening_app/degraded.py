"""Sounds that we make ourselves: degraded references whose place on the scale is plain, and beeps.

All are waveforms [64000] at 16 kHz, before loudness is set.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from listening_app.anchors import MOST_BEEPS, parse_anchor
from sing.audio import NOTE_SAMPLES, SAMPLE_RATE

Waveform = NDArray[np.float64]

_BEEP_HZ = 880.0
_BEEP_SECONDS = 0.18
_BEEP_EVERY = 0.4
_BEEP_RAMP = 0.01


def degrade(waveform: Waveform, anchor: str, rng: np.random.Generator) -> Waveform:
    """The waveform as the anchor of this name has it. Raises SingError for another name."""
    kind, amount = parse_anchor(anchor)
    if kind == "lowpass":
        return low_passed(waveform, amount)
    return modulated_noise(waveform, amount, rng)


def low_passed(waveform: Waveform, cutoff: float) -> Waveform:
    """The waveform without what lies above `cutoff` Hz, as the anchors of ITU-R BS.1534.

    A Butterworth filter of order 8 that runs forwards and backwards: 96 dB an octave, no delay.
    """
    from scipy.signal import butter, sosfiltfilt

    sections = butter(8, cutoff, fs=SAMPLE_RATE, output="sos")
    filtered: Waveform = sosfiltfilt(sections, waveform)
    return filtered


def modulated_noise(waveform: Waveform, ratio_db: float, rng: np.random.Generator) -> Waveform:
    """The waveform times (1 + noise): noise that follows it, `ratio_db` below (ITU-T P.810).

    Unlike a cut of high frequencies this is heard on every note, also on one with few of them.
    """
    noise = rng.standard_normal(len(waveform))
    return waveform * (1 + 10 ** (-ratio_db / 20) * noise)


def beeps(count: int) -> Waveform:
    """A clip of `count` beeps of 880 Hz (A5), to be counted. Raises ValueError beyond 1 to 9."""
    if not 1 <= count <= MOST_BEEPS:
        raise ValueError(f"{count} beeps")
    length = round(_BEEP_SECONDS * SAMPLE_RATE)
    ramp_length = round(_BEEP_RAMP * SAMPLE_RATE)
    ramp = (1 - np.cos(np.pi * (np.arange(ramp_length) + 0.5) / ramp_length)) / 2
    envelope = np.ones(length)
    envelope[:ramp_length], envelope[-ramp_length:] = ramp, ramp[::-1]
    beep = 0.5 * envelope * np.sin(2 * np.pi * _BEEP_HZ * np.arange(length) / SAMPLE_RATE)
    clip = np.zeros(NOTE_SAMPLES)
    for number in range(count):
        start = round((0.3 + number * _BEEP_EVERY) * SAMPLE_RATE)
        clip[start : start + length] = beep
    return clip
