"""Build a study: from study.toml and systems to stimuli under opaque names and balanced sheets."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from listening_app import blinding
from listening_app.controls import clean_system, practice_trials, with_controls
from listening_app.draw import Chosen, Source, choose_notes, open_sources
from listening_app.had_raters import had_raters
from listening_app.headphone_sounds import write_checks
from listening_app.headphones import CHECK_COLUMNS, CHECKS
from listening_app.settings import STUDY_TOML, Settings, read_settings
from listening_app.sheets import Plan, draw_sheets
from listening_app.stimuli import Names, write_stimuli
from listening_app.study import (
    BUILD,
    DATABASE,
    FORMAT,
    SHEET_COLUMNS,
    SHEETS,
    STIMULI,
    STIMULUS_COLUMNS,
    TABLES,
    Study,
    design,
    open_study,
)
from listening_app.trials import Draft, choices_of, main_trials
from sing import files, log
from sing.errors import CheckFailed, SingError
from sing.notes import Note
from sing.provenance import versions

_PARTS = ("stimuli", STIMULI, "checks", CHECKS, SHEETS, BUILD)
_DECIDING = ("python", "sing-eval", "numpy", "scipy", "pyloudnorm", "soundfile")


@dataclass(frozen=True)
class Built:
    """What a build made: the study, and how many sheets give every stimulus its ratings."""

    study: Study
    needed_sheets: int


def build_study(folder: Path, force: bool = False, database_url: str | None = None) -> Built:
    """Build the study in a folder, whole or not at all.

    With `force` a study that is built already is replaced, unless its export, study.db or the
    database at `database_url` holds what raters did. Raises SingError for whatever is wrong with
    study.toml or the systems, and CheckFailed, with the old study left as it was, when a rater
    could tell the systems apart by anything but the sound.
    """
    settings = read_settings(folder)
    _check_replaceable(folder, force, database_url)
    sources = open_sources(folder, settings)
    chosen = choose_notes(folder, settings, sources)
    _warn_of_few(folder, settings, chosen)
    plan = _plan(folder, settings, chosen)
    sheets = _draw(settings, chosen, plan)
    with _workshop(folder) as made:
        record = _write(made, settings, sources, chosen, sheets)
        files.write_json(made / BUILD, {**record, "needed_sheets": plan.needed_sheets})
        shutil.copyfile(folder / STUDY_TOML, made / STUDY_TOML)
        leaks = blinding.leaks(open_study(made))
        for leak in leaks:
            log.warning("%s", leak)
        if leaks:
            raise CheckFailed(
                f"{folder}: nothing was built: a rater could tell the systems apart by the "
                f"{len(leaks):,} faults above; mend study.toml or the systems"
            )
        _replace(folder, made)
    return Built(open_study(folder), plan.needed_sheets)


def _warn_of_few(folder: Path, settings: Settings, chosen: Chosen) -> None:
    """Say what a study of too few notes lacks, as raters cannot be asked twice."""
    others = settings.practice.trials + settings.controls.gold + settings.controls.traps
    if others and set(chosen.other) & set(chosen.main):
        log.warning(
            "%s: the systems have no other notes in common, so practice and controls are heard "
            "with those of the main trials; generate more notes than the study takes",
            folder,
        )
    instruments = {note.instrument for note in chosen.main}
    if len(instruments) == 1 and len(chosen.main) > 1:
        log.warning(
            "%s: all %d notes are of one instrument, %s, and the results hold for it alone",
            folder,
            len(chosen.main),
            *instruments,
        )


def _plan(folder: Path, settings: Settings, chosen: Chosen) -> Plan:
    choices = choices_of(settings)
    most = len(chosen.main) * choices[0]
    if settings.trials_per_rater > most:
        what = {"mos": "systems", "mushra": "trial"}.get(settings.test, "pairs of systems")
        raise SingError(
            f"{folder / STUDY_TOML}: trials_per_rater = {settings.trials_per_rater}: there are "
            f"only {most} ({len(chosen.main)} notes x {choices[0]} {what}), and nobody hears one "
            "twice; ask for fewer, or take more notes"
        )
    return Plan(
        notes=len(chosen.main),
        choices=choices,
        trials_per_sheet=settings.trials_per_rater,
        ratings=settings.ratings_per_stimulus,
        surplus=settings.surplus,
    )


def _draw(settings: Settings, chosen: Chosen, plan: Plan) -> list[list[Draft]]:
    """All trials of every sheet: practice, then main trials with controls among them."""
    rng = random.Random(f"{settings.seed} sheets")
    cells = draw_sheets(plan, rng)
    practised = settings.practice.trials
    # Control notes are not those of practice, as far as there are others.
    fresh = chosen.other[practised:] if len(chosen.other) > practised + 1 else chosen.other
    sheets = []
    for number, main in enumerate(main_trials(settings, cells, chosen.main, rng)):
        trials = with_controls(settings, main, fresh, number, rng)
        sheets.append([*_practice(settings, chosen, trials[0].note), *trials])
    return sheets


def _practice(settings: Settings, chosen: Chosen, first: Note) -> list[Draft]:
    """The practice trials, with notes so turned that the last is not the first main one."""
    notes = chosen.other
    turned = ([*notes[shift:], *notes[:shift]] for shift in range(len(notes)))
    drawn = (practice_trials(settings, turn) for turn in turned)
    return next(trials for trials in drawn if not trials or trials[-1].note != first)


def _write(
    made: Path,
    settings: Settings,
    sources: Mapping[str, Source],
    chosen: Chosen,
    sheets: Sequence[Sequence[Draft]],
) -> dict[str, Any]:
    """Write stimuli and tables into `made`, and return what build.json says."""
    notes = tuple(sorted({*chosen.main, *chosen.other}, key=lambda note: note.name))
    inputs = {name: source.digest(notes) for name, source in sources.items()}
    names = Names(json.dumps([design(settings), inputs], sort_keys=True))
    sounds = {sound for trials in sheets for draft in trials for _, sound in draft.slots}
    rows = write_stimuli(
        made / "stimuli", sounds, sources, clean_system(settings), settings.loudness, names
    )
    files.write_csv(made / STIMULI, STIMULUS_COLUMNS, rows)
    files.write_csv(made / SHEETS, SHEET_COLUMNS, _rows(sheets, names))
    checks = write_checks(made / "checks", names, settings.loudness.target_lufs)
    files.write_csv(made / CHECKS, CHECK_COLUMNS, checks)
    return {
        "format": FORMAT,
        "design": design(settings),
        "inputs": inputs,
        "outputs": {name: files.sha256(made / name) for name in TABLES},
        "notes": [note.name for note in chosen.main],
        "sheets": len(sheets),
        "versions": {name: version for name, version in versions().items() if name in _DECIDING},
    }


def _rows(sheets: Sequence[Sequence[Draft]], names: Names) -> Iterator[dict[str, object]]:
    for number, trials in enumerate(sheets, start=1):
        sheet = f"s{number:04d}"
        for position, draft in enumerate(trials, start=1):
            yield {
                "sheet": sheet,
                "position": position,
                "trial": f"{sheet}-{position:03d}",
                "kind": draft.kind,
                "note": draft.note.name,
                "slots": " ".join(f"{slot}={names.name(sound)}" for slot, sound in draft.slots),
                "expected": draft.expected,
            }


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder within the study in which it is made, gone at the end; also those left by a kill."""
    for left_over in folder.glob(".building-*"):
        shutil.rmtree(left_over)
    try:
        with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as made:
            yield Path(made)
    except OSError as error:
        raise files.readable(error, folder) from error


