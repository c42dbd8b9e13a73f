"""The losses against physics, scipy and the public implementation's own numbers."""

import numpy as np
import pytest
import scipy.signal
import torch

from sing.losses import (
    log_power_spectrum,
    log_spectral_mse,
    overlap_add,
    power_spectrum,
    spectral_loss,
    waveform_mse,
)


def sine(frequency: float, phase: float = 0.0) -> torch.Tensor:
    time = torch.arange(64_000, dtype=torch.float64) / 16_000
    return torch.sin(2 * torch.pi * frequency * time + phase).float()[None]


def test_spectral_loss_ignores_phase_and_waveform_mse_does_not():  # Section 3.2.1
    note, shifted = sine(440), sine(440, phase=1.0)
    assert spectral_loss(note, shifted).item() < 0.01
    assert waveform_mse(note, shifted).item() > 0.4


def test_spectral_loss_tells_a_quarter_tone():
    quarter_tone = spectral_loss(sine(440), sine(440 * 2 ** (1 / 24)))
    assert quarter_tone > 10 * spectral_loss(sine(440), sine(440, phase=1.0))


def test_power_spectrum_is_scipys_uncentred_unnormalised_stft():
    waveform = np.random.default_rng(0).normal(size=64_000)
    window = scipy.signal.get_window("hann", 1024, fftbins=True)
    transform = scipy.signal.ShortTimeFFT(window, 256, 16_000, scale_to=None)
    # Slice p is centred on sample 256 p: slices 2 to 248 are the 247 that lie inside the note.
    expected = np.abs(transform.stft(waveform, p0=2, p1=249).T) ** 2
    found = power_spectrum(torch.from_numpy(waveform)[None])[0]
    assert found.shape == (247, 513)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("epsilon", [1.0, 1e-4])
def test_losses_are_those_of_the_public_implementation(golden, epsilon):
    recorded = np.load(golden / "losses.npz")
    reference, estimate = (torch.from_numpy(recorded[n]) for n in ("reference", "estimate"))
    suffix = "eps1" if epsilon == 1 else "eps0.0001"
    expected = {name: recorded[f"{name}_{suffix}"] for name in ("spec_l1", "spec_mse")}
    l1 = spectral_loss(reference, estimate, epsilon)
    mse = log_spectral_mse(reference, estimate, epsilon)
    np.testing.assert_allclose(l1.numpy(), expected["spec_l1"], rtol=1e-5)
    np.testing.assert_allclose(mse.numpy(), expected["spec_mse"], rtol=1e-5)
    found = waveform_mse(reference, estimate).numpy()
    np.testing.assert_allclose(found, recorded["wav_mse"], rtol=1e-5)


def test_hand_written_gradient_is_the_numerical_one():
    waveform = torch.randn(2, 2048, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    waveform.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda w: log_power_spectrum(w, 0.1)[:, ::2, [0, 1, 100, 511, 512]], waveform
    )


def test_hand_written_gradient_is_that_of_the_plain_formulation():
    generator = torch.Generator().manual_seed(1)
    waveform = (0.1 * torch.randn(3, 64_000, generator=generator)).requires_grad_()
    target = 0.1 * torch.randn(3, 64_000, generator=generator)
    plain = (torch.log(1 + power_spectrum(waveform)) - torch.log(1 + power_spectrum(target))).abs()
    (expected,) = torch.autograd.grad(plain.mean((1, 2)).sum(), waveform)
    (found,) = torch.autograd.grad(spectral_loss(target, waveform).sum(), waveform)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-9)


def test_overlap_add_is_the_adjoint_of_framing():  # <frames(x), y> = <x, overlap_add(y)>
    generator = torch.Generator().manual_seed(2)
    waveform = torch.randn(1, 5_000, dtype=torch.float64, generator=generator)
    frames = waveform.unfold(1, 1024, 256)
    other = torch.randn(frames.shape, dtype=torch.float64, generator=generator)
    assert torch.isclose((frames * other).sum(), (waveform * overlap_add(other, 5_000)).sum())


@pytest.mark.parametrize("loss", [spectral_loss, log_spectral_mse, waveform_mse])
def test_losses_give_a_value_a_note_and_refuse_other_shapes(loss):
    notes = torch.cat([sine(220), sine(330)])
    assert loss(notes, notes).tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="differ"):
        loss(notes, notes[:1])


def test_waveforms_shorter_than_a_frame_are_refused():
    with pytest.raises(ValueError, match="T >= 1024"):
        log_power_spectrum(torch.zeros(1, 1023))
