"""Answers as a bundle holds them: of one study, under the house's names, raters renamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.reading import Reading
from analysis.results import CHOICES_SESSIONS, Results
from analysis.rows import are_notes, with_any_note_names
from eval_suite.contracts import Contract
from eval_suite.study_contracts import CHOICES, RATINGS, SESSIONS
from eval_suite.tables import write_table

PEOPLE = {
    "ratings.csv": RATINGS,
    "choices.csv": CHOICES,
    "sessions.csv": SESSIONS,
    CHOICES_SESSIONS: SESSIONS,
}
"""The tables that are about people."""

_KEY = (
    *("participant", "system", "a", "b", "note", "reference"),
    *("kind", "session", "position"),
)
"""Tells two answers apart, as far as these columns are there."""


def write_people(folder: Path, inputs: Path, reading: Reading) -> dict[str, str]:
    """Write what people answered in `folder` into `inputs`; the column map that reads it there.

    Raises SingError for faulty tables.
    """
    people = _renamed(dict(_people(folder, reading)))
    for name, frame in people.items():
        write_table(inputs / name, _contract(name, frame), frame)
    return _columns_of(people)


def _people(folder: Path, reading: Reading) -> Iterator[tuple[str, pd.DataFrame]]:
    """What is known of people and their answers, of the study and the test that are asked for."""
    ratings, choices = (reading.source(folder / name) for name in ("ratings.csv", "choices.csv"))
    if ratings is not None:
        yield "ratings.csv", ratings.ratings().table
    if choices is not None:
        yield "choices.csv", choices.choices().table
    results = Results(folder, reading=reading)
    sessions = (("sessions.csv", results.sessions), (CHOICES_SESSIONS, results.choices_sessions))
    for name, table in sessions:
        if table is not None:
            yield name, table


def _renamed(people: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables with raters and sessions renamed, the same in all of them; only known columns.

    New names are in the order of the old, so that sorted tables stay sorted.
    """
    found = dict(people)
    for column, letter in (("participant", "r"), ("session", "s")):
        named = [frame[column] for frame in people.values() if column in frame]
        old = sorted(set(pd.concat(named))) if named else []
        new = {name: f"{letter}{number:06d}" for number, name in enumerate(old, start=1) if name}
        for name, frame in found.items():
            if column in frame:
                found[name] = frame.assign(**{column: frame[column].map(new).fillna("")})
    return {
        name: frame[[one.name for one in PEOPLE[name].columns if one.name in frame]]
        for name, frame in found.items()
    }


def _contract(name: str, frame: pd.DataFrame) -> Contract:
    """What is written: of answers collected elsewhere, without sessions and places, another key."""
    contract = PEOPLE[name]
    if "note" not in frame or {*contract.key} <= {*frame}:
        return with_any_note_names(contract)
    return replace(with_any_note_names(contract), key=tuple(one for one in _KEY if one in frame))


def _columns_of(people: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """A column map that leaves names as they are, where the names of notes are not the house's.

    Such names are read through a map only, so that a misspelt one is found elsewhere.
    """
    answers = [frame for frame in people.values() if "note" in frame]
    if all(are_notes(frame["note"]) for frame in answers):
        return {}
    return {name: name for frame in answers for name in sorted(map(str, frame))}
