"""Sessions: joining, coming back, and the stages before the trials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from listening_app.store import lease_clock, leases, recruits
from listening_app.store.codes import new_session_id, participant_hash
from listening_app.store.erase import withdraw
from listening_app.store.errors import (
    AlreadyDone,
    InvalidAnswer,
    Refused,
    SessionClosed,
    UnknownSession,
    WrongStage,
)
from listening_app.store.models import QUESTION_ANSWERS, SESSIONS
from listening_app.store.plan import STAGES, TRIALS, Plan
from listening_app.store.records import ENDED, Rater, SessionState, utc
from listening_app.store.text import MAX_SHORT_TEXT, clean

MOST_HITS = 6

_SESSION_ID = re.compile(r"[0-9a-f]{24}")

# Made once: putting a statement together takes longer than running it.
_FIND = select(SESSIONS).where(SESSIONS.c.session == bindparam("session"))
_FIND_LOCKED = _FIND.with_for_update()
_TOUCH = (
    update(SESSIONS)
    .where(SESSIONS.c.session == bindparam("touched"))
    .values(lease_seen=lease_clock.reading())
)


def join(
    connection: Connection, plan: Plan, secret: bytes, now: float, rater: Rater
) -> SessionState | Refused:
    """A new session on the least-filled free sheet, or the rater's own session from before.

    A refusal is returned, not raised: the lease clock has moved on and is to be kept.
    """
    clock = lease_clock.tick(connection, now, plan.lease_seconds)
    participant = participant_hash(secret, rater.platform, rater.identity)
    row = connection.execute(
        select(SESSIONS).where(SESSIONS.c.participant == participant).with_for_update()
    ).one_or_none()
    if row is not None:
        recruits.renew(connection, row, rater)
        if row.outcome in ENDED:
            return AlreadyDone(state_of(plan, row))
        touch(connection, row, now)
        return state_of(plan, find(connection, row.session))
    leases.release_silent(connection, clock, plan.lease_seconds)
    session = new_session_id()
    sheet = leases.choose(connection, plan)
    # A rater who comes back late takes their sheet without the lock on the study's row.
    while isinstance(sheet, str) and not leases.claim(connection, sheet, session):
        sheet = leases.choose(connection, plan)
    if not isinstance(sheet, str):
        return sheet
    _insert(connection, plan, rater, now, clock, participant, session, sheet)
    return state_of(plan, find(connection, session))


def _insert(
    connection: Connection,
    plan: Plan,
    rater: Rater,
    now: float,
    clock: float,
    participant: str,
    session: str,
    sheet: str,
) -> None:
    connection.execute(
        insert(SESSIONS).values(
            session=session,
            participant=participant,
            platform=clean(rater.platform, MAX_SHORT_TEXT),
            sheet=sheet,
            stage=plan.stages[0],
            position=1,
            outcome="active",
            language=clean(rater.language, MAX_SHORT_TEXT),
            device="",
            started_at=utc(now),
            seen_at=utc(now),
            lease_seen=clock,
        )
    )
    recruits.keep(connection, session, rater)


def find(connection: Connection, session: str, lock: bool = False) -> Row[Any]:
    """The session's row, locked until the transaction ends if asked. Raises UnknownSession."""
    if _SESSION_ID.fullmatch(session) is None:
        raise UnknownSession
    statement = _FIND_LOCKED if lock else _FIND
    row = connection.execute(statement, {"session": session}).one_or_none()
    if row is None:
        raise UnknownSession
    return row


def touch(connection: Connection, row: Row[Any], now: float, **changes: object) -> None:
    """Note that the rater is active, and change columns of the session along with it.

    A rater whose sheet was taken back gets it again; if another has it by now, both complete it.
    """
    if row.outcome == "dropped":
        leases.claim(connection, row.sheet, row.session)
        changes = {"outcome": "active", **changes}
    connection.execute(_TOUCH, {"touched": row.session, "seen_at": utc(now), **changes})


