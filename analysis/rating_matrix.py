"""Ratings as numbers: who rated which stimulus how, ready for measures of agreement.

A stimulus is a (system, note) pair; stimuli of one note are a cluster, which the bootstrap draws as
a whole. Raters are not drawn: a rater drawn twice would agree with himself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cell_sums import Table, cell_sums
from eval_suite.intervals import numbered

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


_BLOCK_NUMBERS = 1 << 21  # numbers of a block of weights: 16 MB


@dataclass(frozen=True)
class Rated:
    """Scores [T] with numbers from 0, without gaps, of their stimulus and rater, [T].

    `cluster` [stimuli] is the number of each stimulus' note.
    """

    score: Values
    stimulus: Numbers
    participant: Numbers
    cluster: Numbers

    @property
    def stimuli(self) -> int:
        """How many stimuli there are."""
        return len(self.cluster)

    @property
    def participants(self) -> int:
        """How many raters there are."""
        return int(self.participant.max(initial=-1)) + 1

    @property
    def clusters(self) -> int:
        """How many notes there are."""
        return int(self.cluster.max(initial=-1)) + 1

    def table(self, values: Values) -> Table:
        """Sums of `values` [T] by stimulus and rater, sparse where most cells are empty."""
        shape = (self.stimuli, self.participants)
        return cell_sums(values, self.stimulus, self.participant, shape)


def rated(ratings: pd.DataFrame) -> Rated:
    """The ratings as numbers; a stimulus that a rater scored more than once counts each time."""
    notes, note = np.unique(ratings["note"].to_numpy(dtype=str), return_inverse=True)
    system = numbered(ratings["system"].to_numpy(dtype=str))
    stimuli, stimulus = np.unique(system * max(len(notes), 1) + note, return_inverse=True)
    return Rated(
        ratings["score"].to_numpy(dtype=np.float64),
        stimulus,
        numbered(ratings["participant"].to_numpy(dtype=str)),
        np.asarray(stimuli % max(len(notes), 1), dtype=np.int64),
    )


def note_draws(cluster: Numbers, seed: int, replicates: int) -> Iterator[Values]:
    """How often each stimulus counts in each replicate, in blocks [B, stimuli].

    `cluster` [stimuli] numbers the notes from 0 without gaps; whole notes are drawn.
    """
    generator = np.random.default_rng(seed)
    notes = int(cluster.max()) + 1
    block = max(1, _BLOCK_NUMBERS // len(cluster))
    for start in range(0, replicates, block):
        rows = min(block, replicates - start)
        drawn = generator.multinomial(notes, np.full(notes, 1 / notes), rows)
        yield drawn[:, cluster].astype(np.float64)
