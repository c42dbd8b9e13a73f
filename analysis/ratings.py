"""Ratings: who gave which system's rendering of which note which score.

They come from the app's ratings.csv or from any CSV file with a column map (analysis.column_map).
Only main trials are results; controls and practice stay in the table for screening.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.rows import MAIN, choose, only_kept, read_answers, read_screening, require
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
        return self.table[self.table["kind"] == MAIN].reset_index(drop=True)

    @property
    def controls(self) -> pd.DataFrame:
        """The rows of controls, numbered from 0."""
        return self.table[self.table["kind"] == "control"].reset_index(drop=True)


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
    wanted = choose(frame, "study", study, path) & choose_test(frame, test, path, wanted=study)
    frame, places = _only(frame, places, wanted)
    found = scale or _scale(frame, path)
    if found is not None:
        low, high = found
        fault = f"a score outside the scale, {low:g} to {high:g}; mend the cell"
        require(frame["score"].between(low, high), path, places, fault)
    _check_once(frame, path, places)
    if not (frame["kind"] == MAIN).any():
        raise SingError(f"{path}: no row of kind main; controls and practice are no results")
    return Ratings(path, frame, found)


def keep(ratings: Ratings, screening: Path) -> Ratings:
    """The ratings of those whom the screening table at this path keeps.

    Raises SingError when it does not fit its contract or these ratings, or keeps nobody.
    """
    table, rules = read_screening(screening)
    return replace(ratings, table=only_kept(ratings.table, table, str(screening)), rules=rules)


def choose_test(
    frame: pd.DataFrame, test: str | None, path: Path, wanted: str | None = None
) -> pd.Series:
    """Which rows are of the one test, looking only at the study that is wanted."""
    if wanted is None:
        return choose(frame, "test", test, path)
    inside = frame["study"] == wanted
    return choose(frame[inside], "test", test, path).reindex(frame.index, fill_value=False)


def _only(
    frame: pd.DataFrame, places: tuple[str, ...], wanted: pd.Series
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if wanted.all():
        return frame, places
    return frame[wanted].reset_index(drop=True), tuple(
        place for place, is_wanted in zip(places, wanted, strict=True) if is_wanted
    )


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


def _check_once(frame: pd.DataFrame, path: Path, places: tuple[str, ...]) -> None:
    """Repeats are told apart by session or position; without either, a rating stands once."""
    names = ["participant", "system", "note", "kind", "session", "position"]
    doubled = frame.duplicated([name for name in names if name in frame])
    if doubled.any():
        row = frame[doubled].iloc[0]
        what = f"{row['participant']}'s rating of {row['system']}, {row['note']}"
        fault = f"{what} stands there twice; remove one, or tell repeats apart by position"
        require(~doubled, path, places, fault)
