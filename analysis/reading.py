"""How the answers in a folder are read: the names of their columns, which study, which test.

One set of options goes for ratings.csv and choices.csv alike: each of them takes of the column map
what it has, and the test that is asked for where it has it. A table without a row of the study that
is asked for is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis.answers import Source
from analysis.column_map import applies, house_names
from analysis.dialect import Cells, read_cells
from eval_suite.contracts import Contract
from eval_suite.study_contracts import CHOICES, RATINGS
from sing.errors import SingError, suggestion

TABLES = {"ratings.csv": RATINGS, "choices.csv": CHOICES}
"""What people answered."""


@dataclass(frozen=True)
class Reading:
    """Which columns hold what, which study and test count, and the scale where no column says it.

    `columns` maps our names to theirs.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    study: str | None = None
    test: str | None = None
    scale: tuple[float, float] | None = None

    def source(
        self, path: Path, screening: Path | None = None, contract: Contract | None = None
    ) -> Source | None:
        """How the table at this path is read: ratings.csv, choices.csv, or one by this contract.

        None where there is no such file, or nothing of the study in it.
        """
        if not path.is_file():
            return None
        if not (self.columns or self.study or self.test):
            return Source(path, screening, scale=self.scale)
        cells = read_cells(path)
        columns = self._columns(cells, contract or TABLES[path.name])
        studies = _values(cells, columns, "study")
        if self.study is not None and studies and self.study not in studies:
            return None
        test = self.test if self.test in _values(cells, columns, "test") else None
        return Source(path, screening, columns, self.study, test, self.scale)

    def _columns(self, cells: Cells, contract: Contract) -> dict[str, str]:
        known = house_names(contract)
        return {
            house: theirs
            for house, theirs in self.columns.items()
            if house in known and applies(theirs, map(str, cells.frame))
        }

    def check(self, folder: Path) -> None:
        """Raise SingError for a column, a study or a test that no table of the folder has."""
        named = {folder / name: contract for name, contract in TABLES.items()}
        self.check_tables({path: named[path] for path in named if path.is_file()})

    def check_tables(self, tables: Mapping[Path, Contract]) -> None:
        """Raise SingError for a column, a study or a test that none of these tables has."""
        if not tables or self == Reading():
            return
        cells = {path: read_cells(path) for path in tables}
        found = {path: self._columns(cells[path], tables[path]) for path in tables}
        listed = " or ".join(path.name for path in tables)
        for house, theirs in self.columns.items():
            if not any(house in columns for columns in found.values()):
                known = {name for contract in tables.values() for name in house_names(contract)}
                headers = {str(name) for one in cells.values() for name in one.frame}
                hint = suggestion(house, known) if house not in known else ""
                hint = hint or suggestion(theirs, headers)
                raise SingError(f"--column {house}={theirs}: not in {listed}; {hint}")
        for column, wanted in (("study", self.study), ("test", self.test)):
            present = sorted(
                set().union(*(_values(cells[path], found[path], column) for path in tables))
            )
            if wanted is not None and wanted not in present:
                raise SingError(f"--{column} {wanted}: not in {listed}; "
                                f"{suggestion(wanted, present)}")  # fmt: skip


def _values(cells: Cells, columns: Mapping[str, str], name: str) -> set[str]:
    """What stands in this column of ours."""
    theirs = columns.get(name, name)
    return {value for value in cells.frame.get(theirs, ()) if value}
