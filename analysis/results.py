"""A folder of results: the tables that the study's stages wrote, as far as they are there.

results/  metrics.csv breakdown.csv speed.csv        numbers of sounds
          mos.csv abx.csv                            numbers of listeners
          interval-coverage.csv                      numbers of the intervals themselves
          ratings.csv choices.csv sessions.csv       what people did, and their screening
          *history.csv                               training curves of runs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import choices as choice_tables
from analysis import ratings as rating_tables
from analysis.contracts_coverage import COVERAGE
from analysis.dialect import read_cells
from analysis.reading import Reading
from eval_suite.contracts import BREAKDOWN, METRICS, SPEED, Contract
from eval_suite.metric_columns import metric_columns
from eval_suite.score_table import require_means
from eval_suite.study_contracts import ABX, MOS, SCREENING, SESSIONS
from eval_suite.tables import read_table
from sing import files
from sing.errors import SingError

TABLES = {
    "metrics": METRICS,
    "breakdown": BREAKDOWN,
    "speed": SPEED,
    "mos": MOS,
    "abx": ABX,
    "interval-coverage": COVERAGE,
}
"""The tables from which those of a paper and its figures are made."""

CHOICES_SESSIONS = "choices-sessions.csv"
"""The sessions of those who chose between systems, where sessions.csv is of those who rated."""

INPUTS = (
    *("metrics.csv", "breakdown.csv", "speed.csv"),
    *("ratings.csv", "choices.csv", "sessions.csv", CHOICES_SESSIONS, "answers.csv"),
)
"""What is measured or collected, and is not computed from what people answered."""

CHOICES_SCREENING = "choices-screening.csv"
"""Who of those who chose between systems is kept, as screening.csv says it of who rated."""

SYNTHETIC = "(synthetic)"
"""Stands in the name of a study whose raters are simulated."""

_HISTORY = ("phase", "epoch", "train_spectral_loss", "test_spectral_loss")


@dataclass(frozen=True)
class Results:
    """A folder of results. Every table is read and checked when it is first asked for.

    `elsewhere` says where one of TABLES is, if it is not in the folder; `reading` how the answers
    are read.
    """

    folder: Path
    elsewhere: Mapping[str, Path] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    _tables: dict[str, pd.DataFrame | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def path(self, name: str) -> Path:
        """Where the file of this name is, if it is there."""
        return self.folder / name

    def table(self, name: str) -> pd.DataFrame | None:
        """One of TABLES by its name; None when the folder has none, or an empty one."""
        if name not in self._tables:
            if name == "abx":
                _require_preferences(self.table_path(name))
            self._tables[name] = self._read(self.table_path(name), TABLES[name])
        return self._tables[name]

    def table_path(self, name: str) -> Path:
        """Where one of TABLES is, if it is there."""
        return self.elsewhere.get(name, self.folder / f"{name}.csv")

    @cached_property
    def screening(self) -> pd.DataFrame | None:
        """Who is kept, and why others are not."""
        return self._read(self.path("screening.csv"), SCREENING)

    @cached_property
    def choices_screening(self) -> pd.DataFrame | None:
        """Who of those who chose between systems is kept."""
        return self._read(self.path(CHOICES_SCREENING), SCREENING)

    @cached_property
    def sessions(self) -> pd.DataFrame | None:
        """Who took part, and how it ended."""
        return self._sessions("sessions.csv")

    @cached_property
    def choices_sessions(self) -> pd.DataFrame | None:
        """Who took part in a study of choices that has sessions of its own."""
        return self._sessions(CHOICES_SESSIONS)

    def _sessions(self, name: str) -> pd.DataFrame | None:
        table = self._read(self.path(name), SESSIONS)
        if table is None or self.reading.study is None:
            return table
        own = table[table["study"] == self.reading.study]
        return None if own.empty else own

    def _read(self, path: Path, contract: Contract) -> pd.DataFrame | None:
        if not path.exists() and path not in self.elsewhere.values():
            return None
        frame = read_table(path, contract)
        if contract is METRICS:
            require_means(path, frame, metric_columns(frame))
        return None if frame.empty else frame

    @cached_property
    def all_ratings(self) -> rating_tables.Ratings | None:
        """The ratings of everyone."""
        source = self.reading.source(self.path("ratings.csv"))
        return None if source is None else source.ratings()

    @cached_property
    def ratings(self) -> rating_tables.Ratings | None:
        """The ratings, of kept participants if the folder has a screening table."""
        found, screening = self.all_ratings, self.path("screening.csv")
        if found is None or not screening.exists():
            return found
        return rating_tables.keep(found, screening)

    @cached_property
    def choices(self) -> choice_tables.Choices | None:
        """The choices of two alternatives, of kept participants if these were screened."""
        screening = self.path(CHOICES_SCREENING)
        kept = screening if screening.exists() else None
        source = self.reading.source(self.path("choices.csv"), kept)
        return None if source is None else source.choices()

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
        """The names of the studies whose answers are in the folder, or the one asked for."""
        if self.reading.study is not None:
            return (self.reading.study,)
        names: set[str] = set()
        for name in ("ratings.csv", "choices.csv", "sessions.csv", CHOICES_SESSIONS):
            if self.path(name).exists():
                frame = read_cells(self.path(name)).frame
                mapped = self.reading.columns.get("study", "study")
                column = mapped if mapped in frame else "study"
                names |= set(frame[column].dropna()) if column in frame else set()
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


def open_results(
    folder: Path, elsewhere: Mapping[str, Path] | None = None, reading: Reading | None = None
) -> Results:
    """The results in a folder, and tables that lie elsewhere.

    Raises SingError when there is none of the tables in the folder, and for a column, a study or a
    test that the answers do not have.
    """
    if not folder.is_dir():
        raise SingError(f"{folder}: there is no such folder; name the one that holds metrics.csv")
    names = {*INPUTS, *(f"{name}.csv" for name in TABLES)}
    if not any((folder / name).is_file() for name in names):
        raise SingError(
            f"{folder}: none of {', '.join(sorted(names))} is in it; write them with sing-eval "
            "metrics, sing speed and sing-eval analyze"
        )
    reading = reading or Reading()
    reading.check(folder)
    return Results(folder, elsewhere or {}, reading)


def _require_preferences(path: Path) -> None:
    """Raise SingError for what `analyze abx` writes of classic ABX and of CMOS."""
    if not path.is_file():
        return
    header = set(map(str, read_cells(path).frame))
    for mark, task in (("correct", "classic ABX"), ("cmos", "CMOS")):
        if mark in header and "prefer_a" not in header:
            raise SingError(
                f"{path}: of {task}, and tables, figures and report show preferences alone; call "
                "it otherwise than abx.csv"
            )


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
