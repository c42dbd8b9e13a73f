"""Synthetic raters with known opinions, and what each of them answers.

An honest rater's impression of a stimulus, on the scale from 1 to 5, is

    truth of its system + rater + note + residual      (crowdMOS, Ribeiro et al. 2011)

all normal, and becomes a score, a choice or a slider by the kind of test. Lazy raters always give
the same answer; random ones any. Drop-outs are honest until they leave. All of it is decided by
the seed and the rater's number, so the same raters can be met again.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from listening_app.settings import Settings
from listening_app.store.plan import judged
from listening_app.study import Stimulus, Study, Trial
from sing.errors import SingError, suggestion

Kind = Literal["honest", "lazy", "random", "dropout"]

VAR_PARTICIPANT, VAR_NOTE, VAR_RESIDUAL = 0.35, 0.25, 0.8
"""Variances on the scale from 1 to 5, as `sing-eval analyze power` takes them without a pilot."""

_CONTROLS_RIGHT = 0.97
_LOW, _HIGH = 1.0, 5.0
_CLEAN, _DEGRADED = 4.6, 1.2
_BEST, _WORST = 4.2, 2.4


@dataclass(frozen=True)
class Population:
    """Whom a rehearsal sends: the share of each kind but the honest, and what is true.

    `truth` is the mean opinion of each system, from 1 to 5.
    """

    truth: Mapping[str, float]
    lazy: float = 0.05
    random: float = 0.05
    dropout: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class Rater:
    """One synthetic rater. `severity` is how much better than others they find everything."""

    number: int
    kind: Kind
    severity: float
    leaves_after: float  # share of the way at which a drop-out leaves

    @property
    def identity(self) -> str:
        """What the platform calls them: 24 characters, as Prolific's are."""
        return f"synthetic{self.number:015d}"


def usual_truth(settings: Settings, given: Mapping[str, float]) -> dict[str, float]:
    """The truth of every system: as given, else the reference clean and the others evenly apart.

    Raises SingError for a system that the study does not have, or a mean outside 1 to 5.
    """
    others = [name for name in settings.systems if name != settings.reference]
    step = (_BEST - _WORST) / max(len(others) - 1, 1)
    truth = {name: _BEST - step * place for place, name in enumerate(others)}
    if settings.reference:
        truth[settings.reference] = _CLEAN
    for name, mean in given.items():
        if name not in truth:
            raise SingError(f"--mos {name}: no such system; {suggestion(name, truth)}")
        if not _LOW <= mean <= _HIGH:
            raise SingError(f"--mos {name}={mean:g}: give a mean from 1 to 5")
        truth[name] = mean
    return truth


def mean_score(truth: float) -> float:
    """The mean of honest scores from 1 to 5 of a system of this truth.

    Impressions are rounded and cut at the ends of the scale, which draws means to its middle.
    """
    variance = VAR_PARTICIPANT + VAR_NOTE + VAR_RESIDUAL
    impressions = NormalDist(truth, math.sqrt(variance))
    steps = range(round(_LOW), round(_HIGH))
    return _LOW + sum(1 - impressions.cdf(score + 0.5) for score in steps)


def rater_of(population: Population, number: int) -> Rater:
    """The rater of this number."""
    rng = random.Random(f"{population.seed} rater {number}")
    drawn = rng.random()
    kind: Kind = "honest"
    for each in ("lazy", "random", "dropout"):
        share = getattr(population, each)
        if drawn < share:
            kind = each
            break
        drawn -= share
    return Rater(number, kind, rng.gauss(0, math.sqrt(VAR_PARTICIPANT)), rng.random())


def answer_of(
    study: Study, population: Population, rater: Rater, trial: Trial
) -> dict[str, float | str]:
    """What the rater answers to the trial, as the page would send it."""
    rng = random.Random(f"{population.seed} rater {rater.number} trial {trial.id}")
    settings = study.settings
    if rater.kind == "lazy":
        return _lazy(settings, trial)
    if rater.kind == "random":
        return _random(settings, trial, rng)
    is_known = trial.kind != "main" and trial.expected and settings.test != "abx"
    if is_known and rng.random() < _CONTROLS_RIGHT:
        return _right(settings, trial)
    heard = {
        slot.name: _impression(population, rater, study.stimuli[slot.stimulus], rng)
        for slot in trial.slots
    }
    if settings.test == "abx":
        return _recognised(study, population, trial, rng)
    return _judged(settings, trial, heard)


def _impression(
    population: Population, rater: Rater, stimulus: Stimulus, rng: random.Random
) -> float:
    of_note = random.Random(f"{population.seed} {stimulus.system} {stimulus.note.name}")
    return (
        _truth(population, stimulus)
        + rater.severity
        + of_note.gauss(0, math.sqrt(VAR_NOTE))
        + rng.gauss(0, math.sqrt(VAR_RESIDUAL))
    )


def _truth(population: Population, stimulus: Stimulus) -> float:
    if stimulus.kind in ("anchor", "trap"):
        return _DEGRADED
    return population.truth.get(stimulus.system, _CLEAN)


def _judged(settings: Settings, trial: Trial, heard: Mapping[str, float]) -> dict[str, float | str]:
    low, high = settings.limits
    if settings.test == "mos":
        return {"score": _on_scale(heard[trial.slots[0].name], low, high)}
    if settings.test == "mushra":
        return {slot: _on_scale(heard[slot], low, high) for slot in judged(trial)}
    if settings.test == "cmos":
        return {"score": max(low, min(high, round(heard["B"] - heard["A"])))}
    return {"choice": "A" if heard["A"] >= heard["B"] else "B"}


def _recognised(
    study: Study, population: Population, trial: Trial, rng: random.Random
) -> dict[str, float | str]:
    """Classic ABX: the larger the difference, the more often they know; else they guess."""
    truths = {slot.name: _truth(population, study.stimuli[slot.stimulus]) for slot in trial.slots}
    knows = rng.random() < 1 - math.exp(-abs(truths["A"] - truths["B"]))
    return {"choice": trial.expected if knows else rng.choice("AB")}


def _right(settings: Settings, trial: Trial) -> dict[str, float | str]:
    """The answer that the trial expects."""
    if settings.test == "mushra":
        return {slot: 100 if slot == trial.expected else 10 for slot in judged(trial)}
    if settings.is_choice:
        return {"choice": trial.expected}
    return {"score": int(trial.expected)}


def _lazy(settings: Settings, trial: Trial) -> dict[str, float | str]:
    low, high = settings.limits
    if settings.test == "mushra":
        return dict.fromkeys(judged(trial), (low + high) // 2)
    return {"choice": "A"} if settings.is_choice else {"score": (low + high) // 2}


def _random(settings: Settings, trial: Trial, rng: random.Random) -> dict[str, float | str]:
    low, high = settings.limits
    if settings.test == "mushra":
        return {slot: rng.randint(low, high) for slot in judged(trial)}
    return {"choice": rng.choice("AB")} if settings.is_choice else {"score": rng.randint(low, high)}


def _on_scale(impression: float, low: int, high: int) -> int:
    share = (impression - _LOW) / (_HIGH - _LOW)
    return max(low, min(high, round(low + share * (high - low))))
