"""Studies with a known truth: what intervals, screening and planning are checked against.

Scores follow the model of crowdMOS (Ribeiro et al. 2011): mean + participant + note + residual, all
normal, continuous unless asked to be rounded to the scale, since rounding and clipping move the
truth. Random clickers answer with any point of the scale. Preferences are a probit model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.designs import Design
from analysis.variances import Variances
from sing.notes import VELOCITIES, Note

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

FAMILIES = ("bass", "brass", "flute", "guitar", "keyboard", "mallet", "organ", "reed", "string")


@dataclass(frozen=True)
class Population:
    """Whom and what a study draws from.

    `clickers` is the share of participants who answer at random; `inconsistency` the spread
    (standard deviation of the logarithm) of the participants' residual deviations, whose mean
    square stays `variances.residual`. `shared` is the share of the participants' and of the notes'
    variance that all systems have in common.
    """

    variances: Variances = field(default_factory=lambda: Variances(0.35, 0.25, 0.8))
    clickers: float = 0.0
    inconsistency: float = 0.0
    shared: float = 0.5
    scale: tuple[int, int] = (1, 5)

    def mixed_mean(self, honest_mean: float) -> float:
        """The mean over honest participants and clickers."""
        return (1 - self.clickers) * honest_mean + self.clickers * sum(self.scale) / 2


def draw_scores(
    design: Design, population: Population, mean: float, draws: int, seed: int
) -> tuple[Values, Flags]:
    """Scores of one system in `draws` studies of one design [T, draws]; who clicks [N, draws]."""
    generator = np.random.default_rng(seed)
    variances = population.variances
    clicks = generator.random((design.participants, draws)) < population.clickers
    participant = generator.standard_normal((design.participants, draws))
    note = generator.standard_normal((design.notes, draws))
    scores = np.take(
        _deviations(population, design.participants, draws, generator), design.participant, axis=0
    )
    scores *= generator.standard_normal(scores.shape)
    scores += np.take(
        math.sqrt(variances.participant) * participant + mean, design.participant, axis=0
    )
    scores += np.take(math.sqrt(variances.note) * note, design.note, axis=0)
    _click(scores, clicks[design.participant], population, generator)
    return scores, clicks


def _deviations(
    population: Population, participants: int, draws: int, generator: np.random.Generator
) -> Values:
    """Each participant's residual standard deviation, [participants, draws]."""
    spread = population.inconsistency
    exponent = spread * generator.standard_normal((participants, draws)) - spread**2
    return np.asarray(math.sqrt(population.variances.residual) * np.exp(exponent))


def _click(
    scores: Values, clicked: Flags, population: Population, generator: np.random.Generator
) -> None:
    low, high = population.scale
    scores[clicked] = generator.integers(low, high + 1, size=int(clicked.sum()))


@dataclass(frozen=True)
class SimulatedStudy:
    """A ratings table (contract RATINGS) and the truth behind it."""

    ratings: pd.DataFrame
    means: Mapping[str, float]
    population: Population
    clickers: frozenset[str]


def simulate_ratings(
    design: Design,
    means: Mapping[str, float],
    population: Population | None = None,
    seed: int = 0,
    is_rounded: bool = True,
) -> SimulatedStudy:
    """A study in which each participant rates their notes of the design in every system.

    `means` are the systems' true means. With `is_rounded`, scores are whole points of the scale.
    """
    population = population or Population()
    generator = np.random.default_rng(seed)
    clicks = generator.random(design.participants) < population.clickers
    deviations = _deviations(population, design.participants, 1, generator)[:, 0]
    common = [generator.standard_normal(n) for n in (design.participants, design.notes)]
    scores = np.empty((len(means), design.ratings))
    for row, mean in enumerate(means.values()):
        participant, note = (
            math.sqrt(population.shared) * effect
            + math.sqrt(1 - population.shared) * generator.standard_normal(len(effect))
            for effect in common
        )
        scores[row] = mean + deviations[design.participant] * generator.standard_normal(
            design.ratings
        )
        scores[row] += math.sqrt(population.variances.participant) * participant[design.participant]
        scores[row] += math.sqrt(population.variances.note) * note[design.note]
        _click(scores[row], clicks[design.participant], population, generator)
    if is_rounded:
        scores = np.clip(np.round(scores), *population.scale)
    ratings = _ratings_frame(design, list(means), scores, population, clicks, generator)
    names = participant_names(design.participants)
    clickers = frozenset(names[clicks].tolist())
    return SimulatedStudy(ratings, dict(means), population, clickers)


