"""Claim: a study of the paper's size is analysed in under 5 s on one core and under 1 GB.

18,000 ratings (60 raters x 100 notes x 3 systems): reading the file, screening by the default
rules, MOS with 10,000 two-way bootstrap replicates, and the comparisons of systems. The bootstrap
is compared, in this one run, with the plain way: a pandas loop that draws raters and notes, weighs
the rows and groups them by system. 1,000,000 ratings without the bootstrap must take under a
minute, reading included.

    python benchmarks/analysis_speed.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from analysis.compare import compare
from analysis.designs import crossed, crowd
from analysis.mos import mos_table
from analysis.ratings import read_ratings
from analysis.screening.evidence import gather
from analysis.screening.rules import read_rules
from analysis.screening.screen import screen
from analysis.simulate import Population, simulate_ratings
from eval_suite.intervals import RESAMPLES

Result = TypeVar("Result")

MEANS = {"ground-truth": 3.86, "wavenet": 2.85, "sing": 3.55}
TARGET_SECONDS, TARGET_GIGABYTES, TARGET_LARGE_SECONDS = 5.0, 1.0, 60.0


def timed(
    label: str, work: Callable[[], Result], spent: dict[str, float] | None = None
) -> tuple[Result, float]:
    """What the work gives and its processor seconds, printed and added to `spent`."""
    started = time.process_time()
    result = work()
    seconds = time.process_time() - started
    print(f"  {label:44}{seconds:8.2f} s")
    if spent is not None:
        spent[label] = seconds
    return result, seconds


def pandas_loop(ratings: pd.DataFrame, replicates: int, seed: int) -> pd.DataFrame:
    """The plain way: each replicate's means, [replicates, systems]."""
    generator = np.random.default_rng(seed)
    raters, notes = (ratings[name].unique() for name in ("participant", "note"))
    means = []
    for _ in range(replicates):
        drawn = [pd.Series(generator.choice(names, len(names))).value_counts()
                 for names in (raters, notes)]  # fmt: skip
        weight = ratings["participant"].map(drawn[0]).fillna(0)
        weight = weight * ratings["note"].map(drawn[1]).fillna(0)
        totals = (weight * ratings["score"]).groupby(ratings["system"]).sum()
        means.append(totals / weight.groupby(ratings["system"]).sum())
    return pd.DataFrame(means)


def analyse(path: Path, interval: str, spent: dict[str, float]) -> pd.DataFrame:
    """What the three commands compute from one file; the ratings that they read."""
    ratings, _ = timed("read", lambda: read_ratings(path), spent)
    rules = read_rules("default")
    timed("screen", lambda: screen(gather(ratings, None, "ground-truth"), rules, 0), spent)
    main = ratings.main
    timed(f"mos, {interval}", lambda: mos_table(main, interval), spent)
    timed("compare", lambda: compare(main), spent)
    return main


def gigabytes() -> float:
    """The largest memory of this process so far, GB of 2**30 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def small(folder: Path, loops: int) -> None:
    path = folder / "ratings.csv"
    simulate_ratings(crossed(60, 100), MEANS, Population()).ratings.to_csv(path, index=False)
    spent: dict[str, float] = {}
    print(f"18,000 ratings, {RESAMPLES:,} replicates")
    main = analyse(path, "bootstrap", spent)
    total, memory = sum(spent.values()), gigabytes()
    _, looped = timed(f"pandas loop, {loops} replicates", lambda: pandas_loop(main, loops, 0))
    ratio = looped / loops * RESAMPLES / spent["mos, bootstrap"]
    print(
        f"total {total:.2f} s (target: under {TARGET_SECONDS:g} s, "
        f"{'met' if total < TARGET_SECONDS else 'MISSED'}), {memory:.2f} GB (target: under "
        f"{TARGET_GIGABYTES:g} GB, {'met' if memory < TARGET_GIGABYTES else 'MISSED'})\n"
        f"the bootstrap is {ratio:.0f} times as fast as a pandas loop\n"
    )


def large(folder: Path) -> None:
    path = folder / "large.csv"
    design = crowd(3_334, 500, 100, seed=0)
    simulate_ratings(design, MEANS, Population()).ratings.to_csv(path, index=False)
    spent: dict[str, float] = {}
    print(f"{3 * design.ratings:,} ratings, without the bootstrap")
    analyse(path, "crowdmos", spent)
    wanted = spent["read"] + spent["mos, crowdmos"]
    total = sum(spent.values())
    print(
        f"read and mos {wanted:.1f} s, all {total:.1f} s (target: under "
        f"{TARGET_LARGE_SECONDS:g} s, {'met' if total < TARGET_LARGE_SECONDS else 'MISSED'}), "
        f"{gigabytes():.2f} GB"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description="Speed of the analysis of ratings.")
    arguments.add_argument("--loops", type=int, default=50)
    arguments.add_argument("--without-large", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small(Path(folder), given.loops)
        if not given.without_large:
            large(Path(folder))


if __name__ == "__main__":
    main()
