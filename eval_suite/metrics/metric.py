"""Metrics of waveforms: how a name on the command line becomes a column of the table.

Every metric compares a reference with an estimate, in this order, and gives one value a note,
which is never negative. Which metrics there are stands in `eval_suite.metrics.registry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_suite.metrics.registry import (
    DEFAULT_METRICS,
    DISTANCES,
    REGISTRY,
    Better,
    Definition,
)
from eval_suite.metrics.spectra import Comparison, Spectra
from sing.errors import SingError, suggestion
from sing.losses import EPSILON

if TYPE_CHECKING:
    from eval_suite.classifier.judge import Classifier

__all__ = [
    "DEFAULT_METRICS",
    "LOWEST_EPSILON",
    "Metric",
    "parse_metric",
    "parse_metrics",
]

ALL = "all"
"""The name that stands for every metric."""

LOWEST_EPSILON = 1e-6
"""Below this floor the rounding of the float32 FFT, not the sound, would decide the value."""


@dataclass(frozen=True)
class Metric:
    """A column of the metrics table: the metric's name and its floor (None where it has none).

    `classifier` is there for the metrics that ask one.
    """

    name: str
    epsilon: float | None
    classifier: Classifier | None = None

    @property
    def column(self) -> str:
        """`spectral_loss`; with another floor than 1, `spectral_loss@0.0001`."""
        if self.epsilon is None or self.epsilon == EPSILON:
            return self.name
        return f"{self.name}@{self.epsilon:g}"

    @property
    def definition(self) -> Definition:
        """What the registry says of it."""
        return REGISTRY[self.name]

    @property
    def better(self) -> Better:
        """Whether lower or higher values are the better ones."""
        return self.definition.better

    def of_pair(self, pair: Comparison) -> float:
        """The metric of one note, sharing what the pair has computed for other metrics.

        Raises ValueError for a metric of pitch when the pair's pitch is not known, and for what
        the metric's classifier cannot judge.
        """
        if self.epsilon is not None:
            return self.definition.function(pair, self.epsilon)
        if self.classifier is not None:
            return self.definition.function(pair, self.classifier)
        return self.definition.function(pair)

    def __call__(
        self,
        reference: NDArray[np.float32],
        estimate: NDArray[np.float32],
        pitches: Sequence[int] | None = None,
        families: Sequence[str] | None = None,
    ) -> NDArray[np.float64]:
        """The metric of waveforms [B, T] and [B, T] at 16 kHz, as one value each, [B].

        `pitches` are the notes' MIDI pitches, which only the metrics of pitch need; `families` the
        instruments', which only family_accuracy needs. Raises
        ValueError when the shapes differ, a sample is not finite, a waveform is too short for the
        metric, or a pitch is needed and not given.
        """
        known = [None] * len(reference) if pitches is None else pitches
        named = [None] * len(reference) if families is None else families
        return np.array(
            [
                self.of_pair(Comparison(Spectra(one, pitch), Spectra(other, pitch), family))
                for one, other, pitch, family in zip(reference, estimate, known, named, strict=True)
            ],
            dtype=np.float64,
        )


def parse_metric(text: str) -> Metric:
    """The metric of a name such as `wav_mse`, or of a name with a floor, `itakura_saito@1e-4`.

    Raises SingError for a name that is not known or a floor that cannot be used.
    """
    name, at, floor = text.partition("@")
    if name not in REGISTRY:
        raise SingError(f"--metric {text}: {suggestion(name, [*REGISTRY, *DISTANCES, ALL])}")
    if not REGISTRY[name].takes_epsilon:
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


def parse_metrics(names: Sequence[str]) -> tuple[Metric, ...]:
    """The metrics of these names in their order, each once; the default ones for no names."""
    return tuple(dict.fromkeys(parse_metric(name) for name in names or DEFAULT_METRICS))
