"""Which columns of a metrics table are metrics, and which of them a person named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from eval_suite.contracts import METRICS
from sing.errors import SingError, suggestion


def metric_columns(metrics: pd.DataFrame) -> list[str]:
    """The metrics of a metrics table (contract METRICS), in its order."""
    return [name for name in map(str, metrics) if METRICS.column(name) is METRICS.others]


def named_metrics(
    names: Iterable[str], known: Sequence[str], where: Path | str, option: str = "--metric"
) -> list[str]:
    """The known metrics of these names, in their order, each once.

    `itakura_saito@1e-4` is the column `itakura_saito@0.0001`. Raises SingError, naming the
    `option` and the table, for a name that is not known.
    """
    found: dict[str, None] = {}
    for name in names:
        column = column_of(name, known)
        if column not in known:
            raise SingError(f"{option} {name}: not in {where}; {suggestion(name, known)}")
        found[column] = None
    return list(found)


def column_of(name: str, known: Sequence[str]) -> str:
    """The name, with its floor as columns have it unless a known one is called just so."""
    if name in known:
        return name
    metric, _, floor = name.partition("@")
    try:
        return f"{metric}@{float(floor):g}"
    except ValueError:
        return name
