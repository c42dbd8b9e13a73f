"""The multi-resolution STFT distance: spectral convergence and log magnitudes, at three windows.

Yamamoto, Song and Kim, "Parallel WaveGAN", ICASSP 2020, Eqs. 4 to 6, with the constants of
auraloss 0.4.0's MultiResolutionSTFTLoss, whose value for one note this is:

    resolution         window (periodic Hann)   FFT    hop
    middle             600 samples              1024   120
    long               1200                     2048   240
    short              240                      512    50

The frames are centred at multiples of the hop, the waveform mirrored at its ends. The power has a
floor of 1e-8, without which silence would have no logarithm. Not symmetric: the convergence is
relative to the reference, and beside a silent one it is of the order of 10,000.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eval_suite.metrics.features import Feature
from eval_suite.metrics.spectra import Comparison, Spectra, mean, mean_square

POWER_FLOOR = 1e-8


class Resolution(NamedTuple):
    """An STFT's constants, all in samples."""

    window_length: int
    n_fft: int
    hop_length: int


RESOLUTIONS = (Resolution(600, 1024, 120), Resolution(1200, 2048, 240), Resolution(240, 512, 50))


def multi_resolution_stft(pair: Comparison) -> float:
    """Spectral convergence plus mean absolute difference of log magnitudes, of 3 resolutions."""
    return sum(_distance(pair, feature) for feature in _FEATURES) / len(_FEATURES)


def _distance(pair: Comparison, feature: Feature) -> float:
    reference, estimate = pair.reference.feature(feature), pair.estimate.feature(feature)
    magnitude, log_magnitude = np.subtract(reference, estimate)
    convergence = math.sqrt(mean_square(magnitude) / mean_square(reference[0]))
    return convergence + mean(np.abs(log_magnitude, out=log_magnitude))


def _magnitudes(resolution: Resolution, spectra: Spectra) -> NDArray[np.float32]:
    """|STFT| and log |STFT| of one resolution, [2, frames, bins]."""
    padding = resolution.n_fft // 2
    padded = np.pad(spectra.waveform, padding, mode="reflect")
    # The window stands in the middle of its FFT's frame, with zeros on both sides, which
    # changes the phases only.
    inset = (resolution.n_fft - resolution.window_length) // 2
    count = 1 + len(spectra.waveform) // resolution.hop_length
    frames = torch.from_numpy(padded[inset:]).unfold(
        0, resolution.window_length, resolution.hop_length
    )
    spectrum = torch.fft.rfft(frames[:count] * _window(resolution), n=resolution.n_fft).numpy()
    found = np.empty((2, *spectrum.shape), dtype=np.float32)
    magnitude, log_magnitude = found
    np.abs(spectrum, out=magnitude)
    np.maximum(magnitude, np.float32(math.sqrt(POWER_FLOOR)), out=magnitude)
    np.log(magnitude, out=log_magnitude)
    return found


@lru_cache(maxsize=len(RESOLUTIONS))
def _window(resolution: Resolution) -> Tensor:
    return torch.hann_window(resolution.window_length, periodic=True)


_FEATURES = tuple(
    Feature(
        f"multi_resolution_{resolution.window_length}",
        1,
        partial(_magnitudes, resolution),
        is_small=False,
    )
    for resolution in RESOLUTIONS
)
