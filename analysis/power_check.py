"""Whether a planned study keeps its promise: the same design, simulated with the same variances."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analysis.designs import crowd
from analysis.moments import components, moments
from analysis.simulate import Population, draw_scores
from analysis.variances import Variances
from eval_suite.intervals import CONFIDENCE
from sing import log

STUDIES = 1_000

MOST_RATINGS = 100_000
"""Designs with more ratings are not simulated: a thousand studies would take minutes."""

_BLOCK_SCORES = 1 << 22  # scores drawn at once: 32 MB


@dataclass(frozen=True)
class Simulated:
    """Mean half-width of the 95 % interval by exact moments, and how often it leaves out 0."""

    half_width: float
    detected: float


def simulate_design(
    variances: Variances,
    participants: int,
    notes: int,
    notes_each: int,
    mean: float,
    seed: int,
    studies: int = STUDIES,
) -> Simulated:
    """Draw `studies` studies whose true mean, or mean difference, is `mean`, and analyse each."""
    design = crowd(participants, notes, notes_each, seed)
    population = Population(variances)
    halves, means = [], []
    block = max(1, _BLOCK_SCORES // design.ratings)
    for start in range(0, studies, block):
        draws = min(block, studies - start)
        scores, _ = draw_scores(design, population, mean, draws, seed + start)
        found = moments(scores, design.participant, design.note, ddof=1)
        quantile = float(special.stdtrit(found.layout.degrees, (1 + CONFIDENCE) / 2))
        halves.append(quantile * np.sqrt(components(found).of_mean))
        means.append(found.mean)
    half, estimated = np.concatenate(halves), np.concatenate(means)
    return Simulated(float(half.mean()), float((np.abs(estimated) > half).mean()))


def checked(
    plan: pd.DataFrame,
    variances: Variances,
    difference: float | None,
    seed: int,
    studies: int = STUDIES,
) -> pd.DataFrame:
    """A plan (contract PLAN) with what simulated studies of each of its designs find."""
    halves, powers, reasons = [], [], []
    for row in log.progress(list(plan.to_dict("records")), "designs"):
        found = Simulated(math.nan, math.nan)
        reason = row["reason"]
        if row["ratings"] > MOST_RATINGS:
            reason = "; ".join(filter(None, (reason, "too many ratings to simulate")))
        elif not math.isnan(row["participants"]):
            found = simulate_design(
                variances,
                int(row["participants"]),
                int(row["notes"]),
                int(row["notes_each"]),
                difference or 0.0,
                seed,
                studies,
            )
        halves.append(found.half_width)
        powers.append(found.detected if difference is not None else math.nan)
        reasons.append(reason)
    return plan.assign(simulated_half_width=halves, simulated_power=powers, reason=reasons)
