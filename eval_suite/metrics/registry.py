"""The registry of metrics: what each one is called, what it means, and where its function is.

A metric's module is imported when the metric is first computed: whoever asks for `wav_mse` does
not wait for librosa. In the equations x is the reference, y the estimate, X and Y their STFTs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from eval_suite.metrics.distribution import Interval

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Definition:
    """A metric of one pair (reference, estimate), as lists and tables describe it.

    `at` is "module:function"; the function maps a Comparison to a float that is never negative,
    and takes the floor as a second argument when `takes_epsilon`, a trained classifier when
    `needs_classifier`. With `needs_pitch` the note's MIDI pitch must be known.
    """

    name: str
    unit: str
    better: Better
    equation: str
    citation: str
    at: str
    takes_epsilon: bool = False
    needs_pitch: bool = False
    needs_classifier: bool = False

    @property
    def function(self) -> Callable[..., float]:
        """The metric's function, its module imported now if it was not before."""
        return _resolved(self.at)


@dataclass(frozen=True)
class Distance:
    """A distance between two sets of notes, judged by a classifier: one value a system.

    `at` is "module:function"; the function maps features and clusters of the reference and of the
    estimate to a value with its interval.
    """

    name: str
    equation: str
    citation: str
    at: str

    @property
    def function(self) -> Callable[..., Interval]:
        """The distance's function, its module imported now if it was not before."""
        return _resolved(self.at)


@lru_cache(maxsize=64)
def _resolved(at: str) -> Callable[..., Any]:
    module, name = at.split(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


_ALL = (
    Definition(
        "spectral_loss",
        "log power",
        "lower",
        "mean of |l(x) - l(y)|, l = log(epsilon + |STFT|²)",
        "Eq. 3.3, Table 1",
        "eval_suite.metrics.spectral:spectral_loss",
        takes_epsilon=True,
    ),
    Definition(
        "log_spectral_mse",
        "log power²",
        "lower",
        "mean of (l(x) - l(y))²",
        "Section 4.3",
        "eval_suite.metrics.spectral:log_spectral_mse",
        takes_epsilon=True,
    ),
    Definition(
        "magnitude_mse",
        "magnitude²",
        "lower",
        "mean of (|X| - |Y|)²",
        "Section 5.3",
        "eval_suite.metrics.spectral:magnitude_mse",
    ),
    Definition(
        "spectral_mse",
        "power²",
        "lower",
        "mean of (|X|² - |Y|²)²",
        "Section 5.3",
        "eval_suite.metrics.spectral:spectral_mse",
    ),
    Definition(
        "wav_mse",
        "full scale²",
        "lower",
        "mean of (x - y)²",
        "Eq. 3.1, Table 1",
        "eval_suite.metrics.waveform:wav_mse",
    ),
    Definition(
        "itakura_saito",
        "1",
        "lower",
        "mean of e^d - d - 1, d = l(x) - l(y)",
        "Section 5.3; Itakura and Saito 1968",
        "eval_suite.metrics.itakura_saito:itakura_saito",
        takes_epsilon=True,
    ),
    Definition(
        "itakura_saito_cosh",
        "1",
        "lower",
        "mean of cosh(d) - 1, d = l(x) - l(y)",
        "Gray and Markel 1976",
        "eval_suite.metrics.itakura_saito:itakura_saito_cosh",
        takes_epsilon=True,
    ),
    Definition(
        "multi_resolution_stft",
        "1",
        "lower",
        "mean over 3 resolutions of ‖|X| - |Y|‖ / ‖|X|‖ + mean of |log|X| - log|Y||",
        "Yamamoto et al. 2020; auraloss 0.4.0",
        "eval_suite.metrics.multi_resolution:multi_resolution_stft",
    ),
    Definition(
        "mel_cepstral_distance",
        "dB",
        "lower",
        "mean over frames of (10 / ln 10) √(2 Σ (c_i(x) - c_i(y))²), i = 1 to 13, "
        "c the cepstrum of log(epsilon + mel power)",
        "Kubichek 1993",
        "eval_suite.metrics.mel_cepstrum:mel_cepstral_distance",
        takes_epsilon=True,
    ),
    Definition(
        "pitch_error",
        "cents",
        "lower",
        "|1200 log2(f(y) / f(x))|, at most 1200; f the median of YIN's f0",
        "de Cheveigné and Kawahara 2002",
        "eval_suite.metrics.pitch:pitch_error",
        needs_pitch=True,
    ),
    Definition(
        "pitch_within_50",
        "share",
        "higher",
        "1 where pitch_error is at most 50 cents, else 0",
        "raw pitch accuracy: Poliner et al. 2007",
        "eval_suite.metrics.pitch:pitch_within_50",
        needs_pitch=True,
    ),
    Definition(
        "loudness_error",
        "dB",
        "lower",
        "|L(x) - L(y)|, L the integrated loudness, at least -70 LUFS",
        "ITU-R BS.1770-4",
        "eval_suite.metrics.loudness:loudness_error",
    ),
    Definition(
        "attack_error",
        "s",
        "lower",
        "difference of the times in which the envelope rises from 10 % to 90 % of its peak",
        "Peeters et al. 2011",
        "eval_suite.metrics.envelope:attack_error",
    ),
    Definition(
        "decay_error",
        "s",
        "lower",
        "difference of the times for which the envelope stays within 20 dB of its peak",
        "Peeters et al. 2011",
        "eval_suite.metrics.envelope:decay_error",
    ),
    Definition(
        "pitch_accuracy",
        "share",
        "higher",
        "1 where the classifier hears in y the note's pitch, else 0",
        "Engel et al. 2019 (GANSynth)",
        "eval_suite.metrics.judged:pitch_accuracy",
        needs_pitch=True,
        needs_classifier=True,
    ),
    Definition(
        "family_accuracy",
        "share",
        "higher",
        "1 where the classifier hears in y the instrument's family, else 0",
        "Engel et al. 2019 (GANSynth)",
        "eval_suite.metrics.judged:family_accuracy",
        needs_classifier=True,
    ),
)

REGISTRY = {definition.name: definition for definition in _ALL}
"""Every metric of a (reference, estimate) pair, by its name, in the order of lists."""

_ALL_DISTANCES = (
    Distance(
        "frechet_distance",
        "‖m_x - m_y‖² + tr(C_x + C_y - 2 (C_x C_y)^(1/2)) of the classifier's features",
        "Kilgour et al. 2019 (FAD)",
        "eval_suite.metrics.distribution:frechet_interval",
    ),
    Distance(
        "kernel_distance",
        "squared maximum mean discrepancy of the features, Gaussian kernel, unbiased",
        "Gretton et al. 2012; Chung et al. 2025 (KAD)",
        "eval_suite.metrics.distribution:kernel_interval",
    ),
)

DISTANCES = {distance.name: distance for distance in _ALL_DISTANCES}
"""Every distance of a system's notes, taken together, to the reference's; smaller is better."""

DEFAULT_METRICS = (
    "spectral_loss",
    "log_spectral_mse",
    "magnitude_mse",
    "spectral_mse",
    "wav_mse",
    "itakura_saito",
)
"""The columns of a table when none are asked for, in their order: the paper's."""
