"""Who holds which sheet.

A sheet is free when nobody holds it and nobody has completed it. New raters choose one after the
other, under the lock on the study's row (lease_clock.tick), and a sheet changes hands in one
statement that asks again whether it is free: no two raters get the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, case, null, select, update

from listening_app.store.errors import StudyFull
from listening_app.store.models import SESSIONS, SHEETS
from listening_app.store.plan import Plan


def release_silent(connection: Connection, clock: float, lease_seconds: float) -> int:
    """Take back the sheets of sessions that were silent for longer than a lease; their number.

    What they answered stays, and when they come back they go on (`reclaim`).
    """
    silent = (
        select(SESSIONS.c.session)
        .where(SESSIONS.c.outcome == "active", SESSIONS.c.lease_seen < clock - lease_seconds)
        # A row that somebody works on right now is not silent.
        .with_for_update(skip_locked=True)
    )
    dropped = list(connection.execute(silent).scalars())
    for start in range(0, len(dropped), 500):
        part = dropped[start : start + 500]
        connection.execute(
            update(SESSIONS).where(SESSIONS.c.session.in_(part)).values(outcome="dropped")
        )
        release(connection, part)
    return len(dropped)


def choose(connection: Connection, plan: Plan) -> str | StudyFull:
    """The free sheet whose items have the fewest ratings, in the order of the build.

    Counted are completed sheets and those with a rater. Surplus sheets come last. StudyFull when
    every item has its ratings, or no sheet is free.
    """
    statement = select(SHEETS.c.sheet, SHEETS.c.holder, SHEETS.c.completions)
    rows = connection.execute(statement).all()
    completed = fill(plan, {sheet: times for sheet, _, times in rows})
    if min(completed, default=plan.needed) >= plan.needed:
        return StudyFull(is_final=True)
    held = fill(plan, {sheet: 1 for sheet, holder, _ in rows if holder is not None})
    need = [max(0, plan.needed - a - b) for a, b in zip(completed, held, strict=True)]
    free = {sheet for sheet, holder, times in rows if holder is None and times == 0}
    if not free:
        return StudyFull(is_final=False)
    missing = {
        sheet: sum(map(need.__getitem__, plan.items[sheet]))
        for sheet in plan.items
        if sheet in free
    }
    return min(
        missing, key=lambda sheet: (missing[sheet] == 0, sheet in plan.surplus, -missing[sheet])
    )


def fill(plan: Plan, times: Mapping[str, int]) -> list[int]:
    """How many ratings each item has when the sheets are filled so many `times`."""
    ratings = [0] * len(plan.item_names)
    for sheet, number in times.items():
        if number:
            for item in plan.items[sheet]:
                ratings[item] += number
    return ratings


def claim(connection: Connection, sheet: str, session: str) -> bool:
    """Give the sheet to the session if it is free; whether it was."""
    statement = (
        update(SHEETS)
        .where(SHEETS.c.sheet == sheet, SHEETS.c.holder.is_(None), SHEETS.c.completions == 0)
        .values(holder=session)
    )
    return connection.execute(statement).rowcount == 1


def release(connection: Connection, sessions: Iterable[str]) -> None:
    """Free the sheets that these sessions hold."""
    connection.execute(
        update(SHEETS).where(SHEETS.c.holder.in_(list(sessions))).values(holder=null())
    )


def complete(connection: Connection, sheet: str, session: str) -> None:
    """Count the sheet as filled once more; another rater who holds it by now keeps it."""
    is_holder = SHEETS.c.holder == session
    connection.execute(
        update(SHEETS)
        .where(SHEETS.c.sheet == sheet)
        .values(
            completions=SHEETS.c.completions + 1,
            holder=case((is_holder, null()), else_=SHEETS.c.holder),
        )
    )


def uncount(connection: Connection, sheet: str) -> None:
    """Take back one completion of the sheet, when a rater's data are erased."""
    connection.execute(
        update(SHEETS).where(SHEETS.c.sheet == sheet).values(completions=SHEETS.c.completions - 1)
    )
