"""The difference of integrated loudness (ITU-R BS.1770-4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eval_suite.loudness import integrated_loudness
from eval_suite.metrics.features import Feature
from eval_suite.metrics.spectra import Comparison, Spectra

QUIETEST = -70.0
"""LUFS. The standard's absolute gate, below which it calls everything silence."""


def loudness_error(pair: Comparison) -> float:
    """|L(reference) - L(estimate)| in dB, neither of them below -70 LUFS."""
    difference = pair.reference.feature(LOUDNESS) - pair.estimate.feature(LOUDNESS)
    return abs(float(difference[0]))


def loudness(spectra: Spectra) -> NDArray[np.float64]:
    """The integrated loudness in LUFS, [1]; -70 for silence and what is quieter.

    Raises ValueError for a waveform shorter than the standard's block of 0.4 s.
    """
    return np.array([max(integrated_loudness(spectra.waveform), QUIETEST)])


LOUDNESS = Feature("loudness", 1, loudness)
