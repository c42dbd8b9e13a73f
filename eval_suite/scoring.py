"""The scores of one batch of notes: every system against the reference, in every metric."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_suite.metrics.spectra import Comparison, Spectra
from eval_suite.plan import Plan
from eval_suite.sources import RunSource, Sounds


@dataclass(frozen=True)
class Scores:
    """One batch's values [systems, notes, metrics], NaN where missing, and the reasons.

    `reasons` are keyed by (system, note), both by their places in the batch. `reading` and
    `generating` are the seconds that went into getting the waveforms, out of `seconds`.
    """

    values: NDArray[np.float64]
    reasons: Mapping[tuple[int, int], str]
    seconds: float = 0.0
    reading: float = 0.0
    generating: float = 0.0


def score_batch(plan: Plan, index: int) -> Scores:
    """Score one batch of the plan. A waveform that cannot be had or compared is a reason."""
    started = time.perf_counter()
    notes = plan.batch(index)
    truth = plan.reference.sounds(notes)
    reading, generating = time.perf_counter() - started, 0.0
    of_systems = []
    for system in plan.systems:
        asked = time.perf_counter()
        of_systems.append(system.sounds(notes))
        waited = time.perf_counter() - asked
        if isinstance(system, RunSource):
            generating += waited
        else:
            reading += waited
    values = _values(plan, truth, of_systems)
    reasons = _reasons(plan, truth, of_systems, values)
    return Scores(values, reasons, time.perf_counter() - started, reading, generating)


def _values(plan: Plan, truth: Sounds, of_systems: Sequence[Sounds]) -> NDArray[np.float64]:
    """The metrics [systems, notes, metrics], NaN where there is a fault or no finite number.

    A note's reference spectra are computed once for all systems and metrics.
    """
    values = np.full((len(of_systems), len(truth.waveforms), len(plan.metrics)), np.nan)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows gets a reason instead
        for row, waveform in enumerate(truth.waveforms):
            if row in truth.faults:
                continue
            reference = Spectra(waveform)
            for place, sounds in enumerate(of_systems):
                if row not in sounds.faults:
                    pair = Comparison(reference, Spectra(sounds.waveforms[row]))
                    values[place, row] = [metric(pair) for metric in plan.metrics]
    values[~np.isfinite(values)] = np.nan
    return values


def _reasons(
    plan: Plan, truth: Sounds, of_systems: Sequence[Sounds], values: NDArray[np.float64]
) -> dict[tuple[int, int], str]:
    reasons = {}
    for place, row in np.argwhere(np.isnan(values).any(axis=2)).tolist():
        sounds = of_systems[place]
        if row in truth.faults:
            reason = f"reference: {truth.faults[row]}"
        elif row in sounds.faults:
            reason = sounds.faults[row]
        else:
            waveforms = (truth.waveforms[row], sounds.waveforms[row])
            reason = _not_finite(plan, values[place, row], *waveforms)
        # A reason is one cell of one line, whatever a library's message looks like.
        reasons[place, row] = " ".join(reason.split())
    return reasons


def _not_finite(
    plan: Plan,
    values: NDArray[np.float64],
    reference: NDArray[np.float32],
    estimate: NDArray[np.float32],
) -> str:
    columns = [metric.column for metric in plan.metrics]
    names = ", ".join(columns[place] for place in np.flatnonzero(np.isnan(values)).tolist())
    peaks = {"reference": float(np.abs(reference).max()), "waveform": float(np.abs(estimate).max())}
    whose = max(peaks, key=lambda one: peaks[one])
    return (
        f"{names}: too large to be a number; the {whose}'s peak is {peaks[whose]:.3g}, "
        "expected up to 1"
    )
