"""Distances of samples, which hear a shift of phase that the ear does not (Section 3.2.1)."""

from __future__ import annotations

import math

from eval_suite.metrics.spectra import Comparison, mean_square

ROW_SAMPLES = 256


def wav_mse(pair: Comparison) -> float:
    """Mean squared difference of samples (Eq. 3.1, Table 1)."""
    difference = pair.reference.waveform - pair.estimate.waveform
    return mean_square(difference.reshape(-1, math.gcd(len(difference), ROW_SAMPLES)))
