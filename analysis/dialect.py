"""CSV files from anywhere as cells of text, with the line at which each row ends.

Commas, semicolons, tabs and bars are told apart by the header. Cells are text, whatever they begin
with: a cell that a spreadsheet would take for a formula is a name like any other.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sing import files
from sing.errors import SingError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class Cells:
    """A table of text cells, the place of each row ("line 7"), and what stood between cells."""

    path: Path
    frame: pd.DataFrame
    places: tuple[str, ...]
    delimiter: str


def read_cells(path: Path) -> Cells:
    """The cells of a CSV file; blank lines do not count.

    Raises SingError for a file that is missing, not UTF-8 or not a table, for a line with more or
    fewer cells than the header, and for two columns of one name.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = _delimiter(path, file.readline())
            file.seek(0)
            return _parsed(path, csv.reader(file, delimiter=delimiter), delimiter)
    except FileNotFoundError:
        raise SingError(f"{path}: there is no such file; check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SingError(
            f"{path}: not a UTF-8 CSV file ({error}); save it as CSV UTF-8, not as a workbook"
        ) from None
    except OSError as error:
        raise files.readable(error, path) from None


def _delimiter(path: Path, first_line: str) -> str:
    """What splits the header into most cells."""
    if not first_line.strip():
        raise SingError(f"{path}: line 1: empty; expected the columns' names")
    counts = {mark: len(next(csv.reader([first_line], delimiter=mark))) for mark in DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best] == 1:
        raise SingError(
            f"{path}: line 1: one column only, '{first_line.strip()[:40]}'; expected names "
            "separated by comma, semicolon, tab or bar"
        )
    return best


def _parsed(path: Path, reader: csv._reader, delimiter: str) -> Cells:  # type: ignore[name-defined]
    header = [name.strip() for name in next(reader)]
    rows, lines = [], []
    for row in reader:
        if not row:
            continue
        if len(row) != len(header):
            raise SingError(
                f"{path}: line {reader.line_num}: {len(row)} cells, expected {len(header)} "
                f"separated by {DELIMITERS[delimiter]}; mend the line"
            )
        rows.append(row)
        lines.append(reader.line_num)
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise SingError(f"{path}: line 1: two columns are called '{doubled[0]}'; rename one")
    frame = pd.DataFrame(rows, columns=header, dtype=str)
    return Cells(path, frame, tuple(f"line {line}" for line in lines), delimiter)
