"""Features: what a metric measures of one waveform alone, before it compares two.

A feature depends on nothing but the waveform and, for some, the note's MIDI pitch, so the
reference's is computed once for all systems. `Spectra.feature` is the only way to get one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

if TYPE_CHECKING:
    from eval_suite.metrics.spectra import Spectra


@dataclass(frozen=True)
class Feature:
    """A named function of one waveform, whose result is an array.

    `version` goes up whenever its values change. `needs_pitch`: it depends on the note's pitch
    too. `is_small`: a few numbers that take long to compute, worth keeping for later commands.
    """

    name: str
    version: int
    function: Callable[[Spectra], NDArray[Any]]
    needs_pitch: bool = False
    is_small: bool = True


class FeatureStore(Protocol):
    """A place where small features are kept for later commands."""

    def get(self, name: str, digest: bytes, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """The feature `name` of the waveform with this digest, kept or computed now."""
