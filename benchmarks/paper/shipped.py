"""The run that the package ships as its demo model, beside the others of this plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from claims import SPECTRAL, Term
from contrast import contrast
from places import Finished

from sing import files
from sing.generate.selection import shipped_run

WEIGHTS = "model.safetensors"


def shipped_of(finished: Sequence[Finished]) -> Finished | None:
    """The run whose weights are the shipped ones, if it is among these."""
    weights = files.sha256(shipped_run() / WEIGHTS)
    same = (one for one in finished if files.sha256(one.run.folder / WEIGHTS) == weights)
    return next(same, None)


def rivals(
    table: pd.DataFrame, shipped: Finished, finished: Sequence[Finished]
) -> list[Mapping[str, object]]:
    """The other runs by their spectral loss on held-out notes, the smallest first.

    `lead` is how much smaller it is than that of the shipped run, from `low` to `high`, with the
    interval of `contrast`; `is_better` when that is above 0.
    """
    rows: list[Mapping[str, object]] = []
    for one in finished:
        pair = ((1.0, Term(shipped.system)), (-1.0, Term(one.system)))
        made = None if one is shipped else contrast(table, SPECTRAL, pair)
        if made is not None:
            rows.append(
                {"name": one.planned.name, "lead": made.value, "low": made.low, "high": made.high,
                 "is_better": made.low > 0}
            )  # fmt: skip
    return sorted(rows, key=lambda row: -float(str(row["lead"])))
