"""A folder of results: the tables that the study's stages wrote, as far as they are there.

results/  metrics.csv speed.csv mos.csv abx.csv      numbers
          ratings.csv choices.csv sessions.csv       what people did, and screening.csv of whom
          *history.csv                               training curves of runs
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import choices as choice_tables
from analysis import ratings as rating_tables
from analysis.dialect import read_cells
from eval_suite.contracts import METRICS, SPEED, Contract
from eval_suite.study_contracts import ABX, MOS, SCREENING, SESSIONS
from eval_suite.tables import read_table
from sing import files
from sing.errors import SingError

TABLES = {"metrics": METRICS, "speed": SPEED, "mos": MOS, "abx": ABX}
"""The tables from which the paper's tables are made."""

INPUTS = ("metrics.csv", "speed.csv", "ratings.csv", "choices.csv", "sessions.csv", "answers.csv")
"""What is measured or collected, and cannot be computed from anything else in the folder."""

SYNTHETIC = "(synthetic)"
"""Stands in the name of a study whose raters are simulated."""

_HISTORY = ("phase", "epoch", "train_spectral_loss", "test_spectral_loss")


@dataclass(frozen=True)
class Results:
    """A folder of results. Every table is read and checked when it is first asked for."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where the file of this name is, if it is there."""
        return self.folder / name

    def table(self, name: str) -> pd.DataFrame | None:
        """One of TABLES by its name; None when the folder has none, or an empty one."""
        return self._read(f"{name}.csv", TABLES[name])

    @cached_property
    def screening(self) -> pd.DataFrame | None:
        """Who is kept, and why others are not."""
        return self._read("screening.csv", SCREENING)

    @cached_property
    def sessions(self) -> pd.DataFrame | None:
        """Who took part, and how it ended."""
        return self._read("sessions.csv", SESSIONS)

    def _read(self, name: str, contract: Contract) -> pd.DataFrame | None:
        path = self.path(name)
        if not path.exists():
            return None
        frame = read_table(path, contract)
        return None if frame.empty else frame

    @cached_property
    def ratings(self) -> rating_tables.Ratings | None:
        """The ratings, of kept participants if the folder has a screening table."""
        if not self.path("ratings.csv").exists():
            return None
        found = rating_tables.read_ratings(self.path("ratings.csv"))
        screening = self.path("screening.csv")
        return rating_tables.keep(found, screening) if screening.exists() else found

    @cached_property
    def choices(self) -> choice_tables.Choices | None:
        """The choices of two alternatives."""
        path = self.path("choices.csv")
        return choice_tables.read_choices(path) if path.exists() else None

    @cached_property
    def histories(self) -> dict[str, pd.DataFrame]:
        """Training curves by the run's name: `sing.history.csv` or `sing/history.csv` is sing's."""
        found = {}
        for path in sorted({*self.folder.glob("*history.csv"), *self.folder.glob("*/history.csv")}):
            rows = files.read_csv(path, _HISTORY)
            beside = path.name.removesuffix("history.csv").rstrip(".-_")
            name = beside or (path.parent.name if path.parent != self.folder else "run")
            if rows:
                found[name] = _numbers(path, pd.DataFrame(rows))
        return found

    @cached_property
    def studies(self) -> tuple[str, ...]:
        """The names of the studies whose answers are in the folder."""
        names: set[str] = set()
        for name in ("ratings.csv", "choices.csv", "sessions.csv"):
            if self.path(name).exists():
                frame = read_cells(self.path(name)).frame
                names |= set(frame["study"].dropna()) if "study" in frame else set()
        return tuple(sorted(names - {""}))

    @property
    def is_synthetic(self) -> bool:
        """Whether any study's raters are simulated, by the study's name."""
        named = any(SYNTHETIC in name for name in self.studies)
        return named or any(self._recorded())

    def _recorded(self) -> Iterator[bool]:
        """Whether the records beside the tables say so, where the answers stay elsewhere."""
        for path in sorted(self.folder.glob("*provenance.json")):
            record = files.read_json(path)
            if isinstance(record, dict):
                yield record.get("is_synthetic") is True
                yield SYNTHETIC in str(record.get("study"))


def open_results(folder: Path) -> Results:
    """The results in a folder. Raises SingError when there is none of the tables in it."""
    if not folder.is_dir():
        raise SingError(f"{folder}: there is no such folder; name the one that holds metrics.csv")
    names = {*INPUTS, *(f"{name}.csv" for name in TABLES)}
    if not any((folder / name).is_file() for name in names):
        raise SingError(
            f"{folder}: none of {', '.join(sorted(names))} is in it; write them with sing-eval "
            "metrics, sing speed and sing-eval analyze"
        )
    return Results(folder)


def _numbers(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """The history with numbers as floats; empty cells are NaN."""
    typed = frame.copy()
    for name in frame.columns.drop("phase"):
        values = pd.to_numeric(frame[name].where(frame[name] != ""), errors="coerce")
        wrong = values.isna() & (frame[name] != "")
        if wrong.any():
            line = int(wrong.to_numpy().argmax()) + 2
            raise SingError(f"{path}: line {line}: {name} is not a number; mend the cell")
        typed[name] = values.astype(float)
    return typed
