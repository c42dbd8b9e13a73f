"""Claim: the two-way intervals of `sing-eval differences` cover the truth in about 95 % of tests.

Differences between two systems are drawn again and again with known effects of instruments,
pitches and (instrument, pitch) cells, in the layout of a test split: few instruments, sparse
pitches, five velocities a cell; and in those of listening studies. For each kind of interval, the
share of draws in which it holds the true difference, 0, and its mean half-width in parentheses.
`het` draws another spread for each instrument, `skew` effects from a shifted log-normal law.

    python benchmarks/two_way_coverage.py
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.designs import skewed
from eval_suite.intervals import bootstrap_means
from eval_suite.two_way import two_way_mean

Numbers = NDArray[np.int64]
Draws = NDArray[np.float64]

# Variances of instrument, pitch, cell and note; spread of the cells' spreads; skewed effects.
SCENARIOS = {
    "both": (0.3, 0.3, 0.2, 0.2, 0.0, False),
    "instrument": (0.5, 0.0, 0.3, 0.2, 0.0, False),
    "pitch": (0.0, 0.5, 0.3, 0.2, 0.0, False),
    "neither": (0.0, 0.0, 0.5, 0.5, 0.0, False),
    "het": (0.3, 0.1, 0.3, 0.3, 0.8, False),
    "skew": (0.3, 0.3, 0.2, 0.2, 0.0, True),
}
TARGET = (0.93, 0.985)
"""Coverage that counts as near 95 %, in all scenarios with normal effects."""


def layout(
    instruments: int, pitches: int, cells_each: int, velocities: int, seed: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Instrument, pitch and cell of each note, [N]: `cells_each` pitches drawn per instrument."""
    generator = np.random.default_rng(seed)
    drawn = [generator.choice(pitches, cells_each, replace=False) for _ in range(instruments)]
    first = np.repeat(np.arange(instruments), cells_each * velocities)
    second = np.repeat(np.concatenate(drawn), velocities)
    cell = np.repeat(np.arange(instruments * cells_each), velocities)
    return first, np.unique(second, return_inverse=True)[1], cell


def draw(places: tuple[Numbers, Numbers, Numbers], scenario: str, draws: int, seed: int) -> Draws:
    """Differences [N, draws] whose true mean is 0."""
    generator = np.random.default_rng(seed)
    *variances, spread, skew = SCENARIOS[scenario]
    of_instrument = np.exp(spread * generator.standard_normal((places[0].max() + 1, draws)))

    def effects(count: int) -> Draws:
        normal = generator.standard_normal((count, draws))
        if not skew:
            return normal
        return np.asarray((np.exp(normal) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e))

    levels = (*(int(place.max()) + 1 for place in places), len(places[0]))
    rows = (*places, np.arange(len(places[0])))
    parts = [
        np.sqrt(variance) * effects(count)[row]
        for variance, count, row in zip(variances, levels, rows, strict=True)
    ]
    return np.asarray(parts[0] + parts[1] + of_instrument[places[0]] * (parts[2] + parts[3]))


def intervals(
    values: Draws, places: tuple[Numbers, Numbers, Numbers], resamples: int
) -> Iterator[tuple[str, Draws, Draws]]:
    """Each kind of interval: its name and its ends, [draws]."""
    first, second, cell = places
    mean, draws = values.mean(0), values.shape[1]
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    yield "notes independent", mean - half, mean + half
    _, low, high = bootstrap_means(values, cell, 0, resamples)
    yield "bootstrap of pairs", low, high
    generator = np.random.default_rng(1)
    counts = [
        generator.multinomial(n, np.full(n, 1 / n), resamples)[:, place]
        for n, place in ((first.max() + 1, first), (second.max() + 1, second))
    ]
    weights = (counts[0] * counts[1]).astype(np.float64)
    weights = weights[weights.any(axis=1)]
    resampled = (weights @ values) / weights.sum(1, keepdims=True)
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    yield "pigeonhole bootstrap", low, high
    found = [two_way_mean(values[:, one], first, second) for one in range(draws)]
    ours = np.array([(one.low, one.high) for one in found]).T
    yield "ours (two-way, t)", ours[0], ours[1]


def main() -> None:
    """Draw, and print the coverage of each kind of interval in each scenario and layout."""
    arguments = argparse.ArgumentParser(description="Coverage of intervals of paired differences.")
    arguments.add_argument("--draws", type=int, default=1000)
    arguments.add_argument("--resamples", type=int, default=500)
    given = arguments.parse_args()
    layouts = {
        "16 instruments x 50 pitches, 5 cells each, 5 velocities": (16, 50, 5, 5),
        "60 instruments x 60 pitches, 6 cells each, 2 velocities": (60, 60, 6, 2),
        "30 raters x 40 notes, all cells, one rating each": (30, 40, 40, 1),
    }
    places_of = {title: layout(*sizes, seed=0) for title, sizes in layouts.items()}
    crowd = skewed(60, 60, 900, seed=0)
    places_of["60 raters x 60 notes, some 900 ratings, the k-th rater 1 / k of the first's"] = (
        crowd.participant,
        crowd.note,
        np.arange(crowd.ratings),
    )
    worst = [1.0, 0.0]
    for title, places in places_of.items():
        rows: dict[str, list[str]] = {}
        for number, scenario in enumerate(SCENARIOS):
            values = draw(places, scenario, given.draws, seed=number)
            for name, low, high in intervals(values, places, given.resamples):
                coverage = float(((low <= 0) & (high >= 0)).mean())
                width = float((high - low).mean() / 2)
                rows.setdefault(name, []).append(f"{100 * coverage:.1f} % ({width:.3f})")
                if name.startswith("ours") and scenario != "skew":
                    worst = [min(worst[0], coverage), max(worst[1], coverage)]
        print(f"\n{title}\n{'':22}" + "".join(f"{name:>16}" for name in SCENARIOS))
        for name, cells in rows.items():
            print(f"{name:22}" + "".join(f"{cell:>16}" for cell in cells))
    verdict = "met" if TARGET[0] <= worst[0] and worst[1] <= TARGET[1] else "MISSED"
    print(
        f"\nours, normal effects: {100 * worst[0]:.1f} to {100 * worst[1]:.1f} % "
        f"(target: {100 * TARGET[0]:.0f} to {100 * TARGET[1]:.1f} %, {verdict})"
    )


if __name__ == "__main__":
    main()
