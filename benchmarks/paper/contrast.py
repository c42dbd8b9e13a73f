"""A contrast of mean scores with its interval for other instruments and other pitches.

Terms may share notes (two systems: a paired comparison) or not (trained and held-out pairs). In
either case the estimate's error is a sum of what each note contributes, and notes of one instrument
or of one pitch are clusters (eval_suite/two_way.py). A ratio's term is the logarithm of a mean,
whose error is that of the mean divided by it (the delta method).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from claims import Term

from eval_suite.intervals import cluster_numbers
from eval_suite.two_way import Estimate, two_way_sum
from sing.notes import Note

_KINDS = ("instrument", "pitch")


def mean_of(scores: pd.DataFrame, term: Term, metric: str) -> float:
    """The term's mean of a metric, over the notes that have a value; NaN if none has."""
    is_term = (scores["system"] == term.system) & (scores["split"] == term.part)
    return float(scores.loc[is_term, metric].mean())


def contrast(
    scores: pd.DataFrame,
    metric: str,
    terms: Sequence[tuple[float, Term]],
    is_ratio: bool = False,
) -> Estimate | None:
    """The sum of sign times mean of the terms; None when a term has no value.

    `scores` is a table of metrics. Of each part, the notes count for which all of its terms have a
    value. With `is_ratio` it is the sum of sign times log(mean / mean of silence): what is silent
    on one part may be loud on the other.
    """
    value, influences, shares = 0.0, [], []
    parts = list(dict.fromkeys(term.part for _, term in terms))
    for part in parts:
        signs = [(sign, term.system) for sign, term in terms if term.part == part]
        if is_ratio:
            signs.append((-sum(sign for sign, _ in signs), "silence"))
        names = list(dict.fromkeys(name for _, name in signs))
        rows = scores[(scores["split"] == part) & scores["system"].isin(names)]
        table = rows.pivot(index="note", columns="system", values=metric)
        if not set(names) <= set(table):
            return None
        table = table[names].dropna()
        if table.empty:
            return None
        influence = pd.Series(0.0, index=table.index)
        for sign, name in signs:
            mean = table[name].mean()
            value += sign * (math.log(mean) if is_ratio else mean)
            influence += sign * (table[name] - mean) / (len(table) * (mean if is_ratio else 1.0))
        influences.append(influence)
        shares.append(pd.Series(1 / (len(parts) * len(table)), index=table.index))
    return _two_way(value, pd.concat(influences), pd.concat(shares))


def _two_way(value: float, influences: pd.Series[float], shares: pd.Series[float]) -> Estimate:
    notes = [Note.parse(str(name)) for name in influences.index]
    return two_way_sum(
        value,
        np.asarray(influences, dtype=np.float64),
        np.asarray(shares, dtype=np.float64),
        cluster_numbers([note.instrument for note in notes]),
        cluster_numbers([note.pitch for note in notes]),
        _KINDS,
    )
