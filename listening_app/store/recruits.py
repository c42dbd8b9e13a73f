"""Who the raters are: kept apart from what they said, and only until they are paid."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from listening_app.store.models import RECRUITS, SESSIONS
from listening_app.store.records import Recruit, utc


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


def forget_identities(connection: Connection, paid_only: bool = True) -> int:
    """Delete identities that paying needs no longer (or all); their number. Answers stay."""
    statement = delete(RECRUITS)
    if paid_only:
        statement = statement.where(RECRUITS.c.paid_at.is_not(None))
    return connection.execute(statement).rowcount
