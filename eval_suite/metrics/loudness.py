"""The difference of integrated loudness (ITU-R BS.1770-4), as pyloudnorm measures it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyloudnorm
from numpy.typing import NDArray

from eval_suite.metrics.features import Feature
from eval_suite.metrics.spectra import Comparison, Spectra
from sing.audio import SAMPLE_RATE

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
    found = _meter().integrated_loudness(spectra.waveform.astype(np.float64))
    return np.array([max(float(found), QUIETEST)])


LOUDNESS = Feature("loudness", 1, loudness)


@lru_cache(maxsize=1)
def _meter() -> pyloudnorm.Meter:
    return pyloudnorm.Meter(SAMPLE_RATE)
