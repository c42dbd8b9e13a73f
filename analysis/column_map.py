"""Tables of other tools under the house's names: column maps, numbered columns, MTurk batches.

A column map says which of their columns holds what: `participant=WorkerId`. A `{n}` in their name
stands for a number, for tables in which one row holds several answers: `score=Answer.score{n}`
makes a row of each numbered column. `stimulus` is a path or address that ends in system/note.wav.
Columns that bear our names already need no word; `device=` leaves one of these out.

A batch file of Mechanical Turk is known by its columns WorkerId and AssignmentId, and read as
`MTURK` says unless the map says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from analysis.dialect import Cells
from eval_suite.contracts import Contract
from sing import files
from sing.errors import SingError, suggestion

NUMBER = "{n}"
STIMULUS = "stimulus"
LEFT_OUT = ""
"""Stands in a map for a column of our name that holds something else."""

MTURK = {
    "participant": "WorkerId",
    "session": "AssignmentId",
    "submitted_at": "SubmitTime",
    "stimulus": "Input.stimulus",
    "note": "Input.note",
    "system": "Input.system",
    "reference": "Input.reference",
    "a": "Input.a",
    "b": "Input.b",
    "expected": "Input.expected",
    "kind": "Input.kind",
    "score": "Answer.score",
    "choice": "Answer.choice",
    "device": "Answer.device",
}
"""What columns of an MTurk batch mean; those of Input and Answer may be numbered."""

_SOUND_FILE = re.compile(r"(?i)\.(?:wav|flac|mp3|ogg|m4a)$")


def parse_columns(given: Iterable[str]) -> dict[str, str]:
    """The column map of `--column` options: each `house=theirs`, or a TOML file of such pairs.

    Raises SingError for an option that is neither, and for a name given twice.
    """
    columns: dict[str, str] = {}
    for option in given:
        house, equals, theirs = option.partition("=")
        pairs = {house: theirs} if equals else _read_map(Path(option))
        for name, column in pairs.items():
            if name in columns:
                raise SingError(f"--column {option}: '{name}' is given twice; leave out one")
            columns[name] = column
    return columns


def _read_map(path: Path) -> dict[str, str]:
    if path.suffix != ".toml":
        raise SingError(f"--column {path}: expected HOUSE=THEIRS or a .toml file of such pairs")
    values = files.read_toml(path)
    wrong = [name for name, value in values.items() if not isinstance(value, str)]
    if wrong:
        raise SingError(f"{path}: {wrong[0]}: expected the name of a column; mend the value")
    return values


def in_house_names(
    cells: Cells, contract: Contract, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table under the contract's names, and the place of each row.

    Without a map, and for no MTurk batch, the table is as it stands. With a map, columns of which
    it says nothing count under their own names, so that no control becomes a result.
    Raises SingError for a name that the contract does not have, or a column that is not there.
    """
    _check_names(contract, columns)
    header = list(map(str, cells.frame))
    merged = dict(columns)
    is_mturk = {"WorkerId", "AssignmentId"} <= {*header}
    if is_mturk:
        merged = {**_mturk_columns(header, contract, columns), **columns}
        _require_mturk(cells, contract, merged)
    if not merged:
        return cells.frame, cells.places
    if not is_mturk:
        merged = {**_own_columns(header, contract, merged), **merged}
    merged = {house: theirs for house, theirs in merged.items() if theirs != LEFT_OUT}
    for house, theirs in merged.items():
        if NUMBER not in theirs and theirs not in header:
            hint = suggestion(theirs, header)
            raise SingError(f"{cells.path}: line 1: no column '{theirs}' for {house}; {hint}")
    frame, places = _answers(cells, merged)
    if is_mturk and "seconds" not in merged and "WorkTimeInSeconds" in header:
        frame["seconds"] = _shared_seconds(cells.frame["WorkTimeInSeconds"], frame["row"])
    return _split_paths(frame.drop(columns="row")), places


def house_names(contract: Contract) -> list[str]:
    """What a column map can name for a table of this contract."""
    known = [column.name for column in contract.columns]
    return [*known, STIMULUS] if "system" in known else known


def applies(theirs: str, header: Iterable[str]) -> bool:
    """Whether a table with this header has that column of a column map, numbered or not."""
    if theirs == LEFT_OUT:
        return True
    names = list(header)
    return bool(_numbers(theirs, names)) if NUMBER in theirs else theirs in names


def _own_columns(
    header: Iterable[str], contract: Contract, given: Mapping[str, str]
) -> dict[str, str]:
    """The columns that bear the contract's names and of which the map says nothing."""
    told = {*given, *given.values(), *(("system", "note") if STIMULUS in given else ())}
    if any(NUMBER in theirs for theirs in given.values()):
        told.add("position")  # the number is the place of an answer in its row
    known = {column.name for column in contract.columns}
    return {name: name for name in header if name in known - told}


