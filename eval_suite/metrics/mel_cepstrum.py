"""The mel-cepstral distance (Kubichek 1993): how far apart two spectral envelopes are, in dB.

R. Kubichek, "Mel-cepstral distance measure for objective speech quality assessment", IEEE Pacific
Rim Conference 1993. With P_k the power in mel band k of 40, of the STFT of the other metrics,

    c_i = 1/40 sum_k ln(epsilon + P_k) cos(pi i (k + 1/2) / 40)
    distance = (10 / ln 10) sqrt(2 sum_{i = 1..13} (c_i - c'_i)^2), the mean over frames.

Each c_i is a coefficient of the cosine series of the log magnitude, so with all i from 1 to 39 the
distance would be the RMS difference of the two log spectra in dB, less their difference in level.
The floor epsilon is that of the spectral loss: what is below it counts as silence. The frames are
compared as they lie: an attack that comes late counts, since nothing is warped.
"""

from __future__ import annotations

from functools import lru_cache, partial

import librosa
import numpy as np
from numpy.typing import NDArray

from eval_suite.metrics.features import Feature
from eval_suite.metrics.spectra import Comparison, Spectra
from sing.audio import SAMPLE_RATE
from sing.losses import EPSILON, N_FFT

MEL_BANDS = 40
COEFFICIENTS = 13
"""c_1 to c_13; c_0 is the level, which `loudness_error` measures."""


def mel_cepstral_distance(pair: Comparison, epsilon: float = EPSILON) -> float:
    """Mean over frames of the distance of c_1 to c_13, in dB."""
    feature = cepstrum_feature(epsilon)
    difference = pair.reference.feature(feature) - pair.estimate.feature(feature)
    of_frames = np.sqrt(2 * np.square(difference).sum(axis=1))
    return float(10 / np.log(10) * of_frames.mean())


@lru_cache(maxsize=8)
def cepstrum_feature(epsilon: float) -> Feature:
    """The feature that is the cepstrum above this floor."""
    function = partial(mel_cepstrum, epsilon)
    return Feature(f"mel_cepstrum@{epsilon:g}", 1, function, is_small=False)


def mel_cepstrum(epsilon: float, spectra: Spectra) -> NDArray[np.float64]:
    """c_1 to c_13 of every frame, [frames, 13]."""
    power = spectra.power @ _mel_bands()
    cepstrum: NDArray[np.float64] = np.log(power + np.float32(epsilon)) @ _cosines()
    return cepstrum


@lru_cache(maxsize=1)
def _mel_bands() -> NDArray[np.float32]:
    """Triangles of height 1 on Slaney's mel scale from 0 to 8 kHz, [513, 40]."""
    bands = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=MEL_BANDS, norm=None)
    return np.ascontiguousarray(bands.T, dtype=np.float32)


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float64]:
    """cos(pi i (k + 1/2) / 40) / 40, [40, 13]."""
    orders = np.arange(1, COEFFICIENTS + 1)
    angles = np.pi / MEL_BANDS * np.outer(np.arange(MEL_BANDS) + 0.5, orders)
    cosines: NDArray[np.float64] = np.cos(angles) / MEL_BANDS
    return cosines