def _replace(folder: Path, made: Path) -> None:
    """Put the finished parts in place. Without build.json, which comes last, nothing is built."""
    for name in reversed(_PARTS):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    for suffix in ("", "-wal", "-shm"):  # of an empty database, which belongs to the old sheets
        (folder / f"{DATABASE}{suffix}").unlink(missing_ok=True)
    for name in _PARTS:
        (made / name).rename(folder / name)


def _check_replaceable(folder: Path, force: bool, database_url: str | None) -> None:
    """Raise SingError when something is in place that a build must not replace."""
    is_built = (folder / BUILD).is_file()
    place = had_raters(folder, database_url if is_built else None)
    if place:
        raise SingError(
            f"{folder}: raters have been here ({place} says so), and their answers "
            "belong to the study as it is; build a new study in another folder"
        )
    if is_built and not force:
        raise SingError(f"{folder}: built already; pass --force to build it again")
    if not is_built and (folder / "stimuli").exists() and not _is_left_over(folder):
        raise SingError(f"{folder / 'stimuli'}: not made by a build, so not replaced; move it away")


def _is_left_over(folder: Path) -> bool:
    """Whether stimuli/ is what a build that was killed at its very end left."""
    names = [path.name for path in (folder / "stimuli").iterdir()]
    return all(len(name) == 16 and name.endswith(".wav") for name in names)
