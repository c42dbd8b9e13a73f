"""The scores of one batch of notes: every system against the reference, in every metric."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_suite.classifier.network import FEATURES
from eval_suite.metrics.features import FeatureStore
from eval_suite.metrics.judged import judged_features
from eval_suite.metrics.spectra import Comparison, Spectra
from eval_suite.plan import Plan
from eval_suite.sources import DatasetSource, Sounds, SystemSource
from sing.notes import Note


@dataclass(frozen=True)
class Scores:
    """One batch's values [systems, notes, metrics], NaN where missing, and the reasons.

    `features` [systems + 1, notes, E] are what a classifier makes of each waveform, the
    reference's last, NaN where missing; None when no distance of sets is asked for. `reasons` are
    keyed by (system, note), both by their places in the batch. `reading` and `generating` are the
    seconds that went into getting the waveforms, out of `seconds`.
    """

    values: NDArray[np.float64]
    reasons: Mapping[tuple[int, int], str]
    features: NDArray[np.float64] | None = None
    seconds: float = 0.0
    reading: float = 0.0
    generating: float = 0.0


def score_batch(plan: Plan, index: int, store: FeatureStore | None = None) -> Scores:
    """Score one batch of the plan. A waveform that cannot be had or compared is a reason.

    `store` keeps small features for later commands.
    """
    started = time.perf_counter()
    notes = plan.batch(index)
    truth = plan.reference.sounds(notes)
    reading, generating = time.perf_counter() - started, 0.0
    of_systems = []
    for system in plan.systems:
        asked = time.perf_counter()
        of_systems.append(system.sounds(notes))
        waited = time.perf_counter() - asked
        if isinstance(system, SystemSource | DatasetSource):
            reading += waited
        else:
            generating += waited
    scored = _Batch(plan, notes, truth, of_systems)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows gets a reason instead
        for row in range(len(notes)):
            scored.score(row, store)
    seconds = time.perf_counter() - started
    return Scores(scored.values, scored.reasons, scored.features, seconds, reading, generating)


class _Batch:
    """The results of one batch, filled note by note."""

    def __init__(
        self, plan: Plan, notes: Sequence[Note], truth: Sounds, of_systems: Sequence[Sounds]
    ) -> None:
        self.plan, self.notes, self.truth, self.of_systems = plan, notes, truth, of_systems
        systems = len(of_systems)
        self.values = np.full((systems, len(notes), len(plan.metrics)), np.nan)
        self.reasons: dict[tuple[int, int], str] = {}
        self.features: NDArray[np.float64] | None = None
        if plan.distances:
            self.features = np.full((systems + 1, len(notes), FEATURES), np.nan)

    def score(self, row: int, store: FeatureStore | None) -> None:
        """Score one note of every system; its reference's features are computed once for all."""
        note = self.notes[row]
        if row in self.truth.faults:
            for place in range(len(self.of_systems)):
                self._explain(place, row, f"reference: {self.truth.faults[row]}")
            return
        reference = Spectra(self.truth.waveforms[row], note.pitch, store)
        self._keep_features(len(self.of_systems), row, reference)
        for place, sounds in enumerate(self.of_systems):
            if row in sounds.faults:
                self._explain(place, row, sounds.faults[row])
                continue
            estimate = Spectra(sounds.waveforms[row], note.pitch, store)
            self._keep_features(place, row, estimate)
            self._compare(place, row, Comparison(reference, estimate, note.family))

    def _compare(self, place: int, row: int, pair: Comparison) -> None:
        values, faults, overflown = self.values[place, row], [], []
        for column, metric in enumerate(self.plan.metrics):
            try:
                values[column] = metric.of_pair(pair)
            except ValueError as error:
                faults.append(f"{metric.column}: {error}")
                continue
            if not np.isfinite(values[column]):
                values[column] = np.nan
                overflown.append(metric.column)
        if overflown:
            faults.append(f"{', '.join(overflown)}: {_too_large(pair)}")
        if faults:
            self._explain(place, row, "; ".join(faults))

    def _keep_features(self, place: int, row: int, spectra: Spectra) -> None:
        if self.features is not None and self.plan.classifier is not None:
            self.features[place, row] = judged_features(spectra, self.plan.classifier)

    def _explain(self, place: int, row: int, reason: str) -> None:
        # A reason is one cell of one line, whatever a library's message looks like.
        self.reasons[place, row] = " ".join(reason.split())


def _too_large(pair: Comparison) -> str:
    peaks = {
        "reference": float(np.abs(pair.reference.waveform).max()),
        "waveform": float(np.abs(pair.estimate.waveform).max()),
    }
    whose = max(peaks, key=lambda one: peaks[one])
    return f"too large to be a number; the {whose}'s peak is {peaks[whose]:.3g}, expected up to 1"
