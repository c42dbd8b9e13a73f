"""Synthesis of the headphone tests and of the clip on which raters set their volume.

All clips are [T, 2] at 44.1 kHz, left and right, in [-1, 1]; their levels are near the study's.
"""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from listening_app.headphones import INTERVALS, TRIALS
from listening_app.stimuli import TIME_STAMP, Names, loudness_of
from sing.audio import FULL_SCALE
from sing.audio import SAMPLE_RATE as NOTE_RATE

Stereo = NDArray[np.float64]

SAMPLE_RATE = 44_100
"""Hz: the rate of both publications."""

TONE_HZ = 200.0
QUIETER_DB = 6.0
HUGGINS_HZ = 600.0
HUGGINS_WIDTH = 0.06
"""The inverted band reaches so far to either side of its centre."""

_INTERVAL_SECONDS = 1.0
_GAP_SECONDS = 0.5
_TONE_RAMP_SECONDS = 0.1
_NOISE_RAMP_SECONDS = 0.03
_TONE_AMPLITUDE = 0.1
_NOISE_RMS = 0.05
_CHORD_HZ = (220.0, 277.2, 329.6, 440.0)


def antiphase_clip(quietest: int, inverted: int) -> Stereo:
    """Three tones of 200 Hz: number `quietest` (1 to 3) is 6 dB softer, `inverted` in antiphase."""
    count = round(_INTERVAL_SECONDS * SAMPLE_RATE)
    tone = _TONE_AMPLITUDE * np.sin(2 * np.pi * TONE_HZ * np.arange(count) / SAMPLE_RATE)
    tone *= _envelope(count, _TONE_RAMP_SECONDS)
    intervals = []
    for number in range(1, INTERVALS + 1):
        level = 10 ** (-QUIETER_DB / 20) if number == quietest else 1.0
        sign = -1.0 if number == inverted else 1.0
        intervals.append(np.stack([level * tone, sign * level * tone], axis=1))
    return _in_a_row(intervals)


def huggins_clip(target: int, rng: np.random.Generator) -> Stereo:
    """Three white noises, equal in both ears; in number `target` a band around 600 Hz is not.

    There the right ear's phase is shifted by 180 degrees within 600 Hz +- 6 %.
    """
    count = round(_INTERVAL_SECONDS * SAMPLE_RATE)
    frequencies = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    is_inverted = np.abs(frequencies - HUGGINS_HZ) <= HUGGINS_WIDTH * HUGGINS_HZ
    envelope = _envelope(count, _NOISE_RAMP_SECONDS)
    intervals = []
    for number in range(1, INTERVALS + 1):
        left = _NOISE_RMS * rng.standard_normal(count)
        spectrum = np.fft.rfft(left)
        if number == target:
            spectrum[is_inverted] *= -1
        right = np.fft.irfft(spectrum, count)
        intervals.append(np.stack([left * envelope, right * envelope], axis=1))
    return _in_a_row(intervals)


def sound_check_clip(target_lufs: float) -> Stereo:
    """A soft chord of 4 s in both ears, as loud as the study's stimuli are."""

    def chord(sample_rate: int) -> NDArray[np.float64]:
        seconds = np.arange(4 * sample_rate) / sample_rate
        tones = [np.sin(2 * np.pi * hertz * seconds) for hertz in _CHORD_HZ]
        fade = np.minimum(1, np.minimum(seconds, 4 - seconds) / 0.2)
        return np.asarray(0.1 * fade * sum(tones))

    # Measured as stimuli are: a mono file, which sounds in both ears as this clip does.
    lufs = loudness_of(chord(NOTE_RATE)) or 0.0
    mono = 10 ** ((target_lufs - lufs) / 20) * chord(SAMPLE_RATE)
    return np.stack([mono, mono], axis=1)


def write_checks(folder: Path, names: Names, target_lufs: float) -> list[dict[str, object]]:
    """Write all clips into `folder` and return the rows of checks.csv, in the order of trials.

    Each of the three places is right in two of the six trials of a test.
    """
    folder.mkdir(parents=True)
    rng = random.Random(names.digest_text("checks"))
    rows = []
    orders = [(one, other) for one in (1, 2, 3) for other in (1, 2, 3) if one != other]
    rng.shuffle(orders)
    targets = [number % INTERVALS + 1 for number in range(TRIALS)]
    rng.shuffle(targets)
    clips = [("sound", 0, sound_check_clip(target_lufs))]
    clips += [
        ("antiphase", quietest, antiphase_clip(quietest, other)) for quietest, other in orders
    ]
    for number, target in enumerate(targets):
        noise = np.random.default_rng(list(names.digest_text(f"huggins {number}")))
        clips.append(("huggins", target, huggins_clip(target, noise)))
    for number, (test, target, clip) in enumerate(clips):
        name = names.digest_text(f"check {number}").hex()[:12]
        _write(folder / f"{name}.wav", clip)
        rows.append({"check": name, "test": test, "target": target})
    return rows


def _envelope(count: int, ramp_seconds: float) -> NDArray[np.float64]:
    ramp_count = round(ramp_seconds * SAMPLE_RATE)
    ramp = (1 - np.cos(np.pi * (np.arange(ramp_count) + 0.5) / ramp_count)) / 2
    envelope = np.ones(count)
    envelope[:ramp_count], envelope[-ramp_count:] = ramp, ramp[::-1]
    return envelope


def _in_a_row(intervals: list[Stereo]) -> Stereo:
    gap = np.zeros((round(_GAP_SECONDS * SAMPLE_RATE), 2))
    parts = [part for interval in intervals for part in (interval, gap)]
    return np.concatenate(parts[:-1])


def _write(path: Path, clip: Stereo) -> None:
    samples = np.clip(np.rint(clip * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype("<i2")
    data = samples.tobytes()
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16),
        *(1, 2, SAMPLE_RATE, 4 * SAMPLE_RATE, 4, 16),  # PCM, stereo, bytes a second, a frame, bits
        *(b"data", len(data)),
    )
    path.write_bytes(header + data)
    os.utime(path, (TIME_STAMP, TIME_STAMP))
