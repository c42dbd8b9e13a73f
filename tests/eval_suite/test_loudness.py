"""BS.1770's own reference level."""

import numpy as np
import pytest

from eval_suite.loudness import integrated_loudness


def test_a_full_scale_sine_of_997_hz_is_at_minus_3_lufs():  # ITU-R BS.1770-4, annex 1
    # The filters are given for 48 kHz; at 16 kHz they come within 0.1 dB.
    sine = np.sin(2 * np.pi * 997 * np.arange(64_000) / 16_000)
    assert integrated_loudness(sine) == pytest.approx(-3.01, abs=0.1)
    assert integrated_loudness(np.zeros(64_000)) == -np.inf
