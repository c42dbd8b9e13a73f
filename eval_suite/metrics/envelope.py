"""How fast a note comes and how long it lasts: errors of attack and decay time.

The descriptors of Peeters et al., "The Timbre Toolbox", JASA 130 (2011), Section II.B, with fixed
thresholds: the envelope is the RMS of the last 20 ms, every 1 ms, of the waveform without its mean;
zeros precede the file. With the peak of the envelope at 1,

    attack time    from the first 0.1, the onset, to the first 0.9,
    decay time     from the onset to the last 0.1, which is -20 dB, or to the file's end.

The last 0.1, not the next, so that a tremolo or a low pitch's single pulses do not end a note; from
the onset, not the peak, which in a steady or beating tone can be anywhere: organ notes of NSynth
peak after 0.9 and 2.2 s, which also makes their attack times as long. An onset without any rise
has an attack time of 16 ms: the window's. Below -80 dB of full scale all is silence: both are 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eval_suite.metrics.features import Feature
from eval_suite.metrics.spectra import SILENCE_RMS, Comparison, Spectra
from sing.audio import SAMPLE_RATE

WINDOW_SAMPLES = SAMPLE_RATE * 20 // 1000
HOP_SAMPLES = SAMPLE_RATE // 1000
LOW, HIGH = 0.1, 0.9
"""Thresholds relative to the envelope's peak; 0.1 is -20 dB."""


def attack_error(pair: Comparison) -> float:
    """Absolute difference of the attack times, in seconds."""
    return _difference(pair, 0)


def decay_error(pair: Comparison) -> float:
    """Absolute difference of the decay times, in seconds."""
    return _difference(pair, 1)


def _difference(pair: Comparison, place: int) -> float:
    difference = pair.reference.feature(ENVELOPE_TIMES) - pair.estimate.feature(ENVELOPE_TIMES)
    return abs(float(difference[place]))


def envelope(waveform: NDArray[np.float64]) -> NDArray[np.float64]:
    """RMS of the 20 ms before every millisecond of a waveform [T], [T // 16]."""
    energy = np.concatenate([np.zeros(WINDOW_SAMPLES + 1), np.cumsum(np.square(waveform))])
    ends = energy[WINDOW_SAMPLES + HOP_SAMPLES :: HOP_SAMPLES]
    starts = energy[HOP_SAMPLES::HOP_SAMPLES][: len(ends)]
    found: NDArray[np.float64] = np.sqrt((ends - starts) / WINDOW_SAMPLES)
    return found


def envelope_times(spectra: Spectra) -> NDArray[np.float64]:
    """Attack time and decay time in seconds, [2]; zeros for silence."""
    levels = envelope(spectra.centred)
    peak = levels.max()
    if peak < SILENCE_RMS:
        return np.zeros(2)
    above = np.flatnonzero(levels >= LOW * peak)
    onset, end = above[0], above[-1]
    high = (levels >= HIGH * peak).argmax()
    return np.array([high - onset, end - onset]) * (HOP_SAMPLES / SAMPLE_RATE)


ENVELOPE_TIMES = Feature("envelope_times", 1, envelope_times)
