"""The system folders that there are, finished or not, as `sing-eval systems list` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from eval_suite.importing.listing import require_folder
from eval_suite.text_table import TextTable
from sing import files
from sing.errors import SingError
from sing.system_output import FINISHED, UNFINISHED


class Entry(NamedTuple):
    """One line of the table, as text; `state` is finished, unfinished or what is wrong."""

    name: str
    kind: str
    made_from: str
    state: str
    notes: str
    clipped: str


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


def table(entries: Sequence[Entry]) -> TextTable:
    """The entries as a table to print."""
    header = Entry("system", "kind", "from", "state", "notes", "clipped")
    return TextTable(header, tuple(entries), (), names=1, left=4)


def _entry(folder: Path) -> Entry:
    is_finished = (folder / FINISHED).is_file()
    try:
        facts = files.read_json(folder / (FINISHED if is_finished else UNFINISHED))
        if not isinstance(facts, dict):
            raise SingError(f"{folder}: no record; make it again")
    except SingError as error:
        return Entry(folder.name, "", "", f"broken: {error}", "", "")
    if not is_finished:
        written = sum(1 for _ in (folder / "audio").glob("[!.]*.wav"))
        state = "unfinished: its command goes on with --resume"
        return Entry(folder.name, "", _origin(facts), state, f"{written:,}", "")
    notes, clipped = (_count(facts.get(key)) for key in ("notes", "clipped_samples"))
    name, kind = str(facts.get("name", "")), str(facts.get("kind", ""))
    failed = facts.get("failed")
    state = (
        f"finished, {len(failed):,} failed" if isinstance(failed, list) and failed else "finished"
    )
    shown = name if name == folder.name else f"{name} ({folder.name})"
    return Entry(shown, kind, _origin(facts), state, notes, clipped)


def _origin(facts: dict[str, Any]) -> str:
    if isinstance(facts.get("imported_from"), str):
        return str(facts["imported_from"])
    if isinstance(facts.get("run"), str):
        return f"run {facts['run']}"
    return str(facts.get("dataset") or "")


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"
