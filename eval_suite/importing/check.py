"""Looking through a system folder for everything that would spoil a measurement or a stimulus."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from eval_suite.importing import records
from eval_suite.importing.fitting import killed_at
from eval_suite.importing.reading import zero_tail
from eval_suite.importing.records import Record
from sing import files, log
from sing.audio import SAMPLE_RATE
from sing.data.check import Fault, read_note_file
from sing.errors import SingError
from sing.notes import Note
from sing.system_output import FINISHED
from sing.systems import System, read_system
from sing.workers import core_count

_NOTES_A_BLOCK = 1024


def check(system: System, jobs: int | None = None) -> list[Fault]:
    """Every fault of a finished system's tables and audio, sorted by file."""
    folder = system.folder
    facts = files.read_json(folder / FINISHED)
    found = [*_table_faults(system, facts), *_strays(system)]
    known: dict[str, Record] = {}
    if "imported_sha256" in facts:
        try:
            known = records.read_records(folder)
        except SingError as error:
            found.append(Fault(folder / records.RECORDS, str(error).split(": ", 1)[-1]))
        else:
            found += _record_faults(system, known, facts["imported_sha256"])
    look = partial(_note_faults, system, known)
    with ThreadPoolExecutor(jobs or core_count()) as pool:
        bar = log.progress(sorted(set(system.notes)), f"checking {system.name}")
        while block := list(itertools.islice(bar, _NOTES_A_BLOCK)):
            for faults in pool.map(look, block):
                found.extend(faults)
    return sorted(found)


def _table_faults(system: System, facts: dict[str, Any]) -> Iterator[Fault]:
    path = system.folder / "notes.csv"
    for note, times in Counter(system.notes).items():
        if times > 1:
            yield Fault(path, f"{note.name} stands there {times} times")
    if facts.get("notes") != len(system.notes):
        counted = f"{len(system.notes):,} notes, {facts.get('notes')} in {FINISHED}"
        yield Fault(path, counted)


def _strays(system: System) -> Iterator[Fault]:
    known = {system.audio_path(note).name for note in system.notes}
    folder = system.folder / "audio"
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in known:
            yield Fault(path, "not in notes.csv")


def _record_faults(system: System, known: dict[str, Record], sha256: object) -> Iterator[Fault]:
    path = system.folder / records.RECORDS
    if files.sha256(path) != sha256:
        yield Fault(path, f"changed since the import: not the hash in {FINISHED}")
    for note in system.notes:
        if note.name not in known:
            yield Fault(path, f"no line for {note.name}")


def _note_faults(system: System, known: dict[str, Record], note: Note) -> list[Fault]:
    path = system.audio_path(note)
    samples, problems = read_note_file(path)
    record = known.get(note.name)
    if record is not None and path.is_file() and files.sha256(path) != record.audio_sha256:
        problems.append(f"changed since the import: not the hash in {records.RECORDS}")
    if samples is not None and not problems and system.kind != "truth":
        # An imported note's padding is no fault, and its reference may have told more.
        tail = zero_tail(samples[:, 0], SAMPLE_RATE)
        stopped = killed_at(tail, None) if record is None else record.killed_at_seconds
        if stopped is not None:
            problems.append(f"nothing but zeros after {stopped:.2f} s, as a killed run leaves")
    return [Fault(path, problem) for problem in problems]


def check_all(
    folders: tuple[Path, ...], jobs: int | None = None
) -> Iterator[tuple[Path, list[Fault]]]:
    """The faults of each system. Raises SingError, before the first, if one is not a system."""
    for system in [read_system(folder) for folder in folders]:
        yield system.folder, check(system, jobs)
