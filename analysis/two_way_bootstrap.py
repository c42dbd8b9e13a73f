"""The two-way bootstrap: participants and notes are both drawn again, with replacement.

A rating counts as often as its participant was drawn times as often as its note was (the pigeonhole
bootstrap of Owen 2007). All columns (systems) see the same draws, so that their differences can be
taken replicate by replicate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.cell_sums import Table, cell_sums
from eval_suite.intervals import CONFIDENCE, RESAMPLES

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]

_BLOCK_NUMBERS = 1 << 21  # numbers of a block of weights: 16 MB


def replicate_means(
    values: Values,
    participant: Numbers,
    note: Numbers,
    column: Numbers,
    seed: int,
    replicates: int = RESAMPLES,
) -> Values:
    """The mean of each column in each replicate, [replicates, columns].

    The ratings `values` [T] have a participant, a note and a column (a system), numbers from 0,
    [T]. NaN where a replicate drew no rating of a column.
    """
    shape = (int(participant.max()) + 1, int(note.max()) + 1)
    columns = int(column.max()) + 1
    centre = float(values.mean())
    tables = [
        cell_sums(weights[column == one], participant[column == one], note[column == one], shape)
        for one in range(columns)
        for weights in (values - centre, np.ones(len(values)))
    ]
    means = np.empty((replicates, columns))
    done = 0
    for participants, notes in _weights(shape, seed, replicates):
        rows = slice(done, done + len(notes))
        for one in range(columns):
            total, count = (
                np.einsum("bm,bm->b", _product(participants, table), notes)
                for table in tables[2 * one : 2 * one + 2]
            )
            with np.errstate(invalid="ignore", divide="ignore"):
                means[rows, one] = centre + total / count
        done += len(notes)
    return means


def _product(weights: Values, table: Table) -> Values:
    return np.asarray(weights @ table)


def _weights(shape: tuple[int, int], seed: int, replicates: int) -> Iterator[tuple[Values, Values]]:
    """How often each participant [B, N] and each note [B, M] is drawn, in blocks of replicates."""
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK_NUMBERS // sum(shape))
    for start in range(0, replicates, block):
        rows = min(block, replicates - start)
        yield tuple(  # type: ignore[misc]
            generator.multinomial(count, np.full(count, 1 / count), rows).astype(np.float64)
            for count in shape
        )


def expanded_tail(clusters: int) -> float:
    """The share of replicates below the lower end of a 95 % interval.

    Percentiles of a bootstrap are too narrow for few clusters, as a normal interval without t and
    with a population variance is. Hesterberg (2015, "What teachers should know about the
    bootstrap") takes the tail Phi(-t * sqrt(n / (n - 1))) instead of 0.025.
    """
    quantile = float(special.stdtrit(clusters - 1, (1 + CONFIDENCE) / 2))
    return float(special.ndtr(-quantile * math.sqrt(clusters / (clusters - 1))))


def half_widths(means: Values, clusters: int) -> Values:
    """Half the distance of the expanded percentiles of replicate means [replicates, K], [K]."""
    tail = expanded_tail(clusters)
    low, high = np.nanquantile(means, (tail, 1 - tail), axis=0)
    return np.asarray((high - low) / 2)
