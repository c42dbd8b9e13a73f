"""Ratings: who gave which system's rendering of which note which score.

They come from the app's ratings.csv or from any CSV file with a column map (analysis.column_map).
Only main trials are results; controls and practice stay in the table for screening.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.rows import MAIN, kept_by, of_kind, one_test, read_answers, require, require_once
from eval_suite.study_contracts import RATINGS
from sing.errors import SingError


@dataclass(frozen=True)
class Ratings:
    """The rows of one study and one test, of every kind, under the contract's names.

    At least participant, system, note, score and kind are there. `scale` is the lowest and the
    highest score if the table or the caller says so; `rules` is what screened the table, or none.
    """

    path: Path
    table: pd.DataFrame
    scale: tuple[float, float] | None = None
    rules: str = "none"

    @property
    def main(self) -> pd.DataFrame:
        """The rows that are results, numbered from 0."""
        return of_kind(self.table, MAIN)

    @property
    def controls(self) -> pd.DataFrame:
        """The rows of controls, numbered from 0."""
        return of_kind(self.table, "control")


def read_ratings(
    path: Path,
    columns: Mapping[str, str] | None = None,
    *,
    study: str | None = None,
    test: str | None = None,
    scale: tuple[float, float] | None = None,
) -> Ratings:
    """Read and check ratings. `columns` maps our names to theirs.

    Raises SingError for a table that does not fit the contract, for one without a main row, for
    several studies or tests of which none is named, for several scales, for a score outside the
    scale, and for one rating that stands there twice.
    """
    frame, places = read_answers(path, RATINGS, columns)
    frame, places = one_test(frame, places, study, test, path)
    found = scale or _scale(frame, path)
    if found is not None:
        low, high = found
        is_inside = frame["score"].between(low, high)
        first = frame["score"][~is_inside].head(1).map("{:g}".format).sum()
        fault = f"score {first} is outside the scale, {low:g} to {high:g}; mend the cell"
        require(is_inside, path, places, fault)
    what = "{participant}'s rating of {system}, {note}"
    require_once(frame, ("participant", "system", "note"), path, places, what)
    return Ratings(path, frame, found)


def keep(ratings: Ratings, screening: Path) -> Ratings:
    """The ratings of those whom the screening table at this path keeps.

    Raises SingError when it does not fit its contract or these ratings, or keeps nobody.
    """
    table, rules = kept_by(screening, ratings.table)
    return replace(ratings, table=table, rules=rules)


def _scale(frame: pd.DataFrame, path: Path) -> tuple[float, float] | None:
    """The scale that the table states, if it does."""
    if not {"scale_min", "scale_max"} <= {*frame}:
        return None
    scales = frame[["scale_min", "scale_max"]].dropna().drop_duplicates()
    if len(scales) > 1:
        listed = "; ".join(f"{low:g} to {high:g}" for low, high in scales.to_numpy())
        raise SingError(f"{path}: several scales ({listed}); analyse one test at a time")
    if scales.empty:
        return None
    low, high = map(float, scales.to_numpy()[0])
    if low >= high:
        raise SingError(f"{path}: a scale from {low:g} to {high:g}; mend scale_min and scale_max")
    return low, high
