"""Training losses and the spectra that metrics share (Section 3).

Every loss is `(reference [B, T], estimate [B, T]) -> [B]`, one value a waveform; training takes the
mean over B. `sing-eval metrics` tabulates the same definitions under the same names.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

N_FFT = 1024
"""Samples in a frame of the STFT (Section 3.2)."""

HOP_LENGTH = 256
"""Samples between frames: 75 % overlap (Section 3.2)."""

EPSILON = 1.0
"""The floor under the power spectrum in Eq. 3.2."""

Loss = Callable[[Tensor, Tensor], Tensor]


@lru_cache(maxsize=8)
def _window(dtype: torch.dtype, device: torch.device) -> Tensor:
    # Kept for later calls, which may want gradients even if this one does not.
    with torch.inference_mode(False):
        return torch.hann_window(N_FFT, periodic=True, dtype=dtype, device=device)


def _windowed_frames(waveform: Tensor) -> Tensor:
    """[B, T] -> [B, frames, 1024], contiguous: the FFT is far slower on strided frames."""
    if waveform.dim() != 2 or waveform.shape[1] < N_FFT:
        raise ValueError(f"expected [B, T] with T >= {N_FFT}, got {tuple(waveform.shape)}")
    frames = waveform.unfold(1, N_FFT, HOP_LENGTH)
    return frames * _window(waveform.dtype, waveform.device)


def power_spectrum(waveform: Tensor) -> Tensor:
    """|STFT|^2 of waveforms [B, T] -> [B, frames, 513]: periodic Hann, unnormalised, uncentred.

    A 64,000-sample note has 247 frames. Differentiable; `log_power_spectrum` is the fast way
    to a gradient.
    """
    return _power(torch.fft.rfft(_windowed_frames(waveform)))


def _power(spectrum: Tensor) -> Tensor:
    """|z|^2. Ten times as fast as squaring and summing a view of the pairs (re, im)."""
    return torch.addcmul(spectrum.real.square(), spectrum.imag, spectrum.imag)


class _LogPowerSpectrum(torch.autograd.Function):
    """log(epsilon + |STFT|^2) with a hand-written gradient: one inverse FFT, no complex graph."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx, waveform: Tensor, epsilon: float
    ) -> Tensor:
        spectrum = torch.fft.rfft(_windowed_frames(waveform))
        floored = _power(spectrum).add_(epsilon)
        log_power = floored.log()
        ctx.save_for_backward(spectrum, floored)
        ctx.samples = waveform.shape[1]  # type: ignore[attr-defined]
        return log_power

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *grads: Tensor) -> tuple[Tensor, None]:
        spectrum, floored = ctx.saved_tensors  # type: ignore[attr-defined]
        # d log(eps + re^2 + im^2) = 2 (re, im) / (eps + re^2 + im^2). The inverse real FFT counts
        # every bin between 0 and Nyquist twice, so those get half: the factor 2 goes.
        scale = grads[0] / floored
        scale[..., 0] *= 2
        scale[..., -1] *= 2
        frames = torch.fft.irfft(spectrum * scale, n=N_FFT).mul_(N_FFT)
        frames *= _window(frames.dtype, frames.device)
        return overlap_add(frames, ctx.samples), None  # type: ignore[attr-defined]


def overlap_add(frames: Tensor, samples: int) -> Tensor:
    """Add frames [B, frames, 1024] at hops of 256 into waveforms [B, samples].

    Samples past the last frame are zero. The adjoint of cutting a waveform into frames, and the
    last step of the decoder (Section 4.2).
    """
    batch, count, _ = frames.shape
    overlap = N_FFT // HOP_LENGTH
    hops = max(count + overlap - 1, math.ceil(samples / HOP_LENGTH))
    summed = frames.new_zeros(batch, hops, HOP_LENGTH)
    pieces = frames.reshape(batch, count, overlap, HOP_LENGTH)
    for shift in range(overlap):
        summed[:, shift : shift + count] += pieces[:, :, shift]
    return summed.reshape(batch, -1)[:, :samples]


def log_power_spectrum(waveform: Tensor, epsilon: float = EPSILON) -> Tensor:
    """l(x) = log(epsilon + |STFT[x]|^2) of waveforms [B, T] -> [B, frames, 513] (Eq. 3.2)."""
    result: Tensor = _LogPowerSpectrum.apply(waveform, epsilon)  # type: ignore[no-untyped-call]
    return result


def spectral_loss(reference: Tensor, estimate: Tensor, epsilon: float = EPSILON) -> Tensor:
    """Mean absolute difference of log power spectra (Eq. 3.3, Table 1).

    Both are waveforms [B, T] in [-1, 1]. Returns one value per waveform, [B].
    Raises ValueError when the shapes differ.
    """
    return _log_spectral_difference(reference, estimate, epsilon).abs().mean((1, 2))


def log_spectral_mse(reference: Tensor, estimate: Tensor, epsilon: float = EPSILON) -> Tensor:
    """Mean squared difference of log power spectra (the wording of Section 4.3), [B]."""
    return _log_spectral_difference(reference, estimate, epsilon).square().mean((1, 2))


def waveform_mse(reference: Tensor, estimate: Tensor) -> Tensor:
    """Mean squared difference of samples (Eq. 3.1, Table 1), [B]."""
    _check_shapes(reference, estimate)
    return (reference - estimate).square().mean(1)


def _log_spectral_difference(reference: Tensor, estimate: Tensor, epsilon: float) -> Tensor:
    _check_shapes(reference, estimate)
    return log_power_spectrum(reference, epsilon) - log_power_spectrum(estimate, epsilon)


def _check_shapes(reference: Tensor, estimate: Tensor) -> None:
    if reference.shape != estimate.shape:
        raise ValueError(
            f"reference {tuple(reference.shape)} and estimate {tuple(estimate.shape)} differ"
        )


LOSSES: dict[str, Loss] = {
    "spectral": spectral_loss,
    "log_spectral_mse": log_spectral_mse,
    "waveform": waveform_mse,
}
"""The losses a run can be trained with, by the name that its configuration gives."""
