"""Rules on a rater's own scores: hardly varying, far from everybody's, far on both sides.

`variance` and `outliers` follow ITU-T P.808, `kurtosis` is the post-screening of ITU-R BT.500-14
(Part 1, Annex 1, A1-2.3.1). P.808 removes scores; as screening marks raters, one with too many such
scores is marked (docs/decisions/0012-screening.md).
"""

from __future__ import annotations

import math

import numpy as np

from analysis.screening.controls import stretch
from analysis.screening.evidence import Cells, Evidence, Values
from analysis.screening.finding import Finding, reasons
from analysis.screening.rules import KurtosisRule, OutliersRule, VarianceRule

NORMAL_KURTOSIS = (2.0, 4.0)
"""Between these BT.500 takes the scores of a stimulus for normal."""


def variance(evidence: Evidence, rule: VarianceRule) -> Finding:
    """Raters whose scores vary less than `smallest` (of a five-point scale, n - 1)."""
    cells = evidence.cells
    count = np.bincount(cells.rater, minlength=cells.raters)
    mean = np.bincount(cells.rater, cells.score, cells.raters) / np.maximum(count, 1)
    squares = np.bincount(cells.rater, (cells.score - mean[cells.rater]) ** 2, cells.raters)
    found = squares / np.maximum(count - 1, 1) / stretch(evidence) ** 2

    def word(rater: int) -> str:
        if count[rater] < 2:
            return "variance undefined: fewer than two stimuli rated"
        return f"variance of scores {found[rater]:.2f}, expected at least {rule.smallest:g}"

    return Finding(reasons((count < 2) | (found < rule.smallest), word))


def outliers(evidence: Evidence, rule: OutliersRule) -> Finding:
    """Raters with more than `largest_share` of scores `z` standard deviations from the mean."""
    cells = evidence.cells
    mean, deviation = _moments(cells)[:2]
    distance = np.abs(cells.score - mean[cells.stimulus])
    is_far = (distance >= rule.z * deviation[cells.stimulus]) & (deviation[cells.stimulus] > 0)
    count = np.maximum(np.bincount(cells.rater, minlength=cells.raters), 1)
    share = np.bincount(cells.rater, is_far, cells.raters) / count

    def word(rater: int) -> str:
        return (
            f"{100 * share[rater]:.0f} % of scores at least {rule.z:g} standard deviations from "
            f"their stimulus's mean, expected at most {100 * rule.largest_share:.0f} %"
        )

    return Finding(reasons(share > rule.largest_share, word))


def kurtosis(evidence: Evidence, rule: KurtosisRule) -> Finding:
    """Raters often far above and often far below the mean (BT.500-14).

    Far is 2 standard deviations for a stimulus whose kurtosis is from 2 to 4, else sqrt(20). A
    rater far on one side only is biased, which does not harm comparisons, and stays.
    """
    cells = evidence.cells
    mean, deviation, shape = _moments(cells)
    low, high = NORMAL_KURTOSIS
    limit = np.where((shape >= low) & (shape <= high), 2.0, math.sqrt(20)) * deviation
    # Where all agree the limit is 0 and everybody would be far from the mean, on both sides.
    can_be_far = (deviation > 0)[cells.stimulus]
    from_mean = cells.score - mean[cells.stimulus]
    above = can_be_far & (from_mean >= limit[cells.stimulus])
    below = can_be_far & (from_mean <= -limit[cells.stimulus])
    count = np.maximum(np.bincount(cells.rater, minlength=cells.raters), 1)
    ups, downs = (np.bincount(cells.rater, side, cells.raters) for side in (above, below))
    share = (ups + downs) / count
    imbalance = np.abs(ups - downs) / np.maximum(ups + downs, 1)

    def word(rater: int) -> str:
        return (
            f"{100 * share[rater]:.0f} % of scores far from their stimulus's mean, expected at "
            f"most {100 * rule.largest_share:.0f} %, on both sides (imbalance "
            f"{imbalance[rater]:.2f})"
        )

    fails = (share > rule.largest_share) & (imbalance < rule.largest_imbalance)
    return Finding(reasons(fails, word))


def _moments(cells: Cells) -> tuple[Values, Values, Values]:
    """Each stimulus's mean, standard deviation (n - 1) and kurtosis (m4 / m2^2), [stimuli]."""
    count = np.bincount(cells.stimulus, minlength=cells.stimuli)
    mean = np.bincount(cells.stimulus, cells.score, cells.stimuli) / count
    deviation = cells.score - mean[cells.stimulus]
    second, fourth = (
        np.bincount(cells.stimulus, deviation**power, cells.stimuli) / count for power in (2, 4)
    )
    second[second < 1e-18 * np.maximum(mean**2, 1)] = 0
    with np.errstate(invalid="ignore", divide="ignore"):
        return mean, np.sqrt(second * count / np.maximum(count - 1, 1)), fourth / second**2
