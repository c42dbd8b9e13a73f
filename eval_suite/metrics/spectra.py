"""A waveform's spectra, each computed once for all the metrics and systems that use it.

One note at a time, not in batches: its arrays of half a megabyte stay in the cache, which doubles
the speed. The formulas are those of `sing.losses`, written anew in numpy, whose arithmetic is the
faster one on one core; torch's FFT is three times as fast as numpy's (decisions/0007).
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sing.losses import EPSILON, HOP_LENGTH, N_FFT

Array = NDArray[np.float32]


class Spectra:
    """One waveform [T] and, made when first asked for, what the metrics need of it.

    Raises ValueError for a waveform shorter than a frame of the STFT.
    """

    def __init__(self, waveform: Array) -> None:
        if waveform.ndim != 1 or len(waveform) < N_FFT:
            raise ValueError(f"expected [T] with T >= {N_FFT}, got {waveform.shape}")
        self.waveform = waveform
        self._log_power: dict[float, Array] = {}

    @cached_property
    def magnitude(self) -> Array:
        """|STFT|, [frames, 513], as `sing.losses` defines it (Section 3.2)."""
        frames = torch.from_numpy(self.waveform).unfold(0, N_FFT, HOP_LENGTH)
        spectrum = torch.fft.rfft(frames * _window()).numpy()
        magnitude: Array = np.abs(spectrum)
        return magnitude

    @cached_property
    def power(self) -> Array:
        """|STFT|^2, [frames, 513]."""
        return self.magnitude * self.magnitude

    def log_power(self, epsilon: float = EPSILON) -> Array:
        """l(x) = log(epsilon + |STFT|^2), [frames, 513] (Eq. 3.2)."""
        if epsilon not in self._log_power:
            is_one = epsilon == 1
            values = np.log1p(self.power) if is_one else np.log(self.power + np.float32(epsilon))
            self._log_power[epsilon] = values
        return self._log_power[epsilon]


class Comparison:
    """A reference and an estimate of the same length, with what several metrics ask of both.

    Raises ValueError when the lengths differ.
    """

    def __init__(self, reference: Spectra, estimate: Spectra) -> None:
        if reference.waveform.shape != estimate.waveform.shape:
            shapes = f"{reference.waveform.shape} and estimate {estimate.waveform.shape}"
            raise ValueError(f"reference {shapes} differ")
        self.reference = reference
        self.estimate = estimate
        self._log_difference: dict[float, Array] = {}

    def log_difference(self, epsilon: float = EPSILON) -> Array:
        """l(reference) - l(estimate), [frames, 513]; not to be changed by who asks."""
        if epsilon not in self._log_difference:
            difference = self.reference.log_power(epsilon) - self.estimate.log_power(epsilon)
            self._log_difference[epsilon] = difference
        return self._log_difference[epsilon]


@lru_cache(maxsize=1)
def _window() -> Tensor:
    return torch.hann_window(N_FFT, periodic=True)


def mean(values: Array) -> float:
    """The mean of [frames, bins].

    A frame's bins are added in float32, which costs nothing; the frames in float64.
    """
    of_frames = torch.from_numpy(values).sum(1)
    return float(of_frames.double().sum()) / values.size


def mean_square(values: Array) -> float:
    """The mean of the squares of [frames, bins], without an array of the squares; added alike."""
    return float(np.vecdot(values, values).sum(dtype=np.float64)) / values.size
