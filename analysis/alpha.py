"""Krippendorff's alpha: agreement beyond chance, for any number of raters and missing ratings.

Krippendorff (2011), "Computing Krippendorff's alpha-reliability". alpha = 1 - observed / expected
disagreement. For ordinal scores the disagreement of c and k is

    (sum of n_g from g = c to k - (n_c + n_k) / 2)^2,

with n_g how often g was given: the squared difference of the midranks of c and k. So ordinal alpha
is interval alpha of midranks, and sums of squares replace the table of coincidences.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.rating_matrix import Rated

Values = NDArray[np.float64]


class OrdinalAlpha:
    """Ordinal alpha of one set of ratings, of all stimuli or of draws of them."""

    def __init__(self, rated: Rated) -> None:
        values, level = np.unique(rated.score, return_inverse=True)
        self._counts = np.zeros((rated.stimuli, len(values)))
        np.add.at(self._counts, (rated.stimulus, level), 1.0)
        sizes = self._counts.sum(axis=1)
        # A stimulus with one rating has nothing to agree with, and is no part of the marginals.
        self._counts[sizes < 2] = 0.0
        self._size = np.where(sizes < 2, 0.0, sizes)

    def __call__(self, weights: Values) -> Values:
        """Alpha of draws in which stimuli count `weights` [B, stimuli] times, [B]."""
        given = weights @ self._counts
        total = given.sum(axis=1)
        midranks = np.cumsum(given, axis=1) - given / 2
        share = np.divide(1.0, self._size - 1, where=self._size > 1, out=np.zeros_like(self._size))
        # Within a stimulus, the sum over ordered pairs of squared differences is
        # 2 (m sum r^2 - (sum r)^2), and each pair weighs 1 / (m - 1).
        squares = ((weights * (share * self._size)) @ self._counts * midranks**2).sum(axis=1)
        sums = np.square(midranks @ self._counts.T)
        observed = squares - (weights * share * sums).sum(axis=1)
        expected = total * (given * midranks**2).sum(axis=1) - np.square(
            (given * midranks).sum(axis=1)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = (total - 1) * observed / expected
        return np.where(expected > 1e-9 * np.maximum(total, 1), 1 - ratio, np.nan)
