"""The system folders that there are, finished or not, as `sing-eval systems list` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from eval_suite.importing.listing import require_folder
from sing import files
from sing.errors import SingError
from sing.generate.folder import FINISHED, UNFINISHED


class Entry(NamedTuple):
    """One line of the table, as text; `state` is finished, unfinished or what is wrong."""

    name: str
    kind: str
    notes: str
    clipped: str
    made_from: str
    state: str


def list_systems(folder: Path) -> list[Entry]:
    """The system folders in `folder`, by name. Raises SingError when there are none."""
    require_folder(folder)
    entries = [
        _entry(path)
        for path in sorted(folder.iterdir())
        if (path / FINISHED).is_file() or (path / UNFINISHED).is_file()
    ]
    if not entries:
        raise SingError(
            f"{folder}: no system folder in it; make one with sing generate, or with sing-eval "
            "systems import"
        )
    return entries


def table(entries: Sequence[Entry]) -> Iterator[str]:
    """The entries as lines of aligned text under a header."""
    rows = [Entry("system", "kind", "notes", "clipped", "from", "state"), *entries]
    widths = [max(len(row[column]) for row in rows) for column in range(len(Entry._fields))]
    for row in rows:
        cells = [
            cell.rjust(width) if field in ("notes", "clipped") else cell.ljust(width)
            for field, cell, width in zip(Entry._fields, row, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _entry(folder: Path) -> Entry:
    is_finished = (folder / FINISHED).is_file()
    try:
        facts = files.read_json(folder / (FINISHED if is_finished else UNFINISHED))
        if not isinstance(facts, dict):
            raise SingError(f"{folder}: no record; make it again")
    except SingError as error:
        return Entry(folder.name, "", "", "", "", f"broken: {error}")
    if not is_finished:
        written = sum(1 for _ in (folder / "audio").glob("[!.]*.wav"))
        state = "unfinished: its command goes on with --resume"
        return Entry(folder.name, "", f"{written:,}", "", _origin(facts), state)
    notes, clipped = (_count(facts.get(key)) for key in ("notes", "clipped_samples"))
    name, kind = str(facts.get("name", "")), str(facts.get("kind", ""))
    failed = facts.get("failed")
    state = (
        f"finished, {len(failed):,} failed" if isinstance(failed, list) and failed else "finished"
    )
    shown = name if name == folder.name else f"{name} ({folder.name})"
    return Entry(shown, kind, notes, clipped, _origin(facts), state)


def _origin(facts: dict[str, Any]) -> str:
    if isinstance(facts.get("imported_from"), str):
        return str(facts["imported_from"])
    if isinstance(facts.get("run"), str):
        return f"run {facts['run']}"
    return str(facts.get("dataset") or "")


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"
