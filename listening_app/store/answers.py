"""Answers to trials: each stored once, in order, and the code when the last one is."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from listening_app.store import leases
from listening_app.store.codes import new_code
from listening_app.store.errors import (
    Conflict,
    InvalidAnswer,
    NotFinished,
    OutOfOrder,
    SessionClosed,
    WrongStage,
)
from listening_app.store.models import TRIAL_ANSWERS
from listening_app.store.plan import TRIALS, Plan, judged
from listening_app.store.records import Answer, Saved, utc
from listening_app.store.sessions import find, touch
from listening_app.store.text import clean
from listening_app.study import Trial

_UUID = re.compile(r"[A-Za-z0-9-]{8,64}")
_MOST_PLAYS = 100_000
_MOST_SECONDS = 10_000_000.0

# Made once: putting a statement together takes longer than running it.
_STORED = select(TRIAL_ANSWERS).where(
    TRIAL_ANSWERS.c.session == bindparam("session"),
    TRIAL_ANSWERS.c.position == bindparam("position"),
)
_EARLIER = select(TRIAL_ANSWERS.c.position).where(
    TRIAL_ANSWERS.c.session == bindparam("session"), TRIAL_ANSWERS.c.uuid == bindparam("uuid")
)
_INSERT = insert(TRIAL_ANSWERS)


def save_answer(
    connection: Connection, plan: Plan, now: float, session: str, answer: Answer
) -> Saved:
    """Store one answer. The same one sent again is fine: the first stays, the reply is the same.

    Raises OutOfOrder for a trial that is not the next, Conflict for a trial that has another
    answer, InvalidAnswer, WrongStage before the trials, SessionClosed, UnknownSession.
    """
    row = find(connection, session, lock=True)
    trials = plan.sheet(row.sheet).trials
    if row.outcome in ("screened_out", "no_consent"):
        raise SessionClosed(row.outcome)
    stage = plan.standing(row.stage)
    if stage != TRIALS:
        raise WrongStage(stage)
    if not 1 <= answer.position <= len(trials):
        raise InvalidAnswer(f"position {answer.position}: the sheet has {len(trials)} trials")
    if answer.position < row.position:
        return _again(connection, row, answer, len(trials))
    if answer.position > row.position:
        raise OutOfOrder(row.position)
    trial = trials[answer.position - 1]
    _insert(connection, plan, trial, session, answer, now)
    is_last = answer.position == len(trials)
    changes: dict[str, Any] = {"stage": stage, "position": answer.position + 1}
    if is_last:
        changes |= {"outcome": "complete", "finished_at": utc(now), "code": new_code()}
    touch(connection, row, now, **changes)
    if is_last:
        leases.complete(connection, row.sheet, session)
    return Saved(answer.position + 1, is_last)


def complete(connection: Connection, session: str) -> str:
    """The session's completion code. Raises NotFinished unless every answer is stored."""
    row = find(connection, session)
    if row.outcome in ("screened_out", "no_consent"):
        raise SessionClosed(row.outcome)
    if row.code is None:
        raise NotFinished(row.position)
    return str(row.code)


def stored_answer(connection: Connection, session: str, position: int) -> Answer:
    """The answer at a position that has one."""
    row = connection.execute(_STORED, {"session": session, "position": position}).one()
    return Answer(
        position=row.position,
        uuid=row.uuid,
        values=json.loads(row.given),
        plays=row.plays,
        listened_seconds=row.listened_seconds,
        seconds=row.seconds,
        comment=row.comment,
    )


def _again(connection: Connection, row: Row[Any], answer: Answer, trials: int) -> Saved:
    """The reply to an answer to a trial that has one."""
    stored = stored_answer(connection, row.session, answer.position)
    if stored.uuid != answer.uuid:
        raise Conflict(stored, row.position)
    return Saved(row.position, row.position > trials)


def _insert(
    connection: Connection, plan: Plan, trial: Trial, session: str, answer: Answer, now: float
) -> None:
    values = checked_values(plan, trial, answer)
    if not isinstance(answer.uuid, str) or _UUID.fullmatch(answer.uuid) is None:
        raise InvalidAnswer("uuid: not 8 to 64 letters, digits and -")
    names = {"session": session, "uuid": answer.uuid}
    earlier = connection.execute(_EARLIER, names).scalar_one_or_none()
    if earlier is not None:
        raise InvalidAnswer(f"uuid: that of the answer to trial {earlier}")
    given = {
        **names,
        "position": answer.position,
        "trial": trial.id,
        "given": json.dumps(values, sort_keys=True),
        "plays": int(_number("plays", answer.plays, _MOST_PLAYS)),
        "listened_seconds": _number("listened_seconds", answer.listened_seconds, _MOST_SECONDS),
        "seconds": _number("seconds", answer.seconds, _MOST_SECONDS),
        "comment": clean(answer.comment),
        "submitted_at": utc(now),
    }
    connection.execute(_INSERT, given)


def checked_values(plan: Plan, trial: Trial, answer: Answer) -> dict[str, Any]:
    """What the rater gave, if the trial can have it. Raises InvalidAnswer otherwise."""
    settings = plan.study.settings
    slots = judged(trial)
    values: dict[str, Any] = dict(answer.values)
    expected = {"choice"} if settings.is_choice else {"score"}
    if settings.test == "mushra":
        expected = set(slots)
    if values.keys() != expected:
        raise InvalidAnswer(f"expected {', '.join(sorted(expected))}")
    if settings.is_choice:
        if values["choice"] not in slots:
            raise InvalidAnswer(f"choice: one of {', '.join(slots)}")
        return values
    low, high = settings.limits
    for name, score in values.items():
        # A bool is an int to Python, and NaN is in no range.
        is_number = type(score) is int or (settings.test == "mushra" and type(score) is float)
        if not (is_number and low <= score <= high):
            raise InvalidAnswer(f"{name}: a number from {low} to {high}")
    return values


def _number(name: str, value: float, most: float) -> float:
    """A finite number, 0 or more; what cannot be true is cut to the most that can."""
    is_number = type(value) is int or (type(value) is float and math.isfinite(value))
    if not is_number or value < 0:
        raise InvalidAnswer(f"{name}: not a number of 0 or more")
    return float(min(value, most))
