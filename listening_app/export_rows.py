"""The rows of an export, from the database and the study's tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from listening_app.store.models import QUESTION_ANSWERS, SESSIONS, STUDY, TRIAL_ANSWERS
from listening_app.store.plan import Plan, judged
from listening_app.store.text import harmless
from listening_app.study import Trial

SYNTHETIC = " (synthetic)"
"""Ends the study's name in every table of a rehearsal, whose raters are invented."""

NO_CHOICE = "none"
"""The choice of a comparison (cmos) in which both are about the same."""


@dataclass(frozen=True)
class Exported:
    """All rows, unsorted: `given` are those of ratings or choices. `study` is as in the tables."""

    study: str
    is_synthetic: bool
    given: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    answers: list[dict[str, Any]]


def exported(connection: Connection, plan: Plan) -> Exported:
    """Read everything that raters gave."""
    is_synthetic = bool(connection.execute(select(STUDY.c.is_synthetic)).scalar_one())
    study = plan.study.settings.name + (SYNTHETIC if is_synthetic else "")
    sessions = {row.session: row for row in connection.execute(select(SESSIONS))}
    given = [
        filled
        for row in connection.execute(select(TRIAL_ANSWERS))
        for filled in _given_rows(plan, study, sessions[row.session], row)
    ]
    answers = [
        {
            "study": study,
            "session": row.session,
            "question": row.question,
            "answer": harmless(row.answer),
        }
        for row in connection.execute(select(QUESTION_ANSWERS))
    ]
    listed = [_session_row(study, row) for row in sessions.values()]
    return Exported(study, is_synthetic, given, listed, answers)


def _session_row(study: str, row: Row[Any]) -> dict[str, Any]:
    return {
        "study": study,
        "session": row.session,
        "participant": row.participant,
        "platform": harmless(row.platform),
        "sheet": row.sheet,
        **_device(row),
        "language": harmless(row.language),
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "outcome": row.outcome,
    }


def _device(row: Row[Any]) -> dict[str, Any]:
    return {
        "device": harmless(row.device),
        "antiphase_hits": row.antiphase_hits,
        "huggins_hits": row.huggins_hits,
    }


def _given_rows(
    plan: Plan, study: str, session: Row[Any], row: Row[Any]
) -> Iterator[dict[str, Any]]:
    """The rows of one answer: one, or one a judged slot of mushra."""
    trial = plan.sheet(session.sheet).trials[row.position - 1]
    shared = {
        "study": study,
        "test": plan.study.settings.test,
        "session": session.session,
        "position": row.position,
        "participant": session.participant,
        "kind": trial.kind,
        "note": trial.note.name,
        **_device(session),
        "plays": row.plays,
        "listened_seconds": row.listened_seconds,
        "seconds": row.seconds,
        "submitted_at": row.submitted_at,
        "comment": harmless(row.comment),
    }
    values = json.loads(row.given)
    if plan.study.settings.test in ("mos", "mushra"):
        for scored in _scores(plan, trial, values):
            yield {**shared, **scored}
    else:
        yield {**shared, **_comparison(plan, trial, values)}


def _scores(plan: Plan, trial: Trial, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    low, high = plan.study.settings.limits
    times: Counter[str] = Counter()
    for slot in judged(trial):
        system = plan.system(trial, slot)
        times[system] += 1
        # A trap of mushra may hold one anchor in several slots; the table's key tells them apart.
        name = system if times[system] == 1 else f"{system} ({times[system]})"
        yield {
            "system": name,
            "score": values.get(slot, values.get("score")),
            "scale_min": low,
            "scale_max": high,
            "expected": _expected_score(plan, trial, slot),
        }


def _expected_score(plan: Plan, trial: Trial, slot: str) -> float | None:
    """The right score; a slot that is expected (mushra) has the highest."""
    if trial.expected == slot:
        return plan.study.settings.limits[1]
    is_score = trial.expected and trial.expected not in judged(trial)
    return float(trial.expected) if is_score else None


def _comparison(plan: Plan, trial: Trial, values: dict[str, Any]) -> dict[str, Any]:
    slots = {slot.name: plan.system(trial, slot.name) for slot in trial.slots}
    graded = {"score": values["score"]} if "score" in values else {}
    chosen = values["choice"] if "choice" in values else _better(values["score"])
    expected = trial.expected
    if expected and expected not in slots:
        expected = _better(float(expected))
    return {
        "reference": slots.get("X", ""),
        "a": slots["A"],
        "b": slots["B"],
        "choice": slots.get(chosen, NO_CHOICE),
        "expected": slots.get(expected, ""),
        **graded,
    }


def _better(score: float) -> str:
    """The slot that a comparison score prefers; empty for neither."""
    return "B" if score > 0 else "A" if score < 0 else ""
