"""Intraclass correlations: the share of the scores' variance that lies between stimuli.

Shrout and Fleiss (1979), "Intraclass correlations: uses in assessing rater reliability":

- ICC(1,1): each stimulus rated by other raters; their leniency is noise
- ICC(2,1): one rating of a random rater, leniency counted apart from noise
- ICC(2,k): the mean of k raters' ratings of a stimulus

With BMS, JMS, EMS and WMS the mean squares between stimuli, between raters, of the rest and within
stimuli, for n stimuli and k raters,

    ICC(2,1) = (BMS - EMS) / (BMS + (k - 1) EMS + k (JMS - EMS) / n)

and so on. Where ratings are missing, the same three sums of squares (total, within stimuli, within
raters) are set equal to what they are expected to be, which is the analysis of variance again for a
full table (Henderson's method 1; Searle, Casella and McCulloch 1992, chapter 5).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.rating_matrix import Rated

Values = NDArray[np.float64]

_TINY = 1e-12


class Intraclass:
    """The intraclass correlations of one set of ratings, of all stimuli or of draws of them."""

    def __init__(self, rated: Rated) -> None:
        score = rated.score - rated.score.mean()
        self._counts, self._sums = rated.table(np.ones_like(score)), rated.table(score)
        self._size = np.bincount(rated.stimulus, minlength=rated.stimuli).astype(np.float64)
        self._total = np.bincount(rated.stimulus, score, minlength=rated.stimuli)
        self._squares = np.bincount(rated.stimulus, score**2, minlength=rated.stimuli)

    def __call__(self, weights: Values) -> Values:
        """The three of draws in which stimuli count `weights` [B, stimuli] times, [B, 3]."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._of(weights)

    def _of(self, weights: Values) -> Values:
        size, total = self._size, self._total
        ratings, stimuli = weights @ size, weights.sum(axis=1)
        squares = weights @ self._squares
        of_stimuli = weights @ np.divide(total**2, size)
        of_mean = (weights @ total) ** 2 / ratings
        given, sums = weights @ self._counts, weights @ self._sums
        of_raters = np.where(given > 0, sums**2 / np.maximum(given, 1), 0).sum(axis=1)
        raters = (given > 0).sum(axis=1)
        within_stimuli = (squares - of_stimuli) / (ratings - stimuli)
        within_raters = (squares - of_raters) / (ratings - raters)
        pooled = (squares - of_mean) / (ratings - 1)
        # The expectations: Vw + Vu, Vs + Vu, and f Vs + g Vw + Vu.
        scale = ratings / (ratings - 1)
        f = scale * (1 - weights @ size**2 / ratings**2)
        g = scale * (1 - (given**2).sum(axis=1) / ratings**2)
        rest = (f * within_raters + g * within_stimuli - pooled) / (f + g - 1)
        between, leniency = within_raters - rest, within_stimuli - rest
        # One rating more is worth the harmonic mean of the stimuli's numbers of ratings.
        raters_each = stimuli / (weights @ np.divide(1.0, size))
        single_between = (pooled - within_stimuli) / f
        found = [
            single_between / (single_between + within_stimuli),
            between / (between + leniency + rest),
            between / (between + (leniency + rest) / raters_each),
        ]
        varies = (pooled > _TINY)[:, None]
        return np.where(varies, np.stack(found, axis=1), np.nan)