def state_of(plan: Plan, row: Row[Any]) -> SessionState:
    """The state that a session's row tells."""
    trials = plan.sheet(row.sheet).trials
    stage = plan.standing(row.stage)
    if row.outcome in ENDED:
        stage = "done"
    elif stage == TRIALS and trials[row.position - 1].kind == "practice":
        stage = "practice"
    return SessionState(
        session=row.session,
        participant=row.participant,
        platform=row.platform,
        sheet=row.sheet,
        stage=stage,
        position=row.position,
        trials=len(trials),
        outcome=row.outcome,
        language=row.language,
        device=row.device,
        code=row.code,
    )


def record_stage(
    connection: Connection,
    plan: Plan,
    now: float,
    session: str,
    stage: str,
    data: Mapping[str, Any],
) -> SessionState:
    """End a stage with what the rater gave there, and go to the next.

    A stage that has been recorded already, or is no longer there, stays as it was: sending again
    is harmless. Who refuses consent after they gave it withdraws. Raises WrongStage for a stage
    that is not reached yet, SessionClosed, InvalidAnswer.
    """
    row = find(connection, session, lock=True)
    is_refusal = stage == "consent" and data.get("given") is not True
    if is_refusal and row.outcome in ("active", "dropped"):
        withdraw(connection, row, now)
    elif row.outcome == "screened_out" or (row.outcome == "no_consent" and not is_refusal):
        raise SessionClosed(row.outcome)
    elif row.outcome != "no_consent":
        _record(connection, plan, now, row, stage, data)
    return state_of(plan, find(connection, session))


def _record(
    connection: Connection,
    plan: Plan,
    now: float,
    row: Row[Any],
    stage: str,
    data: Mapping[str, Any],
) -> None:
    """Store what was given in the stage, unless the rater is past it."""
    at = plan.standing(row.stage)
    if stage not in STAGES[:-1] or STAGES.index(stage) > STAGES.index(at):
        raise WrongStage(state_of(plan, row).stage)
    if stage == at:
        changes = _changes(connection, plan, row, stage, data)
        following = plan.standing(STAGES[STAGES.index(stage) + 1])
        touch(connection, row, now, stage=following, **changes)
        if "outcome" in changes:
            ended = update(SESSIONS).where(SESSIONS.c.session == row.session)
            connection.execute(ended.values(finished_at=utc(now)))
            leases.release(connection, [row.session])


def _changes(
    connection: Connection, plan: Plan, row: Row[Any], stage: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Which columns of the session the stage fills; answers to questions are stored here."""
    changes: dict[str, Any] = {}
    if "device" in data:
        changes["device"] = clean(str(data["device"]), MAX_SHORT_TEXT)
    if stage == "questions":
        _store_questions(connection, plan, row.session, data)
    if stage == "headphones":
        hits = {name: _hits(data, name) for name in ("antiphase_hits", "huggins_hits")}
        changes |= hits
        policy = plan.study.settings.headphones
        best = max((number for number in hits.values() if number is not None), default=0)
        if policy.policy == "require" and best < policy.pass_hits:
            changes["outcome"] = "screened_out"
    return changes


def _hits(data: Mapping[str, Any], name: str) -> int | None:
    hits = data.get(name)
    if hits is None:
        return None
    if type(hits) is not int or not 0 <= hits <= MOST_HITS:
        raise InvalidAnswer(f"{name} is not a number from 0 to {MOST_HITS}")
    return hits


def _store_questions(
    connection: Connection, plan: Plan, session: str, data: Mapping[str, Any]
) -> None:
    """One row a question that was answered; what study.toml does not ask is refused."""
    asked = {question.key for question in plan.study.settings.questions}
    unknown = data.keys() - asked - {"device"}
    if unknown:
        raise InvalidAnswer(f"no question '{clean(min(unknown), MAX_SHORT_TEXT)}'")
    rows = [
        {"session": session, "question": key, "answer": clean(str(data[key]))}
        for key in sorted(data.keys() & asked)
        if data[key] is not None
    ]
    if rows:
        connection.execute(insert(QUESTION_ANSWERS), rows)
