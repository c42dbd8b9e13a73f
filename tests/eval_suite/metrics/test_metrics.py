"""The metrics against the paper's physics, the public implementation and scipy."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import torch
from torch import Tensor

from eval_suite.metrics.metric import DEFAULT_METRICS, parse_metric, parse_metrics
from eval_suite.metrics.spectra import Comparison, Spectra
from sing import losses
from sing.errors import SingError

Array = np.ndarray


def sine(frequency: float, phase: float = 0.0) -> Array:
    seconds = np.arange(64_000) / 16_000
    return np.sin(2 * np.pi * frequency * seconds + phase).astype(np.float32)[None]


def noises(count: int, level: float = 0.1) -> tuple[Array, Array]:
    generator = np.random.default_rng(7)
    first, second = generator.standard_normal((2, count, 64_000), dtype=np.float32)
    return level * first, 0.8 * level * first + 0.02 * second


def test_spectral_metrics_ignore_phase_and_waveform_mse_does_not():  # Section 3.2.1
    note, shifted = sine(440), sine(440, phase=1.0)
    assert parse_metric("spectral_loss")(note, shifted).item() < 0.01
    # The mean of (sin a - sin (a + 1))^2 over whole periods is 1 - cos 1.
    expected = 1 - np.cos(1.0)
    assert expected > 0.4
    assert parse_metric("wav_mse")(note, shifted).item() == pytest.approx(expected, 1e-3)


def test_values_are_those_of_the_public_implementation(golden: Path):
    recorded = np.load(golden / "losses.npz")
    reference, estimate = recorded["reference"], recorded["estimate"]
    for name, key in {
        "spectral_loss": "spec_l1_eps1",
        "spectral_loss@1e-4": "spec_l1_eps0.0001",
        "log_spectral_mse": "spec_mse_eps1",
        "log_spectral_mse@1e-4": "spec_mse_eps0.0001",
        "wav_mse": "wav_mse",
    }.items():
        values = parse_metric(name)(reference, estimate)
        np.testing.assert_allclose(values, recorded[key], rtol=2e-6, err_msg=name)


def stft(waveforms: Array) -> Array:
    """scipy's STFT in float64, [B, bins, frames], without its division by the window's sum."""
    window = scipy.signal.get_window("hann", 1024, fftbins=True)
    return (
        window.sum()
        * scipy.signal.stft(
            waveforms.astype(np.float64),
            nperseg=1024,
            noverlap=768,
            window=window,
            boundary=None,
            padded=False,
        )[2]
    )


ORACLES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "magnitude_mse": lambda r, e: (np.abs(r) - np.abs(e)) ** 2,
    "spectral_mse": lambda r, e: (np.abs(r) ** 2 - np.abs(e) ** 2) ** 2,
    "spectral_loss": lambda r, e: np.abs(log_power(r, 1) - log_power(e, 1)),
    "log_spectral_mse": lambda r, e: (log_power(r, 1) - log_power(e, 1)) ** 2,
    "itakura_saito": lambda r, e: ratio(r, e, 1) - np.log(ratio(r, e, 1)) - 1,
    "itakura_saito@1e-4": lambda r, e: ratio(r, e, 1e-4) - np.log(ratio(r, e, 1e-4)) - 1,
    "itakura_saito@1e-6": lambda r, e: ratio(r, e, 1e-6) - np.log(ratio(r, e, 1e-6)) - 1,
    "itakura_saito_cosh": lambda r, e: (ratio(r, e, 1) + ratio(e, r, 1)) / 2 - 1,
}


def log_power(spectrum: np.ndarray, epsilon: float) -> np.ndarray:
    return np.log(epsilon + np.abs(spectrum) ** 2)


def ratio(reference: np.ndarray, estimate: np.ndarray, epsilon: float) -> np.ndarray:
    return (epsilon + np.abs(reference) ** 2) / (epsilon + np.abs(estimate) ** 2)


@pytest.mark.parametrize("name", ORACLES)
def test_values_agree_with_scipy_in_double_precision(name: str):
    noise, noisy = noises(2)
    reference = np.concatenate([noise, sine(440) * np.float32(0.3)])
    estimate = np.concatenate([noisy, sine(452) * np.float32(0.25)])
    expected = ORACLES[name](stft(reference), stft(estimate)).mean((1, 2))
    np.testing.assert_allclose(parse_metric(name)(reference, estimate), expected, 2e-4)


@pytest.mark.parametrize("name", ["spectral_loss", "log_spectral_mse", "wav_mse"])
def test_values_are_those_of_the_losses_in_training(name: str):  # decisions/0007
    loss = {"wav_mse": losses.waveform_mse}.get(name) or getattr(losses, name)
    reference, estimate = noises(4)
    values = parse_metric(name)(reference, estimate)
    np.testing.assert_allclose(
        values, loss(*map(torch.from_numpy, (reference, estimate))), rtol=2e-6
    )


@pytest.mark.parametrize("name", [*DEFAULT_METRICS, "itakura_saito_cosh", "spectral_loss@1e-4"])
def test_a_metric_is_zero_only_when_equal_and_never_silently_nan(name: str):
    metric = parse_metric(name)
    reference, estimate = noises(2)
    silence = np.zeros_like(reference)
    assert metric(reference, reference).tolist() == [0, 0]
    assert metric(silence, silence).tolist() == [0, 0]
    for pair in [(reference, estimate), (silence, estimate), (reference, silence)]:
        values = metric(*pair)
        assert values.dtype == np.float64
        assert (values > 0).all()
        assert np.isfinite(values).all()


def test_the_reference_is_transformed_once_for_all_metrics_and_systems(
    monkeypatch: pytest.MonkeyPatch,
):
    transformed = []
    original = torch.fft.rfft

    def counted(frames: Tensor) -> Tensor:
        transformed.append(frames)
        return original(frames)

    monkeypatch.setattr(torch.fft, "rfft", counted)
    first, second = noises(1)
    reference = Spectra(first[0])
    for estimate in (Spectra(second[0]), Spectra(first[0] / 2)):
        pair = Comparison(reference, estimate)
        for metric in parse_metrics(()):
            metric.of_pair(pair)
    assert len(transformed) == 3


def test_the_order_in_which_metrics_are_asked_for_changes_nothing():
    first, second = noises(1)
    names = (*DEFAULT_METRICS, "itakura_saito_cosh", "itakura_saito@1e-4")
    forth, back = (
        {metric: metric.of_pair(pair) for metric in parse_metrics(order)}
        for order, pair in (
            (names, Comparison(Spectra(first[0]), Spectra(second[0]))),
            (names[::-1], Comparison(Spectra(first[0]), Spectra(second[0]))),
        )
    )
    assert forth == back


def test_a_waveform_shorter_than_a_frame_or_of_another_length_is_refused():
    metric = parse_metric("spectral_loss")
    short = np.zeros((1, 1000), dtype=np.float32)
    with pytest.raises(ValueError, match="1024"):
        metric(short, short)
    whole, wavenet = (np.zeros((1, length), dtype=np.float32) for length in (64_000, 59_904))
    with pytest.raises(ValueError, match="differ"):
        metric(whole, wavenet)


def test_a_floor_is_part_of_the_columns_name_unless_it_is_the_default():
    assert parse_metric("itakura_saito@1e-4").column == "itakura_saito@0.0001"
    assert parse_metric("itakura_saito@1").column == "itakura_saito"
    assert parse_metrics(("wav_mse", "itakura_saito", "itakura_saito@1.0", "wav_mse")) == (
        parse_metric("wav_mse"),
        parse_metric("itakura_saito"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spectral_los", "--metric spectral_los: did you mean 'spectral_loss'?"),
        ("wav_mse@1e-4", "--metric wav_mse@1e-4: wav_mse has no epsilon; leave out '@1e-4'"),
        ("itakura_saito@low", "'low' is not a number; write itakura_saito@1e-4"),
        ("itakura_saito@0", "epsilon must be from 1e-06 to 1e\\+06"),
        ("itakura_saito@nan", "epsilon must be from 1e-06 to 1e\\+06"),
    ],
)
def test_an_unusable_metric_is_refused_with_a_remedy(text: str, message: str):
    with pytest.raises(SingError, match=message.replace("?", "\\?")):
        parse_metric(text)
