"""Erasing one rater's data: on request, or because they do not agree to take part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, delete, select, update

from listening_app.platform_names import PLATFORMS
from listening_app.store import leases
from listening_app.store.codes import participant_hash
from listening_app.store.models import QUESTION_ANSWERS, RECRUITS, SESSIONS, STUDY, TRIAL_ANSWERS
from listening_app.store.records import utc


@dataclass(frozen=True)
class Erased:
    """What was removed: the participants' hashes, and how many rows of each kind."""

    participants: tuple[str, ...]
    trial_answers: int
    question_answers: int


def erase(
    connection: Connection, secret: bytes, identity: str, platform: str | None = None
) -> Erased:
    """Remove every row of a rater: session, answers, identity. Their sheet is free again.

    `identity` is what the platform calls the rater, or the participant's hash in the tables. It
    is found also after the identity itself was deleted. Without `platform`, on any platform.
    """
    connection.execute(select(STUDY.c.id).with_for_update())  # nobody joins meanwhile
    rows = connection.execute(_of(secret, identity, platform).with_for_update()).all()
    answers = questions = 0
    for row in rows:
        answers += _delete(connection, TRIAL_ANSWERS, row.session)
        questions += _delete(connection, QUESTION_ANSWERS, row.session)
        _delete(connection, RECRUITS, row.session)
        _delete(connection, SESSIONS, row.session)
        leases.release(connection, [row.session])
        if row.outcome == "complete":
            leases.uncount(connection, row.sheet)
    return Erased(tuple(sorted(row.participant for row in rows)), answers, questions)


def withdraw(connection: Connection, row: Row[Any], now: float) -> None:
    """End a session without consent: all that the rater gave goes, and who they are.

    What stays is the choice, its time and the participant's hash, by which they are known again.
    """
    for table in (TRIAL_ANSWERS, QUESTION_ANSWERS, RECRUITS):
        _delete(connection, table, row.session)
    connection.execute(
        update(SESSIONS)
        .where(SESSIONS.c.session == row.session)
        .values(
            outcome="no_consent",
            stage="consent",
            position=1,
            device="",
            antiphase_hits=None,
            huggins_hits=None,
            seen_at=utc(now),
            finished_at=utc(now),
        )
    )
    leases.release(connection, [row.session])


def is_known(
    connection: Connection, secret: bytes, identity: str, platform: str | None = None
) -> bool:
    """Whether there is anything of this rater that `erase` would remove."""
    return connection.execute(_of(secret, identity, platform)).first() is not None


def _of(secret: bytes, identity: str, platform: str | None) -> Select[Any]:
    """The rater's sessions, one on each platform at most."""
    platforms = (platform,) if platform else PLATFORMS
    names = {identity, *(participant_hash(secret, each, identity) for each in platforms)}
    return select(SESSIONS).where(SESSIONS.c.participant.in_(sorted(names)))


def _delete(connection: Connection, table: Table, session: str) -> int:
    return connection.execute(delete(table).where(table.c.session == session)).rowcount