def _ratings_frame(
    design: Design,
    systems: list[str],
    scores: Values,
    population: Population,
    clicks: Flags,
    generator: np.random.Generator,
) -> pd.DataFrame:
    participant = np.tile(design.participant, len(systems))
    names = participant_names(design.participants)[participant]
    pace = np.where(clicks, 1.0, 6.0)[participant]
    frame = pd.DataFrame(
        {
            "study": "simulated",
            "test": "mos",
            "session": names,
            "position": _shuffled_positions(participant, generator),
            "system": np.repeat(np.array(systems), design.ratings),
            "participant": names,
            "kind": "main",
            "note": note_names(design.notes)[np.tile(design.note, len(systems))],
            "score": scores.ravel(),
            "scale_min": float(population.scale[0]),
            "scale_max": float(population.scale[1]),
            "seconds": np.round(pace * generator.lognormal(0, 0.4, len(participant)), 2),
        }
    )
    return frame.sort_values(["session", "position"], ignore_index=True)


def _shuffled_positions(
    participant: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Places from 1 in each participant's own random order of trials, [T]."""
    order = np.lexsort((generator.random(len(participant)), participant))
    counts = np.bincount(participant)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    positions = np.empty(len(participant), dtype=np.int64)
    positions[order] = np.arange(len(participant)) - starts + 1
    return positions


def simulate_choices(
    design: Design,
    proportion: float,
    participant_variance: float = 0.0,
    note_variance: float = 0.0,
    position_bias: float = 0.0,
    systems: tuple[str, str] = ("sing", "wavenet"),
    seed: int = 0,
) -> pd.DataFrame:
    """Preference trials (contract CHOICES): the first system is chosen in `proportion` of them.

    A probit model: the first is chosen where theta + participant + note + noise > 0, the noise of
    variance 1. The proportion is that over endless participants and notes, as long as there is no
    `position_bias`, which is added in favour of what is heard as A.
    """
    generator = np.random.default_rng(seed)
    theta = special.ndtri(proportion) * math.sqrt(1 + participant_variance + note_variance)
    is_first_a = generator.random(design.ratings) < 0.5
    latent = theta + generator.standard_normal(design.ratings)
    latent += position_bias * np.where(is_first_a, 1.0, -1.0)
    for count, place, variance in (
        (design.participants, design.participant, participant_variance),
        (design.notes, design.note, note_variance),
    ):
        latent += math.sqrt(variance) * generator.standard_normal(count)[place]
    return _choices(design, systems, is_first_a, latent > 0, generator)


def _choices(
    design: Design,
    systems: tuple[str, str],
    is_first_a: NDArray[np.bool_],
    is_first_chosen: NDArray[np.bool_],
    generator: np.random.Generator,
) -> pd.DataFrame:
    """The table of choices, in each participant's own random order of trials."""
    first, second = systems
    names = participant_names(design.participants)[design.participant]
    frame = pd.DataFrame(
        {
            "study": "simulated",
            "test": "preference",
            "session": names,
            "position": _shuffled_positions(design.participant, generator),
            "participant": names,
            "kind": "main",
            "note": note_names(design.notes)[design.note],
            "reference": "ground-truth",
            "a": np.where(is_first_a, first, second),
            "b": np.where(is_first_a, second, first),
            "choice": np.where(is_first_chosen, first, second),
        }
    )
    return frame.sort_values(["session", "position"], ignore_index=True)


def participant_names(count: int) -> NDArray[np.str_]:
    """`p0000`, `p0001`, ..."""
    return np.array([f"p{number:04d}" for number in range(count)])


def note_names(count: int) -> NDArray[np.str_]:
    """Names of `count` different notes, families in turn."""
    names = []
    for number in range(count):
        instrument, family = divmod(number, len(FAMILIES))
        name = f"{FAMILIES[family]}_acoustic_{instrument:03d}"
        pitch, velocity = 36 + 7 * number % 49, VELOCITIES[number % len(VELOCITIES)]
        names.append(Note(name, pitch, velocity).name)
    return np.array(names)
