"""YIN against the definition written out as sums, on frames of known period."""

import numpy as np
import pytest

from eval_suite.metrics import yin

LAGS = yin.Lags(shortest=20, longest=100, steps=1)
WINDOW = 256


def frames(period: float, count: int = 2, noise: float = 0.0) -> np.ndarray:
    """Frames of a tone with three partials."""
    samples = np.arange(count * 500) / period
    tone = sum(np.sin(2 * np.pi * order * samples + order) / order for order in (1, 2, 3))
    tone = tone + noise * np.random.default_rng(1).standard_normal(len(samples))
    return tone.reshape(count, 500)[:, : WINDOW + LAGS.margin].astype(np.float32)


def test_the_difference_function_is_equation_1():
    given = frames(period=47.0, noise=0.1)
    expected = [
        [np.square(frame[:WINDOW] - frame[lag : lag + WINDOW]).sum() for lag in range(100)]
        for frame in given.astype(np.float64)
    ]
    found = yin._difference(given, WINDOW, LAGS)[:, :100]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("steps", [2, 8])
def test_between_the_samples_it_is_the_difference_of_the_continuous_tone(steps: int):
    period, lags = 47.0, yin.Lags(20, 100, steps)
    found = yin._difference(frames(period), WINDOW, lags)
    lag = np.arange(40 * steps, 60 * steps) / steps
    # A partial of amplitude a adds a^2 (1 - cos) to the mean square, up to the window's ends.
    phase = 2 * np.pi * np.outer(lag, [1, 2, 3]) / period
    expected = (1 - np.cos(phase)) @ (1 / np.square([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(found[0, 40 * steps : 60 * steps] / WINDOW, expected, atol=0.1)


@pytest.mark.parametrize("period", [21.3, 47.0, 60.5, 99.2])
def test_periods_are_exact_and_perfectly_periodic(period: float):
    found, aperiodic = yin.periods(frames(period), WINDOW, LAGS)
    np.testing.assert_allclose(found, period, rtol=1e-3)
    assert (aperiodic < 0.01).all()


def test_noise_below_the_threshold_does_not_pull_the_period_down():
    # The first shallow minimum below the threshold lies before the period.
    given = frames(period=80.0, count=40, noise=0.15)
    found, aperiodic = yin.periods(given, WINDOW, LAGS)
    assert (aperiodic < yin.THRESHOLD).all()
    np.testing.assert_allclose(found, 80, rtol=0.01)


def test_white_noise_is_aperiodic():
    generator = np.random.default_rng(2)
    given = generator.standard_normal((20, WINDOW + LAGS.margin)).astype(np.float32)
    assert (yin.periods(given, WINDOW, LAGS)[1] > 0.5).all()
