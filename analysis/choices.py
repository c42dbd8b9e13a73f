"""Choices between two systems: preference, ABX, AB and comparison tests.

They come from the app's choices.csv or from any CSV file with a column map (analysis.column_map).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.rows import MAIN, kept_by, of_kind, one_test, read_answers, require, require_once
from eval_suite.study_contracts import CHOICES

GRADED = "cmos"
"""The test whose result is a score, not a choice."""


@dataclass(frozen=True)
class Choices:
    """The rows of one study and one test, of every kind, under the contract's names.

    At least participant, note, a, b, choice and kind are there.
    """

    path: Path
    table: pd.DataFrame
    rules: str = "none"

    @property
    def main(self) -> pd.DataFrame:
        """The rows that are results, numbered from 0."""
        return of_kind(self.table, MAIN)

    @property
    def controls(self) -> pd.DataFrame:
        """The rows of controls, numbered from 0."""
        return of_kind(self.table, "control")


def read_choices(
    path: Path,
    columns: Mapping[str, str] | None = None,
    *,
    study: str | None = None,
    test: str | None = None,
) -> Choices:
    """Read and check choices. `columns` maps our names to theirs.

    A choice that says a or b, large or small, is the system in that place.
    Raises SingError as `analysis.ratings.read_ratings` does, for a choice of a system that was not
    heard, and for a system compared with itself.
    """
    frame, places = read_answers(path, CHOICES, columns)
    frame, places = one_test(frame, places, study, test, path)
    frame = frame.assign(choice=_by_place(frame))
    is_graded = frame["test"] == GRADED if "test" in frame else pd.Series(False, index=frame.index)
    is_heard = (frame["choice"] == frame["a"]) | (frame["choice"] == frame["b"]) | is_graded
    require(is_heard, path, places, "the choice is neither a nor b; mend the cell")
    differs = (frame["a"] != frame["b"]) | (frame["kind"] != MAIN)
    require(differs, path, places, "a and b are the same system; mend the line")
    what = "{participant}'s choice of {a} or {b}, {note}"
    require_once(frame, ("participant", "note", "a", "b", "reference"), path, places, what)
    return Choices(path, frame)


def keep(choices: Choices, screening: Path) -> Choices:
    """The choices of those whom the screening table at this path keeps."""
    table, rules = kept_by(screening, choices.table)
    return replace(choices, table=table, rules=rules)


def _by_place(frame: pd.DataFrame) -> pd.Series:
    """The chosen systems' names where the cell says a or b and no system is called so."""
    is_name = (frame["choice"] == frame["a"]) | (frame["choice"] == frame["b"])
    letter = frame["choice"].str.strip().str.lower().where(~is_name, "")
    return frame["choice"].mask(letter == "a", frame["a"]).mask(letter == "b", frame["b"])
