"""The loudness error against the standard's own calibration and against known gains."""

import numpy as np
import pytest

from eval_suite.metrics.loudness import loudness
from eval_suite.metrics.metric import parse_metric
from eval_suite.metrics.spectra import Spectra

METRIC = parse_metric("loudness_error")
SECONDS = np.arange(64_000) / 16_000


def sine(frequency: float, level: float = 1.0) -> np.ndarray:
    return (level * np.sin(2 * np.pi * frequency * SECONDS)).astype(np.float32)


def error(reference: np.ndarray, estimate: np.ndarray) -> float:
    return METRIC(reference[None], estimate[None]).item()


def test_a_full_scale_sine_of_997_hz_has_the_standards_loudness():
    # BS.1770-4, Annex 1: 0 dB of full scale at 997 Hz in one channel reads -3.01 LKFS.
    assert loudness(Spectra(sine(997)))[0] == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize("gain", [0.5, 2.0, 0.1])
def test_a_gain_is_the_error_in_db(gain: float):
    tone = sine(440, 0.25)
    expected = abs(20 * np.log10(gain))  # 6.02 dB for a factor of two
    assert error(tone, np.float32(gain) * tone) == pytest.approx(expected, abs=0.01)


def test_pauses_do_not_count():
    tone = sine(440, 0.25)
    short = np.where(SECONDS < 2, tone, 0).astype(np.float32)
    assert error(tone, short) < 0.5  # half the energy, 3 dB, but the gate leaves the pause out


def test_minus_70_is_the_floor():
    silence = np.zeros(64_000, dtype=np.float32)
    assert loudness(Spectra(silence)).tolist() == [-70]
    assert error(silence, sine(440, 1e-5)) == 0
    assert error(silence, sine(997)) == pytest.approx(70 - 3.01, abs=0.1)


def test_less_than_a_block_has_no_loudness():
    with pytest.raises(ValueError, match="block size"):
        loudness(Spectra(sine(440)[:6000]))
