"""What the commands on ratings and choices share: which rows they read, which files they write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import choices as choice_tables
from analysis import ratings as rating_tables
from eval_suite.contracts import Contract
from eval_suite.tables import write_table
from sing import files
from sing.errors import SingError
from sing.provenance import provenance


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


def hashes(named: Mapping[str, Path]) -> dict[str, Any]:
    """Each file's path and SHA-256, by what it is."""
    return {name: {"file": str(path), "sha256": files.sha256(path)} for name, path in named.items()}


def beside(out: Path, what: str) -> Path:
    """The path of a further table: `abx.csv` gives `abx-notes.csv`."""
    return out.with_name(f"{out.stem}-{what}.csv")


def check_outputs(outputs: Sequence[Path], read: Iterable[Path], force: bool) -> None:
    """Make sure that the tables can be written. Raises SingError, saying what to do."""
    sources = {path.resolve() for path in read}
    for path in outputs:
        if path.is_dir():
            raise SingError(f"{path}: a folder; --out names the table's file, such as {path}/t.csv")
        if path.resolve() in sources:
            raise SingError(f"{path}: a table that is read; choose another --out")
        files.check_file(path, force)


def write_results(
    tables: Sequence[tuple[Path, Contract, pd.DataFrame]], facts: Mapping[str, Any]
) -> None:
    """Write the tables, the first one's record of where it comes from beside it."""
    for path, contract, table in tables:
        write_table(path, contract, table)
    record = tables[0][0].with_suffix(".provenance.json")
    files.write_json(record, provenance(**facts))
