"""Integrated loudness (ITU-R BS.1770-4) of a note, as pyloudnorm measures it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sing.audio import SAMPLE_RATE


def integrated_loudness(waveform: NDArray[np.floating]) -> float:
    """The loudness in LUFS of a waveform [T]; -inf for silence.

    Raises ValueError for a waveform shorter than the standard's block of 0.4 s.
    """
    return float(_meter().integrated_loudness(np.asarray(waveform, dtype=np.float64)))


@cache
def _meter() -> Any:
    import pyloudnorm  # loads scipy.signal, which few commands need

    return pyloudnorm.Meter(SAMPLE_RATE)
