"""Who the raters are: kept apart from what they said, and only while paying needs it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, delete, insert, not_, select, update

from listening_app.store.models import RECRUITS, SESSIONS
from listening_app.store.records import ENDED, Rater, Recruit, utc
from listening_app.store.text import MAX_SHORT_TEXT, clean

Whose = Literal["paid", "not owed", "all"]
"""Raters who are paid; also all who did not finish; everybody."""


def keep(connection: Connection, session: str, rater: Rater) -> None:
    """Store who the rater of a session is."""
    connection.execute(
        insert(RECRUITS).values(
            session=session,
            platform=clean(rater.platform, MAX_SHORT_TEXT),
            identity=clean(rater.identity),
            details=_text(rater.details),
        )
    )


def renew(connection: Connection, row: Row[Any], rater: Rater) -> None:
    """Note with what a rater came back to a session, as long as they are not paid.

    On Prolific somebody whose time ran out comes again with another submission, which is then the
    one to be approved.
    """
    known = RECRUITS.c.session == row.session
    is_there = connection.execute(select(RECRUITS.c.session).where(known)).first() is not None
    if not is_there and row.outcome not in ENDED:
        keep(connection, row.session, rater)  # deleted while they were away
    elif is_there and rater.details:
        unpaid = update(RECRUITS).where(known, RECRUITS.c.paid_at.is_(None))
        connection.execute(unpaid.values(details=_text(rater.details)))


def _text(details: Mapping[str, str]) -> str:
    cleaned = {clean(key): clean(value) for key, value in details.items()}
    return json.dumps(cleaned, sort_keys=True)


def recruits(connection: Connection) -> list[Recruit]:
    """All raters whose identity is still stored, in the order in which they came."""
    joined = (
        select(RECRUITS, *(SESSIONS.c[name] for name in _OF_SESSION))
        .join(SESSIONS, SESSIONS.c.session == RECRUITS.c.session)
        .order_by(SESSIONS.c.started_at, SESSIONS.c.session)
    )
    return [
        Recruit(
            session=row.session,
            platform=row.platform,
            identity=row.identity,
            outcome=row.outcome,
            code=row.code,
            started_at=row.started_at,
            finished_at=row.finished_at,
            paid_at=row.paid_at,
            details=json.loads(row.details),
        )
        for row in connection.execute(joined)
    ]


_OF_SESSION = ("outcome", "code", "started_at", "finished_at")


def mark_paid(connection: Connection, sessions: Sequence[str], now: float) -> int:
    """Note that these raters are paid, and when first; how many were not before."""
    statement = (
        update(RECRUITS)
        .where(RECRUITS.c.session.in_(list(sessions)), RECRUITS.c.paid_at.is_(None))
        .values(paid_at=utc(now))
    )
    return connection.execute(statement).rowcount


def forget_identities(connection: Connection, whose: Whose = "paid") -> int:
    """Delete the identities of these raters; their number. Answers stay."""
    finished = select(SESSIONS.c.session).where(SESSIONS.c.outcome == "complete")
    is_owed = and_(RECRUITS.c.paid_at.is_(None), RECRUITS.c.session.in_(finished))
    statement = delete(RECRUITS)
    if whose == "paid":
        statement = statement.where(RECRUITS.c.paid_at.is_not(None))
    elif whose == "not owed":
        statement = statement.where(not_(is_owed))
    return connection.execute(statement).rowcount
