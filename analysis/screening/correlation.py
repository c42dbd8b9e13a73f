"""Each rater's correlation with the others, and what chance alone would make of it.

The statistic is Pearson's correlation of the rater's scores with the means of the other raters'
scores of the same stimuli. The null is that rater's own: their scores in random order over the
stimuli that they rated. Somebody who answers without listening gives scores whose order means
nothing, so they pass with a chance of at most `false_pass_rate`, whatever the number of stimuli,
of systems, and of answers that they like best. That is exact, not asymptotic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.screening.evidence import Cells, Evidence, Values, leave_one_out_means
from analysis.screening.finding import Finding, reasons
from analysis.screening.rules import PermutationRule

_BLOCK = 1 << 20  # permuted numbers held at once: 8 MB

_ROUNDING = 1e-9
"""Correlations that differ by less are the same one, summed in another order."""

FEWEST = 2
"""Stimuli without which no correlation is defined."""


def permutation(evidence: Evidence, rule: PermutationRule, seed: int) -> Finding:
    """Raters whose correlation with the others is not above their own permutation null."""
    correlation, quantile = permutation_test(evidence.cells, rule, seed)
    scored = np.bincount(evidence.cells.rater, minlength=evidence.cells.raters)

    def word(rater: int) -> str:
        if np.isnan(correlation[rater]):
            return undefined(evidence.cells, rater)
        return (
            f"correlation {correlation[rater]:.2f} with the others over {scored[rater]:,} stimuli, "
            f"not above {quantile[rater]:.2f} of random answers"
        )

    fails = ~(correlation > quantile)
    rate = false_pass_rate(rule)
    remark = (
        f"permutation: of raters who answer at random, {100 * rate:.1f} % pass "
        f"({rule.permutations:,} permutations, seed {seed})"
    )
    return Finding(reasons(fails, word), (remark,), correlation, quantile)


def false_pass_rate(rule: PermutationRule) -> float:
    """The largest chance with which a random rater passes, exactly: k / (permutations + 1)."""
    return _rank(rule) / (rule.permutations + 1)


def _rank(rule: PermutationRule) -> int:
    # A hair above the product, so that 0.05 * 1000 is not 49.999999.
    return int(np.floor(rule.false_pass_rate * (rule.permutations + 1) + 1e-9))


def undefined(cells: Cells, rater: int) -> str:
    """Why a rater's correlation is undefined."""
    own = cells.score[cells.rater == rater]
    if len(own) < FEWEST:
        return "correlation undefined: fewer than two stimuli rated"
    if np.ptp(own) == 0:
        return f"correlation undefined: all {len(own):,} scores equal"
    return "correlation undefined: too few others rated the same stimuli, or all alike"


def correlations(cells: Cells) -> Values:
    """Each rater's correlation with the means of the others, [raters]; NaN where undefined."""
    others = leave_one_out_means(cells)
    known = np.isfinite(others)
    own, means = _standardised(cells.rater[known], cells.raters, cells.score[known], others[known])
    rows = np.bincount(cells.rater[known], minlength=cells.raters)
    summed = np.bincount(cells.rater[known], own * means, cells.raters)
    return np.where(rows >= FEWEST, summed, np.nan)


def _standardised(rater: NDArray[np.int64], raters: int, *columns: Values) -> tuple[Values, ...]:
    """Columns [T] with each rater's mean taken off, divided by their norm; NaN for constants."""
    found = []
    count = np.maximum(np.bincount(rater, minlength=raters), 1)
    for values in columns:
        centred = values - (np.bincount(rater, values, raters) / count)[rater]
        norm = np.sqrt(np.bincount(rater, centred**2, raters))
        scale = np.sqrt(np.bincount(rater, values**2, raters))
        # Equal values leave rounding errors, which are no variance.
        norm[norm <= 1e-9 * scale] = np.nan
        with np.errstate(invalid="ignore"):
            found.append(centred / norm[rater])
    return tuple(found)


def permutation_test(cells: Cells, rule: PermutationRule, seed: int) -> tuple[Values, Values]:
    """Correlations and what they must exceed, [raters]; NaN where undefined.

    The threshold is the k-th largest of the permuted correlations, k = false_pass_rate *
    (permutations + 1): to be above it is a permutation test at that level. With few stimuli ties
    are frequent, and then the two are the same number.
    """
    others = leave_one_out_means(cells)
    known = np.isfinite(others)
    rater = cells.rater[known]
    own, means = _standardised(rater, cells.raters, cells.score[known], others[known])
    rows = np.bincount(rater, minlength=cells.raters)
    starts = np.cumsum(rows) - rows
    correlation = np.where(rows >= FEWEST, np.bincount(rater, own * means, cells.raters), np.nan)
    quantile = np.full(cells.raters, np.nan)
    for length in np.unique(rows[np.isfinite(correlation)]).tolist():
        alike = np.flatnonzero((rows == length) & np.isfinite(correlation))
        places = starts[alike][:, None] + np.arange(length)
        quantile[alike] = _thresholds(own[places], means[places], rule, seed)
    is_tied = np.abs(correlation - quantile) <= _ROUNDING
    quantile = np.where(is_tied, correlation, quantile)
    return np.clip(correlation, -1, 1), np.clip(quantile, -1, 1)


def _thresholds(own: Values, means: Values, rule: PermutationRule, seed: int) -> Values:
    """The k-th largest correlation of permuted scores, [raters], of scores [raters, n].

    Raters with as many stimuli share the random orders: each one's test is exact all the same.
    """
    raters, length = own.shape
    generator = np.random.default_rng([seed, length])
    null = np.empty((rule.permutations, raters))
    block = max(1, _BLOCK // length)
    for start in range(0, rule.permutations, block):
        rows = min(block, rule.permutations - start)
        orders = generator.permuted(np.tile(np.arange(length), (rows, 1)), axis=1)
        for rater in range(raters):
            null[start : start + rows, rater] = own[rater][orders] @ means[rater]
    place = rule.permutations - _rank(rule)
    return np.asarray(np.partition(null, place, axis=0)[place])
