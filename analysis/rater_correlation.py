"""Whether a rater's scores go up and down with those of the others, stimulus by stimulus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.rating_matrix import Rated
from eval_suite.intervals import numbered

Values = NDArray[np.float64]

_TINY = 1e-12


class LeaveOneOut:
    """Each rater's Pearson correlation with the mean of the other raters of the same stimuli."""

    def __init__(self, rated: Rated) -> None:
        size = np.bincount(rated.stimulus, minlength=rated.stimuli).astype(np.float64)
        score = rated.score - rated.score.mean()
        total = np.bincount(rated.stimulus, score, minlength=rated.stimuli)
        # A rater may have scored a stimulus more than once; all of these are left out together.
        cell = rated.stimulus * rated.participants + rated.participant
        numbers = numbered(cell)
        own_count, own_sum = np.bincount(numbers)[numbers], np.bincount(numbers, score)[numbers]
        others = size[rated.stimulus] - own_count
        has_others = others > 0
        mean = np.divide(total[rated.stimulus] - own_sum, others, where=has_others,
                         out=np.zeros_like(score))  # fmt: skip
        ones = has_others.astype(np.float64)
        score = score * ones
        kinds = (ones, score, mean, score**2, mean**2, score * mean)
        self._tables = [rated.table(kind) for kind in kinds]

    def __call__(self, weights: Values) -> Values:
        """The mean over raters in draws where stimuli count `weights` [B, stimuli] times, [B]."""
        found = self._of(weights)
        defined = np.isfinite(found)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(defined, found, 0).sum(axis=1) / defined.sum(axis=1))

    def _of(self, weights: Values) -> Values:
        count, own, others, own_square, others_square, product = (
            np.asarray(weights @ table) for table in self._tables
        )
        own_spread = own_square * count - own**2
        others_spread = others_square * count - others**2
        varies = (own_spread > _TINY * count**2) & (others_spread > _TINY * count**2) & (count > 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (product * count - own * others) / np.sqrt(own_spread * others_spread)
        return np.where(varies, found, np.nan)
