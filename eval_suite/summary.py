"""The table that `sing-eval metrics` prints: means and 95 % intervals, one line a system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval_suite.evaluate import Evaluation
from eval_suite.intervals import RESAMPLES, bootstrap_means, cluster_numbers
from eval_suite.metrics.distribution import RESAMPLES as SET_RESAMPLES
from eval_suite.partial import shared_notes
from eval_suite.plan import Plan
from eval_suite.text_table import HIGHER, TextTable, heading, is_higher_better, with_interval
from sing.losses import HOP_LENGTH, N_FFT


def summarize(plan: Plan, made: Evaluation, splits: Sequence[str]) -> TextTable:
    """Means with intervals by a bootstrap over (instrument, pitch) pairs, in the plan's order.

    A metric's means are over the notes that every system has a value for; a system without any
    value is not waited for.
    """
    results = made.results
    systems, notes, metrics = results.values.shape
    clusters = cluster_numbers([note.pair for note in plan.notes])
    shared = shared_notes(np.isfinite(results.values))
    values = np.where(shared, results.values, np.nan)
    flat = values.transpose(1, 0, 2).reshape(notes, systems * metrics)
    ends = bootstrap_means(flat, clusters, plan.seed)
    means, lows, highs = (end.reshape(systems, metrics) for end in ends)
    failed = Counter(place for place, _ in results.reasons)
    lines = []
    for place, system in enumerate(plan.systems):
        cells = [
            with_interval(*map(float, cell))
            for cell in zip(means[place], lows[place], highs[place], strict=True)
        ]
        averaged = int(np.isfinite(values[place]).any(1).sum())
        cells += [
            with_interval(found.value, found.low, found.high)
            for found in made.distances
            if found.system == system.name
        ]
        lines.append((system.name, f"{averaged:,}", f"{failed[place]:,}", *cells))
    columns = [metric.column for metric in plan.metrics] + [one.name for one in plan.distances]
    header = ("system", "notes", "failed", *map(heading, columns))
    remarks = _remarks(plan, int(clusters.max()) + 1, splits)
    return TextTable(header, tuple(lines), (*_left_out(plan, shared), *remarks))


def _left_out(plan: Plan, shared: NDArray[np.bool_]) -> tuple[str, ...]:
    """How many notes the means are over, when those are not all."""
    notes, counts = len(shared), shared.sum(axis=0).tolist()
    if min(counts, default=notes) == notes:
        return ()
    names = [metric.column for metric in plan.metrics]
    same = len(set(counts)) == 1
    shown = [f"{name} {count:,}" for name, count in zip(names, counts, strict=True)]
    over = f"{counts[0]:,}" if same else ", ".join(shown)
    return (f"means are over the notes that every system has a value for: {over} of {notes:,}",)


def _remarks(plan: Plan, pairs: int, splits: Sequence[str]) -> tuple[str, ...]:
    floors = sorted({metric.epsilon for metric in plan.metrics if metric.epsilon is not None})
    epsilon = ", ".join(f"{floor:g}" for floor in floors)
    has_higher = any(is_higher_better(metric.column) for metric in plan.metrics)
    remarks = [
        f"{len(plan.notes):,} notes ({_parts_of_split(splits)}), reference {plan.reference.name}; "
        "0 is equal, smaller is better" + (f"; {HIGHER}: larger is better" if has_higher else ""),
        f"[95 % intervals]: {RESAMPLES:,} bootstrap resamples of {pairs:,} (instrument, pitch) "
        f"pairs, seed {plan.seed}",
        f"STFT {N_FFT} / {HOP_LENGTH}, periodic Hann, unnormalised, uncentred"
        + (f"; epsilon {epsilon} in log(epsilon + |STFT|^2)" if floors else ""),
    ]
    if plan.distances:
        remarks.append(
            f"distances: of all notes at once, {SET_RESAMPLES:,} resamples of the same pairs; they "
            "compare systems on the same notes and by the same classifier only"
        )
    return tuple(remarks)


def _parts_of_split(splits: Sequence[str]) -> str:
    """`test`, or how many are in which part: `test 90, train 10`."""
    counts = Counter(part or "no split known" for part in splits)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{part} {count:,}" for part, count in sorted(counts.items()))
