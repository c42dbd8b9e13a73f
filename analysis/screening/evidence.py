"""What rules look at: who gave which stimulus which score, and what is known of each rater.

A stimulus is a (system, note) pair. A rater's repeats of one stimulus count as their mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.ratings import Ratings

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Scores [T] sorted by rater, with the number of their rater and of their stimulus, [T].

    `system_of` is the number of each stimulus's system, [stimuli].
    """

    rater: Numbers
    stimulus: Numbers
    score: Values
    system_of: Numbers
    raters: int
    systems: int

    @property
    def stimuli(self) -> int:
        """How many stimuli there are."""
        return len(self.system_of)


class Raters(Protocol):
    """What is known of raters, whether they rated or chose: rules on listening need no more."""

    @property
    def participants(self) -> tuple[str, ...]:
        """Their names, sorted."""

    @property
    def main(self) -> pd.DataFrame:
        """Their main trials."""

    @property
    def about(self) -> pd.DataFrame:
        """All rows that may say what they listened with."""

    def numbers(self, frame: pd.DataFrame) -> Numbers:
        """The number of each row's rater."""


@dataclass(frozen=True)
class Evidence:
    """The raters' names, sorted, their cells, and the tables that the rest is looked up in."""

    participants: tuple[str, ...]
    cells: Cells
    ratings: Ratings
    main: pd.DataFrame
    about: pd.DataFrame
    reference: str

    def numbers(self, frame: pd.DataFrame) -> Numbers:
        """The number of each row's rater."""
        return rater_numbers(self.participants, frame)


def gather(ratings: Ratings, sessions: pd.DataFrame | None, reference: str) -> Evidence:
    """The evidence in a table of ratings and, if there is one, in the table of its sessions.

    Everybody with a rating of any kind is a participant.
    """
    participants = participants_of(ratings.table)
    main = ratings.main
    about = ratings.table
    if sessions is not None:
        about = pd.concat([about, sessions[sessions["participant"].isin(participants)]])
    return Evidence(participants, _cells(main, participants), ratings, main, about, reference)


def participants_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Everybody in a table of answers, sorted."""
    return tuple(sorted(map(str, table["participant"].unique())))


def rater_numbers(participants: tuple[str, ...], frame: pd.DataFrame) -> Numbers:
    """The number of each row's rater, [rows]."""
    numbers = pd.Index(participants).get_indexer(pd.Index(frame["participant"]))
    return np.asarray(numbers, dtype=np.int64)


def _cells(main: pd.DataFrame, participants: tuple[str, ...]) -> Cells:
    rater = rater_numbers(participants, main)
    system, systems = pd.factorize(main["system"], sort=True)
    note, notes = pd.factorize(main["note"], sort=True)
    key = (rater * len(systems) + system) * len(notes) + note
    cell, place = np.unique(key, return_inverse=True)
    score = np.bincount(place, main["score"]) / np.bincount(place)
    pair, stimulus = np.unique(cell % (len(systems) * len(notes)), return_inverse=True)
    return Cells(
        cell // (len(systems) * len(notes)),
        stimulus.astype(np.int64),
        score,
        pair // len(notes),
        len(participants),
        len(systems),
    )


def leave_one_out_means(cells: Cells) -> Values:
    """The mean of the others' scores of each cell's stimulus, [T]; NaN where nobody else scored."""
    count = np.bincount(cells.stimulus, minlength=cells.stimuli)[cells.stimulus] - 1
    # Around the grand mean, so that sums of many equal scores leave no rounding error behind.
    centred = cells.score - cells.score.mean()
    total = np.bincount(cells.stimulus, centred, cells.stimuli)[cells.stimulus] - centred
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count + cells.score.mean(), np.nan)
