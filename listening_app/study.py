"""A built study, opened for raters: stimuli under opaque names, and sheets of trials.

studies/T/   study.toml     written by a person
             stimuli.csv    which file is which system's note; never sent to a rater
             stimuli/       <stimulus>.wav
             sheets.csv     the trials of each rater, in order
             build.json     what the two tables were made from, and how
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from listening_app.headphones import CHECKS
from listening_app.settings import STUDY_TOML, Settings, read_settings
from sing import files
from sing.errors import SingError
from sing.notes import Note

FORMAT = 1
BUILD = "build.json"
DATABASE = "study.db"
STIMULI = "stimuli.csv"
SHEETS = "sheets.csv"
TABLES = (STIMULI, SHEETS, CHECKS)
STIMULUS_COLUMNS = ("stimulus", "system", "note", "kind", "gain_db", "lufs", "seconds", "sha256")
SHEET_COLUMNS = ("sheet", "position", "trial", "kind", "note", "slots", "expected")

Kind = Literal["main", "control", "practice"]


@dataclass(frozen=True)
class Stimulus:
    """One file that raters hear.

    `kind` says what it is for: system, reference, copy (the X of abx, the hidden reference of
    mushra), anchor or trap. `gain_db` is what was done to its level.
    """

    id: str
    system: str
    note: Note
    kind: str
    path: Path
    seconds: float
    gain_db: float
    sha256: str = ""


@dataclass(frozen=True)
class Slot:
    """A place on the page and the stimulus in it: S; X A B; REF S1 S2 ..."""

    name: str
    stimulus: str


@dataclass(frozen=True)
class Trial:
    """One page with one answer; `expected` is the right slot or score, empty if there is none."""

    id: str
    kind: Kind
    note: Note
    slots: tuple[Slot, ...]
    expected: str


@dataclass(frozen=True)
class Sheet:
    """The trials of one rater, in order."""

    id: str
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Study:
    """A built study. `fingerprint` changes with whatever raters are given to hear, and only so."""

    folder: Path
    settings: Settings
    stimuli: Mapping[str, Stimulus]
    sheets: Mapping[str, Sheet]
    fingerprint: str


def open_study(folder: Path) -> Study:
    """The study in a folder.

    Raises SingError when it is not built, was built by another version, was changed since, or
    when a stimulus is missing from disk.
    """
    settings = read_settings(folder)
    record = read_build(folder)
    check_design(folder, settings, record)
    stimuli = _stimuli(folder)
    sheets = _sheets(folder, stimuli)
    return Study(folder, settings, stimuli, sheets, fingerprint(record))


def fingerprint(record: Mapping[str, Any]) -> str:
    """The fingerprint of a build, from its build.json."""
    text = json.dumps([record["design"], record["outputs"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read_build(folder: Path) -> dict[str, Any]:
    """The study's build.json. Raises SingError when there is none, or one of another version."""
    path = folder / BUILD
    if not path.is_file():
        raise SingError(f"{folder}: not built; run sing-eval study build {folder}")
    record = files.read_json(path)
    found = record.get("format") if isinstance(record, dict) else None
    if found != FORMAT:
        raise SingError(
            f"{path}: format {found}, this version reads {FORMAT}; build the study again, or "
            "install the version that built it"
        )
    return dict(record)


def design(settings: Settings) -> dict[str, Any]:
    """The settings that decide what raters hear; all others may be reworded after the build."""
    kept = (
        *("name", "test", "seed", "ratings_per_stimulus", "trials_per_rater", "surplus"),
        *("reference", "pairs", "anchors", "systems", "notes", "loudness", "practice"),
    )
    values = settings.model_dump(mode="json")
    return {
        **{key: values[key] for key in kept},
        "limits": list(settings.limits),
        "gold": settings.controls.gold,
        "traps": settings.controls.traps,
    }


def check_design(folder: Path, settings: Settings, record: Mapping[str, Any]) -> None:
    """Raise SingError when what was built is not what study.toml or the tables now say."""
    now, built = design(settings), record.get("design", {})
    changed = [key for key in now if now[key] != built.get(key)]
    if changed:
        raise SingError(
            f"{folder / STUDY_TOML}: '{changed[0]}' was changed since the study was built; "
            "change it back, or build again with --force"
        )
    for name in TABLES:
        if not (folder / name).is_file() or files.sha256(folder / name) != record["outputs"][name]:
            raise SingError(
                f"{folder / name}: missing, or changed since the study was built; restore it, or "
                "build again with --force"
            )


def _stimuli(folder: Path) -> dict[str, Stimulus]:
    stimuli = {}
    for row in files.read_csv(folder / STIMULI, STIMULUS_COLUMNS):
        path = folder / "stimuli" / f"{row['stimulus']}.wav"
        if not path.is_file():
            raise SingError(
                f"{path}: a stimulus is missing from disk; restore it, or build again with --force"
            )
        stimuli[row["stimulus"]] = Stimulus(
            id=row["stimulus"],
            system=row["system"],
            note=_note(row["note"]),
            kind=row["kind"],
            path=path,
            seconds=float(row["seconds"]),
            gain_db=float(row["gain_db"]),
            sha256=row["sha256"],
        )
    return stimuli


def _sheets(folder: Path, stimuli: Mapping[str, Stimulus]) -> dict[str, Sheet]:
    trials: dict[str, list[Trial]] = {}
    for line, row in enumerate(files.read_csv(folder / SHEETS, SHEET_COLUMNS), start=2):
        slots = tuple(Slot(*text.split("=", 1)) for text in row["slots"].split())
        earlier = trials.setdefault(row["sheet"], [])
        unknown = [slot.stimulus for slot in slots if slot.stimulus not in stimuli]
        is_next = row["position"] == str(len(earlier) + 1)
        if unknown or not is_next or row["kind"] not in get_args(Kind):
            raise SingError(f"{folder / SHEETS}: line {line}: not as built; build again")
        earlier.append(
            Trial(row["trial"], _kind(row["kind"]), _note(row["note"]), slots, row["expected"])
        )
    return {sheet: Sheet(sheet, tuple(listed)) for sheet, listed in trials.items()}


def _kind(text: str) -> Kind:
    kind: Kind = "main" if text == "main" else "control" if text == "control" else "practice"
    return kind


@cache
def _note(name: str) -> Note:
    return Note.parse(name)
