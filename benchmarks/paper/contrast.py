"""A contrast of mean scores with its interval for other instruments and other pitches.

Terms may share notes (two systems: a paired comparison) or not (trained and held-out pairs). In
either case the estimate's error is a sum of what each note contributes, and notes of one instrument
or of one pitch are clusters (eval_suite/two_way.py). A relative term is a ratio of means, whose
error is linear in both (the delta method).
"""

from __future__ import annotations

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
    is_relative: bool = False,
) -> Estimate | None:
    """The sum of sign times mean of the terms; None when a term has no value.

    `scores` is a table of metrics. Of each part, the notes count for which all of its terms have a
    value. With `is_relative` each mean is divided by that of silence.
    """
    value, influences, shares = 0.0, [], []
    parts = list(dict.fromkeys(term.part for _, term in terms))
    for part in parts:
        of_part = [(sign, term.system) for sign, term in terms if term.part == part]
        names = list(dict.fromkeys([*(name for _, name in of_part), *["silence"] * is_relative]))
        rows = scores[(scores["split"] == part) & scores["system"].isin(names)]
        table = rows.pivot(index="note", columns="system", values=metric)
        if not set(names) <= set(table):
            return None
        table = table[names].dropna()
        if table.empty:
            return None
        scale = table["silence"] if is_relative else pd.Series(1.0, index=table.index)
        influence = pd.Series(0.0, index=table.index)
        for sign, name in of_part:
            ratio = table[name].mean() / scale.mean()
            value += sign * ratio
            influence += sign * (table[name] - ratio * scale) / (len(table) * scale.mean())
        influences.append(influence)
        shares.append(pd.Series(1 / (len(parts) * len(table)), index=table.index))
    errors = pd.concat(influences)
    notes = [Note.parse(str(name)) for name in errors.index]
    return two_way_sum(
        float(value),
        np.asarray(errors, dtype=np.float64),
        np.asarray(pd.concat(shares), dtype=np.float64),
        cluster_numbers([note.instrument for note in notes]),
        cluster_numbers([note.pitch for note in notes]),
        _KINDS,
    )
