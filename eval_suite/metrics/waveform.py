"""Distances of samples, which hear a shift of phase that the ear does not (Section 3.2.1)."""

from __future__ import annotations

import torch

from eval_suite.metrics.spectra import Comparison
from sing.losses import waveform_mse


def wav_mse(pair: Comparison) -> float:
    """Mean squared difference of samples (Eq. 3.1, Table 1)."""
    waveforms = (torch.from_numpy(w.waveform)[None] for w in (pair.reference, pair.estimate))
    return waveform_mse(*waveforms).item()
