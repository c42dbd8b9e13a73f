"""A waveform brought to a note's length and, if asked, to its reference's loudness; killed runs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eval_suite.importing.reading import ZeroTail
from eval_suite.loudness import integrated_loudness
from sing.audio import NOTE_SAMPLES, SAMPLE_RATE

LONG_TAIL_SECONDS = 0.25
"""Exact zeros at the end of a file, up to which nobody needs to hear of them."""

AUDIBLE = 0.001
"""-60 dB of full scale. WaveNet's 8-bit mu-law has an exact zero for what is below 0.0002."""

ABRUPT = 0.005
"""-46 dB of full scale: a sound that is louder when it ends did not fade out.

Many genuine notes of NSynth end in zeros; the loudest of those looked at stops at 0.0017.
"""


def fit_length(waveform: NDArray[np.float64]) -> NDArray[np.float64]:
    """The waveform with 64,000 samples: padded with silence, or cut, at its end."""
    if len(waveform) >= NOTE_SAMPLES:
        return waveform[:NOTE_SAMPLES]
    return np.pad(waveform, (0, NOTE_SAMPLES - len(waveform)))


def matching_gain(reference: NDArray[np.floating], estimate: NDArray[np.floating]) -> float | None:
    """The gain in dB that makes the estimate as loud as the reference; None if one is silent."""
    gain = integrated_loudness(reference) - integrated_loudness(estimate)
    return gain if math.isfinite(gain) else None


def killed_at(tail: ZeroTail, reference: NDArray[np.floating] | None) -> float | None:
    """Where a killed run stopped, in seconds: a long, exactly zero end where sound should be.

    A run of WaveNet writes files of full length from the start. There should be sound where the
    reference [64000] is audible for another 0.25 s; without a reference, where the last 20 ms
    before the zeros are loud. Notes that have faded out end in zeros, too.
    """
    if tail.seconds <= LONG_TAIL_SECONDS:
        return None
    if reference is None:
        # A file of nothing but zeros has no samples before them; it is silent all the same.
        stopped = tail.level_before > ABRUPT or tail.start == 0
    else:
        ends = [round(second * SAMPLE_RATE) for second in (tail.start, tail.start + tail.seconds)]
        audible = np.flatnonzero(np.abs(reference[slice(*ends)]) > AUDIBLE)
        stopped = bool(audible.size) and audible[-1] > LONG_TAIL_SECONDS * SAMPLE_RATE
    return tail.start if stopped else None
