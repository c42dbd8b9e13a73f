"""Distances of magnitude and power spectra (Section 3.2, Section 5.3), one value a note."""

from __future__ import annotations

import numpy as np

from eval_suite.metrics.spectra import Comparison, mean, mean_square
from sing.losses import EPSILON


def spectral_loss(pair: Comparison, epsilon: float = EPSILON) -> float:
    """Mean absolute difference of log power spectra (Eq. 3.3, Table 1)."""
    return mean(np.abs(pair.log_difference(epsilon)))


def log_spectral_mse(pair: Comparison, epsilon: float = EPSILON) -> float:
    """Mean squared difference of log power spectra (the wording of Section 4.3)."""
    return mean_square(pair.log_difference(epsilon))


def magnitude_mse(pair: Comparison) -> float:
    """Mean squared difference of |STFT|, Section 5.3's MSE on "magnitude spectra"."""
    return mean_square(pair.reference.magnitude - pair.estimate.magnitude)


def spectral_mse(pair: Comparison) -> float:
    """Mean squared difference of |STFT|^2, Section 5.3's "MSE on spectrograms"."""
    return mean_square(pair.reference.power - pair.estimate.power)
