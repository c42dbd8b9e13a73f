"""Metrics of waveforms: which there are, and how a name on the command line becomes one.

Every metric compares a reference with an estimate, in this order, and gives one value a note;
smaller is better, and zero means equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_suite.metrics import itakura_saito, spectral, waveform
from eval_suite.metrics.spectra import Comparison, Spectra
from sing.errors import SingError, suggestion
from sing.losses import EPSILON

_FLOORED: dict[str, Callable[[Comparison, float], float]] = {
    "spectral_loss": spectral.spectral_loss,
    "log_spectral_mse": spectral.log_spectral_mse,
    "itakura_saito": itakura_saito.itakura_saito,
    "itakura_saito_cosh": itakura_saito.itakura_saito_cosh,
}
"""Metrics of l(x) = log(epsilon + |STFT|^2), which another epsilon changes."""

_PLAIN: dict[str, Callable[[Comparison], float]] = {
    "magnitude_mse": spectral.magnitude_mse,
    "spectral_mse": spectral.spectral_mse,
    "wav_mse": waveform.wav_mse,
}

DEFAULT_METRICS = (
    "spectral_loss",
    "log_spectral_mse",
    "magnitude_mse",
    "spectral_mse",
    "wav_mse",
    "itakura_saito",
)
"""The columns of a table when none are asked for, in their order."""

LOWEST_EPSILON = 1e-6
"""Below this floor the rounding of the float32 FFT, not the sound, would decide the value."""


@dataclass(frozen=True)
class Metric:
    """A column of the metrics table: the metric's name and its floor (None where it has none)."""

    name: str
    epsilon: float | None

    @property
    def column(self) -> str:
        """`spectral_loss`; with another floor than 1, `spectral_loss@0.0001`."""
        if self.epsilon is None or self.epsilon == EPSILON:
            return self.name
        return f"{self.name}@{self.epsilon:g}"

    def __call__(self, pair: Comparison) -> float:
        """The metric of one note."""
        if self.epsilon is None:
            return _PLAIN[self.name](pair)
        return _FLOORED[self.name](pair, self.epsilon)

    def of_waveforms(
        self, reference: NDArray[np.float32], estimate: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """The metric of waveforms [B, T] and [B, T], as one value each, [B].

        Raises ValueError when the shapes differ.
        """
        pairs = zip(reference, estimate, strict=True)
        return np.array([self(Comparison(Spectra(one), Spectra(other))) for one, other in pairs])


def parse_metric(text: str) -> Metric:
    """The metric of a name such as `wav_mse`, or of a name with a floor, `itakura_saito@1e-4`.

    Raises SingError for a name that is not known or a floor that cannot be used.
    """
    name, at, floor = text.partition("@")
    if name not in _FLOORED and name not in _PLAIN:
        raise SingError(f"--metric {text}: {suggestion(name, [*_FLOORED, *_PLAIN])}")
    if name in _PLAIN:
        if at:
            raise SingError(f"--metric {text}: {name} has no epsilon; leave out '@{floor}'")
        return Metric(name, None)
    if not at:
        return Metric(name, EPSILON)
    try:
        epsilon = float(floor)
    except ValueError:
        raise SingError(f"--metric {text}: '{floor}' is not a number; write {name}@1e-4") from None
    if not LOWEST_EPSILON <= epsilon <= 1e6:
        raise SingError(f"--metric {text}: epsilon must be from {LOWEST_EPSILON:g} to 1e+06")
    return Metric(name, epsilon)


def parse_metrics(names: tuple[str, ...]) -> tuple[Metric, ...]:
    """The metrics of these names in their order, each once; the default ones for no names."""
    return tuple(dict.fromkeys(parse_metric(name) for name in names or DEFAULT_METRICS))
