"""The mel-cepstral distance against librosa and scipy, and against what it means."""

from collections.abc import Iterator

import librosa
import numpy as np
import pytest
import scipy.fft

from eval_suite.metrics import mel_cepstrum
from eval_suite.metrics.metric import Metric, parse_metric

METRIC = parse_metric("mel_cepstral_distance")
LOW_FLOOR = parse_metric("mel_cepstral_distance@1e-4")


def noises() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(11)
    first, second = generator.standard_normal((2, 64_000))
    coloured = np.convolve(second, [1, 0.8, 0.3], mode="same")
    return (0.2 * first).astype(np.float32), (0.1 * coloured).astype(np.float32)


def log_bands(waveform: np.ndarray, epsilon: float = 1) -> np.ndarray:
    """ln(epsilon + power in 40 mel bands), [40, frames], by librosa in double precision."""
    power = librosa.feature.melspectrogram(
        y=waveform.astype(np.float64),
        sr=16_000,
        n_fft=1024,
        hop_length=256,
        center=False,
        n_mels=40,
        norm=None,
        dtype=np.float64,
    )
    return np.log(epsilon + power)


@pytest.mark.parametrize(("metric", "epsilon"), [(METRIC, 1), (LOW_FLOOR, 1e-4)])
def test_is_the_mean_distance_of_thirteen_cepstral_coefficients(metric: Metric, epsilon: float):
    reference, estimate = (np.float32(0.01) * one for one in noises())
    # scipy's cosine transform is twice the sum, so 80 times the mean.
    logs = [log_bands(one, epsilon) for one in (reference, estimate)]
    cepstra = [scipy.fft.dct(one, axis=0)[1:14] / 80 for one in logs]
    squares = np.square(cepstra[0] - cepstra[1]).sum(axis=0)
    expected = (10 / np.log(10) * np.sqrt(2 * squares)).mean()
    assert metric(reference[None], estimate[None]).item() == pytest.approx(expected, rel=1e-4)


@pytest.fixture
def _all_coefficients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(mel_cepstrum, "COEFFICIENTS", 39)
    mel_cepstrum._cosines.cache_clear()
    yield
    mel_cepstrum._cosines.cache_clear()


@pytest.mark.usefixtures("_all_coefficients")
def test_with_every_coefficient_it_is_the_rms_difference_of_the_spectra_in_db():
    reference, estimate = noises()
    decibels = 10 / np.log(10) * (log_bands(reference) - log_bands(estimate))
    decibels -= decibels.mean(axis=0)
    expected = np.sqrt(np.square(decibels).mean(axis=0)).mean()
    assert METRIC(reference[None], estimate[None]).item() == pytest.approx(expected, rel=1e-4)


def test_ignores_level_and_hears_timbre():
    reference, coloured = noises()
    assert METRIC(reference[None], 0.5 * reference[None]).item() < 0.5  # dB; the floor is left
    assert METRIC(reference[None], coloured[None]).item() > 2
