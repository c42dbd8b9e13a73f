"""The clock by which leases run: only time in which somebody looked counts.

The computer's clock may jump, and a server may be down for a night while raters wait. So leases
are not judged by the time of day. The study's row keeps a clock of its own, moved on whenever a
sheet is asked for or `Store.expire` runs: by the seconds since the last look, but never by more
than a quarter of a lease, and never back. A jump of the clock therefore ends no active lease, and
after an outage every rater finds their sheet.
"""

from __future__ import annotations

from sqlalchemy import Connection, ScalarSelect, select, update

from listening_app.store.models import STUDY

LARGEST_STEP = 0.25
"""Of a lease: what one look may move the clock by."""

BACKWARD_JUMP_SECONDS = 60.0
"""Clocks of two servers differ by less; one that goes back by more has jumped."""


def tick(connection: Connection, now: float, lease_seconds: float) -> float:
    """Move the lease clock on and return it. Locks the study's row until the transaction ends.

    `now` is the time of day in seconds.
    """
    row = connection.execute(
        select(STUDY.c.lease_clock, STUDY.c.observed_at).with_for_update()
    ).one()
    passed = now - row.observed_at
    if -BACKWARD_JUMP_SECONDS < passed <= 0:
        return float(row.lease_clock)
    clock: float = row.lease_clock + min(max(passed, 0.0), LARGEST_STEP * lease_seconds)
    connection.execute(update(STUDY).values(lease_clock=clock, observed_at=now))
    return clock


def reading() -> ScalarSelect[float]:
    """The lease clock as it stands, as a part of a statement."""
    return select(STUDY.c.lease_clock).scalar_subquery()
