"""Claim: two-way intervals of a preference hold the truth in about 95 % of studies, the exact one
in far fewer.

Preference tests with known effects of raters and notes are drawn again and again, among them the
paper's layout of 10 answers to each of 100 notes. For each kind of interval of `sing-eval analyze
abx`, the share of studies in which it holds the true proportion, and its mean half-width in
parentheses (decisions/0013). The bootstrap is slow, so it is checked in fewer studies.

    python benchmarks/preference_coverage.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from collections.abc import Iterator

import numpy as np

from analysis.designs import Design, crossed, crowd, skewed
from analysis.proportions import BOOTSTRAP, METHODS, Interval, exact_interval, two_way_interval
from analysis.simulate import simulate_choices
from sing.log import progress

EXACT = "exact"
# Design, true proportion, variance of raters and of notes (the noise of a trial has variance 1).
SCENARIOS: dict[str, tuple[Design, float, float]] = {
    "10 raters x 100 notes": (crossed(10, 100), 0.7, 0.3),
    "10 raters x 100 notes, no effects": (crossed(10, 100), 0.7, 0.0),
    "100 raters, 10 of 100 notes each": (crowd(100, 100, 10, 0), 0.7, 0.3),
    "60 raters, k-th a share of 1/k": (skewed(60, 100, 1000, 0), 0.7, 0.3),
    "20 raters x 10 notes, 0.95 true": (crossed(20, 10), 0.95, 0.3),
}
PAPERS = next(iter(SCENARIOS))
TARGET = (0.93, 0.985)
"""Coverage of the default, `logit`, that counts as near 95 % where there are effects."""


def intervals(
    scenario: str, seed: int, bootstraps: int, resamples: int
) -> Iterator[tuple[str, Interval]]:
    """Each kind of interval of one study."""
    design, proportion, variance = SCENARIOS[scenario]
    choices = simulate_choices(design, proportion, variance, variance, seed=seed)
    hits = (choices["choice"] == "sing").to_numpy(dtype=np.float64)
    participant, note = (
        np.unique(choices[name].to_numpy(dtype=str), return_inverse=True)[1]
        for name in ("participant", "note")
    )
    yield EXACT, exact_interval(int(hits.sum()), len(hits))
    for method in METHODS:
        if method != BOOTSTRAP or seed < bootstraps:
            yield method, two_way_interval(hits, participant, note, method, seed, resamples)


def coverage(
    scenario: str, draws: int, bootstraps: int, resamples: int
) -> dict[str, tuple[float, float]]:
    """Share of studies covered and mean half-width of each kind of interval."""
    truth = SCENARIOS[scenario][1]
    found: dict[str, list[tuple[bool, float]]] = {}
    for seed in progress(range(draws), scenario, draws):
        for kind, one in intervals(scenario, seed, bootstraps, resamples):
            held = (one.low <= truth <= one.high, (one.high - one.low) / 2)
            found.setdefault(kind, []).append(held)
    return {
        kind: (float(np.mean([held for held, _ in all_])), float(np.nanmean([w for _, w in all_])))
        for kind, all_ in found.items()
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description="Coverage of intervals of a preference.")
    arguments.add_argument("--draws", type=int, default=1000)
    arguments.add_argument("--bootstraps", type=int, default=300)
    arguments.add_argument("--resamples", type=int, default=2000)
    given = arguments.parse_args()
    kinds = (EXACT, *METHODS)
    print(f"{'':36}" + "".join(f"{kind:>16}" for kind in kinds))
    results = {}
    for scenario in SCENARIOS:
        found = coverage(scenario, given.draws, given.bootstraps, given.resamples)
        results[scenario] = found
        cells = (f"{100 * found[kind][0]:.0f} % ({found[kind][1]:.3f})" for kind in kinds)
        print(f"{scenario:36}" + "".join(f"{cell:>16}" for cell in cells))
    logit = [found["logit"][0] for name, found in results.items() if "no effects" not in name]
    met = "met" if TARGET[0] <= min(logit) and max(logit) <= TARGET[1] else "MISSED"
    widths = results[PAPERS]["logit"][1] / results[PAPERS][EXACT][1]
    print(
        f"logit: {100 * min(logit):.1f} to {100 * max(logit):.1f} % "
        f"(target: {100 * TARGET[0]:.0f} to {100 * TARGET[1]:.1f} %, {met}); in the paper's layout "
        f"{widths:.1f} times as wide as exact, which covers {100 * results[PAPERS][EXACT][0]:.0f} %"
    )


if __name__ == "__main__":
    main()
