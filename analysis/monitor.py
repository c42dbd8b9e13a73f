"""Whether a study may stop: an interval that holds at every look, and what it says.

Looking again and again at an ordinary 95 % interval until it excludes 0 finds a difference where
there is none far more often than 5 % of the time. The intervals here hold all at once
(`analysis.confidence_sequence`), so one may look after each rater and stop for any reason.

What they assume: raters come in an order that has nothing to do with their answers, and each
rater's mean has the same expectation. Where the answers show that it has not, the table says so.
They hold for other raters and the notes of this study: the rater, not the rating, is the unit, and
the notes stay the same. For other notes too, see `analyze mos`, `abx` or `compare` at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.confidence_sequence import confidence_sequence
from analysis.contracts_monitor import MONITOR
from analysis.rater_values import RaterValues
from sing.errors import SingError


@dataclass(frozen=True)
class StoppingRule:
    """When to stop: at the latest with `budget` raters.

    Before that, when the interval excludes no difference, when it is within `half_width` of its
    middle, or when it lies within `margin` of no difference. What is None does not stop.
    """

    budget: int
    half_width: float | None = None
    margin: float | None = None

    def __post_init__(self) -> None:
        if self.budget < 1:
            raise SingError(f"--budget {self.budget}: must be at least 1 rater")
        for option, value in (("--half-width", self.half_width), ("--margin", self.margin)):
            if value is not None and not 0 < value < math.inf:
                raise SingError(f"{option} {value:g}: must be above 0, and finite")


GO_ON = "go on"
BROKEN = "stop: raters changed with time: the test's assumption is broken"
"""What there is to say once no mean fits all raters in their order, and so no interval holds."""


def monitor(raters: RaterValues, rule: StoppingRule, where: str = "answers") -> pd.DataFrame:
    """The table of looks (contract MONITOR), one after each rater that finished.

    Raises SingError when nobody has finished yet.
    """
    if not len(raters.values):
        raise SingError(
            f"{where}: nobody has finished {raters.trials_each:,} trials; look again later, or "
            "pass --trials"
        )
    reach = raters.high - raters.low
    # Clipped, since means of scores at an end of the scale round a little beyond it.
    scaled = np.clip((raters.values - raters.low) / reach, 0, 1)
    found = confidence_sequence(scaled, rule.budget)
    estimate, low, high = (
        raters.low + reach * part for part in (found.mean, found.low, found.high)
    )
    verdicts = [
        verdict(count, float(ends[0]), float(ends[1]), rule, raters.null)
        for count, ends in enumerate(zip(low, high, strict=True), start=1)
    ]
    looks = [f"{count:06d}" for count in range(1, len(verdicts) + 1)]
    data = dict(
        zip(
            (column.name for column in MONITOR.columns),
            (looks, raters.participants, raters.values, estimate, low, high, verdicts),
            strict=True,
        )
    )
    return pd.DataFrame(data)


def verdict(count: int, low: float, high: float, rule: StoppingRule, null: float | None) -> str:
    """What the interval after `count` raters says: `go on`, or `stop: ` and the reason.

    NaN ends are those of no interval.
    """
    if math.isnan(low) or math.isnan(high):
        return BROKEN
    if null is not None and low > null:
        return "stop: the first is higher"
    if null is not None and high < null:
        return "stop: the second is higher"
    margin = rule.margin
    if null is not None and margin is not None and null - margin < low <= high < null + margin:
        return "stop: equivalent"
    if rule.half_width is not None and (high - low) / 2 <= rule.half_width:
        return "stop: narrow enough"
    return "stop: the budget is spent" if count >= rule.budget else GO_ON