def _check_names(contract: Contract, columns: Mapping[str, str]) -> None:
    known = house_names(contract)
    for name in columns:
        if name not in known:
            raise SingError(f"--column {name}={columns[name]}: no '{name}' in a table of "
                            f"{contract.name}; {suggestion(name, known)}")  # fmt: skip


def _mturk_columns(
    header: Sequence[str], contract: Contract, given: Mapping[str, str]
) -> dict[str, str]:
    """The columns of `MTURK` that are there, plain or numbered."""
    wanted = {column.name for column in contract.columns} | (
        {STIMULUS} if contract.column("system").is_required else set()
    )
    found = {}
    for house, theirs in MTURK.items():
        if house not in wanted or house in given:
            continue
        if theirs in header:
            found[house] = theirs
            continue
        for numbered in (theirs + NUMBER, f"{theirs}_{NUMBER}"):
            if _numbers(numbered, header):
                found[house] = numbered
                break
    return found


def _require_mturk(cells: Cells, contract: Contract, columns: Mapping[str, str]) -> None:
    """Raise SingError where a batch has no column for what is needed of an answer."""
    told = {*columns, *(("system", "note") if STIMULUS in columns else ())}
    for column in contract.columns:
        if column.is_required and column.name not in told:
            usual = MTURK.get(column.name, column.name)
            listed = ", ".join(map(str, cells.frame))
            raise SingError(
                f"{cells.path}: line 1: no column '{usual}' for {column.name}, nor '{usual}1' or "
                f"'{usual}_1'; pass --column {column.name}=THEIRS, one of {listed}"
            )


def _numbers(template: str, header: Iterable[str]) -> list[str]:
    """What stands for {n} in the columns that fit the template, smallest number first."""
    before, _, after = template.partition(NUMBER)
    pattern = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    found = [match[1] for name in header if (match := pattern.fullmatch(name))]
    return sorted(found, key=_place)


def _place(digits: str) -> tuple[int, str]:
    """By what numbers are sorted, so that 1 and 01 have an order too."""
    return int(digits), digits


def _answers(cells: Cells, columns: Mapping[str, str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One row an answer: a row of numbered columns becomes several, in the order of numbers."""
    header = list(map(str, cells.frame))
    numbered = {house: theirs for house, theirs in columns.items() if NUMBER in theirs}
    numbers = sorted(
        {number for theirs in numbered.values() for number in _numbers(theirs, header)}, key=_place
    )
    if numbered and not numbers:
        house, theirs = next(iter(numbered.items()))
        raise SingError(f"{cells.path}: line 1: no column '{theirs}' for {house} with a number n")
    parts = []
    for number in numbers or [""]:
        part = pd.DataFrame({"row": range(len(cells.frame))})
        for house, theirs in columns.items():
            name = theirs.replace(NUMBER, number)
            if name not in header:
                raise SingError(f"{cells.path}: line 1: no column '{name}' for {house}; add it")
            part[house] = cells.frame[name].to_numpy()
        if numbered and "position" not in columns:
            part["position"] = number
        # A row may hold fewer answers than others: all its cells of that number are empty.
        is_there = (part[list(numbered)] != "").any(axis=1) if numbered else part["row"] >= 0
        parts.append(part[is_there])
    frame = pd.concat(parts).sort_values("row", kind="stable").reset_index(drop=True)
    return frame, tuple(cells.places[row] for row in frame["row"])


def _shared_seconds(seconds: pd.Series, rows: pd.Series) -> pd.Series:
    """The assignment's time in equal parts for its answers."""
    spent = pd.to_numeric(seconds, errors="coerce").to_numpy()
    answers = rows.map(rows.value_counts())
    share = pd.Series(spent[rows], index=rows.index) / answers
    return share.map(lambda value: "" if pd.isna(value) else f"{value:.9g}")


def _split_paths(frame: pd.DataFrame) -> pd.DataFrame:
    """`stimulus` as system and note; a note given as a sound file's path as its name."""
    if STIMULUS in frame:
        parts = (
            frame[STIMULUS].str.replace("\\", "/").str.split("?", n=1).str[0].str.rsplit("/", n=2)
        )
        frame = frame.drop(columns=STIMULUS)
        if "system" not in frame:
            frame["system"] = parts.map(lambda part: part[-2] if len(part) > 1 else "")
        if "note" not in frame:
            frame["note"] = parts.str[-1]
    if "note" in frame:
        is_file = frame["note"].str.contains(_SOUND_FILE)
        names = frame["note"].str.rsplit("/", n=1).str[-1].str.replace(_SOUND_FILE, "", regex=True)
        frame["note"] = frame["note"].where(~is_file, names)
    return frame
