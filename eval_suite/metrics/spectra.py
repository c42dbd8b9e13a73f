"""A waveform's spectra, each computed once for all the metrics and systems that use it.

One note at a time, not in batches: its arrays of half a megabyte stay in the cache, which doubles
the speed. The formulas are those of `sing.losses`, written anew in numpy, whose arithmetic is the
faster one on one core; torch's FFT is three times as fast as numpy's (decisions/0007).
"""

from __future__ import annotations

import hashlib
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eval_suite.metrics.features import Feature, FeatureStore
from sing.losses import EPSILON, HOP_LENGTH, N_FFT

Array = NDArray[np.float32]

SILENCE_RMS = 1e-4
"""What stays below -80 dB of full scale has neither pitch nor attack; 16 bits reach to -96 dB."""


class Spectra:
    """One waveform [T] and, made when first asked for, what the metrics need of it.

    `pitch` is the note's MIDI pitch, where it is known; `store` keeps small features. Raises
    ValueError for a waveform shorter than a frame of the STFT, or with a sample that is NaN or
    infinite.
    """

    def __init__(
        self, waveform: Array, pitch: int | None = None, store: FeatureStore | None = None
    ) -> None:
        if waveform.ndim != 1 or len(waveform) < N_FFT:
            raise ValueError(f"expected [T] with T >= {N_FFT}, got {waveform.shape}")
        # The sum of squares is the quick look: it is finite unless a sample is not, or is huge.
        if not np.isfinite(np.vdot(waveform, waveform)) and not np.isfinite(waveform).all():
            first = int(np.isfinite(waveform).argmin())
            raise ValueError(f"sample {first} is {waveform[first]}, expected a finite number")
        self.waveform = waveform
        self._pitch = pitch
        self._store = store
        self._log_power: dict[float, Array] = {}
        self._features: dict[Feature, NDArray[Any]] = {}

    @property
    def pitch(self) -> int:
        """The note's MIDI pitch. Raises ValueError when it is not known."""
        if self._pitch is None:
            raise ValueError("the metrics of pitch need the note's MIDI pitch")
        return self._pitch

    def feature(self, feature: Feature) -> NDArray[Any]:
        """The feature of this waveform, computed when first asked for; not to be changed."""
        if feature not in self._features:
            self._features[feature] = self._stored(feature)
        return self._features[feature]

    def _stored(self, feature: Feature) -> NDArray[Any]:
        if self._store is None or not feature.is_small:
            return feature.function(self)
        of_pitch = f" of pitch {self.pitch}" if feature.needs_pitch else ""
        name = f"{feature.name} {feature.version}{of_pitch}"
        return self._store.get(name, self.digest, lambda: feature.function(self))

    @cached_property
    def digest(self) -> bytes:
        """A hash of the samples: equal for equal waveforms, whatever their files are called."""
        samples = np.ascontiguousarray(self.waveform, dtype="<f4")
        return hashlib.blake2b(samples.data, digest_size=16).digest()

    @cached_property
    def centred(self) -> NDArray[np.float64]:
        """The waveform [T] less its mean, which nobody hears, in float64."""
        waveform = self.waveform.astype(np.float64)
        waveform -= waveform.mean()
        return waveform

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

    `family` is the instrument's, where it is known. Raises ValueError when the lengths differ.
    """

    def __init__(self, reference: Spectra, estimate: Spectra, family: str | None = None) -> None:
        if reference.waveform.shape != estimate.waveform.shape:
            shapes = f"{reference.waveform.shape} and estimate {estimate.waveform.shape}"
            raise ValueError(f"reference {shapes} differ")
        self.reference = reference
        self.estimate = estimate
        self.family = family
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
