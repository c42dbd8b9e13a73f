"""What was done to each note of an imported system: imported.csv, and a journal before it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sing import files
from sing.errors import SingError

RECORDS = "imported.csv"
JOURNAL = "imported.jsonl"
"""While the folder is unfinished: a line a note, in the order of writing."""


@dataclass(frozen=True)
class Record:
    """One imported note. `sha256` is its source file's, `audio_sha256` that of the file written."""

    note: str
    file: str
    sha256: str
    audio_sha256: str
    encoding: str
    sample_rate: int
    channels: int
    samples: int
    padded_samples: int
    cut_samples: int
    gain_db: float | None
    zero_tail_seconds: float
    killed_at_seconds: float | None
    repaired: bool


COLUMNS = tuple(field.name for field in fields(Record))


def write_records(folder: Path, records: Iterable[Record]) -> None:
    """Write imported.csv, sorted by note."""
    ordered = sorted(records, key=lambda record: record.note)
    files.write_csv(folder / RECORDS, COLUMNS, [asdict(record) for record in ordered])


def read_records(folder: Path) -> dict[str, Record]:
    """imported.csv by note. Raises SingError with the line for a cell of the wrong kind."""
    path = folder / RECORDS
    records = {}
    for line, row in enumerate(files.read_csv(path, COLUMNS), start=2):
        try:
            records[row["note"]] = _parse(row)
        except ValueError as error:
            raise SingError(f"{path}: line {line}: {error}; restore the file") from None
    return records


def add_to_journal(folder: Path, record: Record) -> None:
    """Note down one record, so that a stopped import need not do its note again."""
    row = {column: files.cell(value) for column, value in asdict(record).items()}
    # The line break comes first, so that a line cut short by a kill spoils no other.
    with (folder / JOURNAL).open("a", encoding="utf-8", newline="\n") as journal:
        journal.write("\n" + json.dumps(row))


def recorded(folder: Path) -> dict[str, Record]:
    """All records of a folder, finished or not, by note."""
    records = read_records(folder) if (folder / RECORDS).is_file() else {}
    path = folder / JOURNAL
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for line in text.split("\n"):
        try:
            row = json.loads(line)
            records[row["note"]] = _parse(row)
        except (ValueError, KeyError, TypeError):
            continue  # the line that a kill cut short: its note is done again
    return records


def has_journal(folder: Path) -> bool:
    """Whether the folder has records that are not in its imported.csv yet."""
    return (folder / JOURNAL).is_file()


def drop_journal(folder: Path) -> None:
    """Remove the journal of a folder that is finished."""
    (folder / JOURNAL).unlink(missing_ok=True)


def _parse(row: dict[str, str]) -> Record:
    return Record(
        note=row["note"],
        file=row["file"],
        sha256=row["sha256"],
        audio_sha256=row["audio_sha256"],
        encoding=row["encoding"],
        sample_rate=int(row["sample_rate"]),
        channels=int(row["channels"]),
        samples=int(row["samples"]),
        padded_samples=int(row["padded_samples"]),
        cut_samples=int(row["cut_samples"]),
        gain_db=_number(row["gain_db"]),
        zero_tail_seconds=float(row["zero_tail_seconds"]),
        killed_at_seconds=_number(row["killed_at_seconds"]),
        repaired=row["repaired"] == "True",
    )


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
