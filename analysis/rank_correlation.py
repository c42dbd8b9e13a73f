"""Pearson's, Spearman's and Kendall's correlation of one sample and of many draws of it at once.

In a draw, value i counts weights[i] times. Spearman's is Pearson's of the draw's own midranks,
Kendall's is tau-b (ties count for neither side).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eval_suite.intervals import numbered

Values = NDArray[np.float64]

_TINY = 1e-12
_BLOCK = 1 << 20  # pairs compared at once: 8 MB for each of five arrays


def pearson(first: Values, second: Values, weights: Values) -> Values:
    """Pearson's correlation of [N] and [N], or of [B, N] and [B, N], in draws [B, N]; [B].

    NaN for a draw in which one of them does not vary.
    """
    total = weights.sum(axis=1, keepdims=True)
    first, second = (
        values - (weights * values).sum(axis=1, keepdims=True) / total for values in (first, second)
    )
    spreads = [(weights * values**2).sum(axis=1) for values in (first, second)]
    product = (weights * first * second).sum(axis=1)
    scale = [np.square(values).max(initial=0.0) for values in (first, second)]
    varies = (spreads[0] > _TINY * scale[0]) & (spreads[1] > _TINY * scale[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varies, product / np.sqrt(spreads[0] * spreads[1]), np.nan)


def spearman(first: Values, second: Values, weights: Values) -> Values:
    """Spearman's correlation of [N] and [N] in draws [B, N]; [B]. NaN as above."""
    return pearson(midranks(first, weights), midranks(second, weights), weights)


def midranks(values: Values, weights: Values) -> Values:
    """The midrank of each value in each draw, [B, N]: how many are less, and half of its equals."""
    level = numbered(values)
    members = np.zeros((len(values), int(level.max()) + 1))
    members[np.arange(len(values)), level] = 1.0
    given = weights @ members
    return np.asarray((np.cumsum(given, axis=1) - given / 2)[:, level])


def kendall(first: Values, second: Values, weights: Values) -> Values:
    """Kendall's tau-b of [N] and [N] in draws [B, N]; [B]. NaN where all are ties."""
    sums = np.zeros((3, len(weights)))
    block = max(1, _BLOCK // len(first))
    for start in range(0, len(first), block):
        rows = slice(start, start + block)
        signs = [np.sign(values[rows, None] - values) for values in (first, second)]
        kinds = (signs[0] * signs[1], np.abs(signs[0]), np.abs(signs[1]))
        sums += [((weights @ kind.T) * weights[:, rows]).sum(axis=1) for kind in kinds]
    agree, of_first, of_second = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        varies = (of_first > 0) & (of_second > 0)
        return np.where(varies, agree / np.sqrt(of_first * of_second), np.nan)
