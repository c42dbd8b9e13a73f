"""Results tables read and written: the only way in which it is done.

A table is a CSV file: UTF-8, LF, sorted by its key, numbers as `%.9g`, an empty cell for a missing
value. What each one holds is its contract.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from eval_suite.contracts import (
    BREAKDOWN,
    CONTRACTS,
    DIFFERENCES,
    METRICS,
    NOTES,
    SPEED,
    Column,
    Contract,
)
from sing import files
from sing.errors import SingError, suggestion
from sing.notes import Note

__all__ = [
    "BREAKDOWN",
    "CONTRACTS",
    "DIFFERENCES",
    "METRICS",
    "NOTES",
    "SPEED",
    "Column",
    "Contract",
    "check_frame",
    "read_table",
    "write_rows",
    "write_table",
]


def read_table(path: Path, contract: Contract) -> pd.DataFrame:
    """Read and check a table. Numbers become floats (NaN where empty), all else text.

    Raises SingError with file, line and remedy for a missing column, a value of the wrong kind or
    out of range, a doubled key, or a missing value without a reason.
    """
    header, cells, lines = _read_cells(path)
    frame = pd.DataFrame(dict(zip(header, cells, strict=True)), dtype=str)
    return check_frame(frame, contract, str(path), [f"line {line}" for line in lines])


def write_table(path: Path, contract: Contract, frame: pd.DataFrame) -> None:
    """Check a table and write it, sorted by its key, whole or not at all. Errors as on reading."""
    places = [f"row {row}" for row in range(len(frame))]
    checked = check_frame(frame.reset_index(drop=True), contract, str(path), places)
    ordered = checked.sort_values(_key(contract, checked), kind="stable")
    columns = list(map(str, ordered))
    rows = (dict(zip(columns, row, strict=True)) for row in ordered.itertuples(index=False))
    write_rows(path, contract, columns, rows)


def write_rows(
    path: Path, contract: Contract, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Write rows that come sorted by the key, one at a time: a table need not fit in memory.

    Raises ValueError when the rows are not sorted, a key is doubled, a number is not finite, or a
    column that the contract requires is not among `columns`.
    """
    lacking = {column.name for column in contract.columns if column.is_required} - {*columns}
    if lacking:
        raise ValueError(f"{path}: no column {sorted(lacking)[0]}")
    files.write_csv(path, columns, _in_order(path, contract, rows))


def _in_order(
    path: Path, contract: Contract, rows: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    previous: tuple[Any, ...] | None = None
    for row in rows:
        key = tuple(row[name] for name in contract.key if name in row)
        if previous is not None and key <= previous:
            raise ValueError(f"{path}: {key} comes after {previous}")
        previous = key
        yield {str(name): _or_none(value) for name, value in row.items()}


def _or_none(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        raise ValueError(f"{value} is not finite")
    return None if isinstance(value, float) and math.isnan(value) else value


def _read_cells(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, columns of cells, and the line at which each row ends."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            cells: list[list[str]] = [[] for _ in header]
            lines = []
            for row in reader:
                if not row:  # a blank line, such as some editors leave at the end
                    continue
                if len(row) != len(header):
                    raise SingError(
                        f"{path}: line {reader.line_num}: {len(row)} cells, expected "
                        f"{len(header)}; mend the line"
                    )
                lines.append(reader.line_num)
                for column, cell in zip(cells, row, strict=True):
                    column.append(cell)
    except FileNotFoundError:
        raise SingError(f"{path}: there is no such file; check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SingError(f"{path}: not a UTF-8 CSV file ({error}); save it as one") from None
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise SingError(f"{path}: line 1: two columns are called '{doubled[0]}'; rename one")
    return header, cells, lines


def check_frame(
    frame: pd.DataFrame, contract: Contract, where: str, places: Sequence[str]
) -> pd.DataFrame:
    """The frame with its columns in their types, once it is seen to hold to the contract.

    `places` say of each row where it stands, such as "line 3". Errors as `read_table`.
    """
    for column in contract.columns:
        if column.is_required and column.name not in frame:
            hint = suggestion(column.name, map(str, frame))
            raise SingError(f"{where}: line 1: no column '{column.name}'; {hint}")
    typed = {}
    for name in map(str, frame):
        typed[name] = _typed(frame[name], contract.column(name), where, places)
    checked = pd.DataFrame(typed)
    key_columns = _key(contract, checked)
    doubled = checked.duplicated(key_columns) if len(key_columns) == len(contract.key) else None
    if doubled is not None and doubled.any():
        row = int(doubled.to_numpy().argmax())
        key = " ".join(_shown(checked[name].iloc[row]) for name in key_columns)
        raise SingError(f"{where}: {places[row]}: {key} stands there twice; remove one of them")
    if contract.needs_reason:
        _check_reasons(checked, where, places)
    return checked


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _key(contract: Contract, frame: pd.DataFrame) -> list[str]:
    """The key's columns; a table collected elsewhere may lack an optional one."""
    return [name for name in contract.key if name in frame]


def _typed(
    values: pd.Series[Any], column: Column, where: str, places: Sequence[str]
) -> pd.Series[Any]:
    """The column in its type. Raises SingError at the first value that does not fit."""
    name = values.name
    text = values.where(values.notna(), "").astype(str)
    is_empty = text == ""
    _require(is_empty & (not column.may_be_empty), where, places, f"no {name}; fill the cell")
    if column.kind == "number":
        numbers = pd.to_numeric(text.where(~is_empty), errors="coerce").astype(float)
        wrong = ~is_empty & ~(numbers.abs() < math.inf)
        _require(wrong, where, places, f"{name} is not a finite number; mend the cell", text)
        outside = ~is_empty & ~numbers.between(column.minimum, column.maximum)
        limits = f"from {column.minimum:g} to {column.maximum:g}"
        _require(outside, where, places, f"{name} must be {limits}; mend the cell", text)
        return numbers
    if column.choices:
        listed = ", ".join(column.choices)
        wrong = ~is_empty & ~text.isin(column.choices)
        _require(wrong, where, places, f"{name} must be one of {listed}; mend the cell", text)
    if column.kind == "note":
        wrong = ~text.isin({name for name in text.unique() if _is_note(name)})
        example = "bass_synthetic_068-049-025"
        _require(wrong, where, places, f"not a note name; expected one such as {example}", text)
    return text


def _require(
    wrong: pd.Series[Any],
    where: str,
    places: Sequence[str],
    fault: str,
    text: pd.Series[Any] | None = None,
) -> None:
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        found = "" if text is None else f"'{text.iloc[row]}': "
        raise SingError(f"{where}: {places[row]}: {found}{fault}")


def _is_note(name: str) -> bool:
    try:
        Note.parse(name)
    except SingError:
        return False
    return True


def _check_reasons(frame: pd.DataFrame, where: str, places: Sequence[str]) -> None:
    missing = frame.select_dtypes("number").isna().any(axis=1) & (frame["reason"] == "")
    _require(missing, where, places, "a value is missing without a reason; give the reason")
