"""What the commands on ratings and choices are asked about: a table, and which rows count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis import choices as choice_tables
from analysis import ratings as rating_tables
from eval_suite.table_files import hashes


@dataclass(frozen=True)
class Source:
    """A table of ratings or choices, and which of its rows count.

    `columns` maps our names to theirs; `screening` is a screening table, whose kept participants
    count.
    """

    path: Path
    screening: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    study: str | None = None
    test: str | None = None
    scale: tuple[float, float] | None = None

    def ratings(self) -> rating_tables.Ratings:
        """Read the ratings. Raises SingError as `analysis.ratings.read_ratings` and `keep` do."""
        found = rating_tables.read_ratings(
            self.path, self.columns, study=self.study, test=self.test, scale=self.scale
        )
        return found if self.screening is None else rating_tables.keep(found, self.screening)

    def choices(self) -> choice_tables.Choices:
        """Read the choices. Raises SingError as `analysis.choices.read_choices` and `keep` do."""
        found = choice_tables.read_choices(
            self.path, self.columns, study=self.study, test=self.test
        )
        return found if self.screening is None else choice_tables.keep(found, self.screening)

    @property
    def files(self) -> dict[str, Path]:
        """The files that are read, by what they are."""
        named = {"answers": self.path}
        return named if self.screening is None else {**named, "screening": self.screening}

    def facts(self, rules: str) -> dict[str, Any]:
        """What decides which rows count, for the record beside a table."""
        named = {"columns": dict(self.columns), "study": self.study, "test": self.test}
        return {**hashes(self.files), **named, "rules": rules}


def beside(out: Path, what: str) -> Path:
    """The path of a further table: `abx.csv` gives `abx-notes.csv`."""
    return out.with_name(f"{out.stem}-{what}.csv")
