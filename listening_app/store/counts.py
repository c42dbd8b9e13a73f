"""How a study is going: counts, times, drop-outs; never scores, so nobody can peek."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from listening_app.store import leases
from listening_app.store.models import SESSIONS, SHEETS, STUDY, TRIAL_ANSWERS
from listening_app.store.plan import TRIALS, Plan

HOUR = 3600.0


@dataclass(frozen=True)
class ItemCount:
    """Ratings of one item: in completed sheets, in sheets with a rater now, and as planned."""

    item: str
    filled: int
    held: int
    needed: int


@dataclass(frozen=True)
class Headphones:
    """Raters who did the headphone tests, and which share of them passed which test."""

    tested: int
    antiphase: float | None
    huggins: float | None
    either: float | None


@dataclass(frozen=True)
class Counts:
    """The progress of a study. Shares are None where nobody was counted.

    `stages_left` says at which stage those who dropped out stood. Paces are completed sessions an
    hour: since the first rater came, and in the last hour.
    """

    study: str
    is_synthetic: bool
    items: tuple[ItemCount, ...]
    sheets: int
    sheets_completed: int
    sheets_held: int
    outcomes: Mapping[str, int]
    stages_left: Mapping[str, int]
    answers: int
    median_trial_seconds: float | None
    median_session_minutes: float | None
    headphones: Headphones
    first_at: str | None
    joined_last_hour: int
    completed_last_hour: int
    completed_per_hour: float | None
    cost: float
    currency: str

    @property
    def filled_share(self) -> float:
        """The part of all needed ratings that is there, from 0 to 1."""
        needed = sum(item.needed for item in self.items)
        return sum(min(item.filled, item.needed) for item in self.items) / max(needed, 1)


def counts(connection: Connection, plan: Plan, now: float) -> Counts:
    """The study's progress at the time `now` (seconds)."""
    sessions = connection.execute(select(SESSIONS)).all()
    sheets = connection.execute(select(SHEETS)).all()
    study = connection.execute(select(STUDY)).one()
    seconds = connection.execute(select(TRIAL_ANSWERS.c.seconds)).scalars().all()
    completed = leases.fill(plan, {row.sheet: row.completions for row in sheets})
    held = leases.fill(plan, {row.sheet: 1 for row in sheets if row.holder is not None})
    outcomes = Counter(row.outcome for row in sessions)
    settings = plan.study.settings
    started = [_seconds(row.started_at) for row in sessions]
    finished = [_seconds(row.finished_at) for row in sessions if row.outcome == "complete"]
    hours = (now - min(started)) / HOUR if started else 0.0
    return Counts(
        study=study.name,
        is_synthetic=study.is_synthetic,
        items=tuple(
            ItemCount(name, done, active, plan.needed)
            for name, done, active in zip(plan.item_names, completed, held, strict=True)
        ),
        sheets=len(sheets),
        sheets_completed=sum(row.completions > 0 for row in sheets),
        sheets_held=sum(row.holder is not None for row in sheets),
        outcomes=dict(sorted(outcomes.items())),
        stages_left=_stages_left(plan, sessions),
        answers=len(seconds),
        median_trial_seconds=_median(seconds),
        median_session_minutes=_median(_durations(sessions)),
        headphones=_headphones(plan, sessions),
        first_at=min((row.started_at for row in sessions), default=None),
        joined_last_hour=sum(now - HOUR < time for time in started),
        completed_last_hour=sum(now - HOUR < time for time in finished),
        completed_per_hour=len(finished) / hours if hours > 0 else None,
        cost=settings.pay.amount * len(finished),
        currency=settings.pay.currency,
    )


def _stages_left(plan: Plan, sessions: Sequence[Row[Any]]) -> dict[str, int]:
    left = Counter(plan.standing(row.stage) for row in sessions if row.outcome == "dropped")
    return {stage: left[stage] for stage in (*plan.stages, TRIALS) if left[stage]}


def _headphones(plan: Plan, sessions: Sequence[Row[Any]]) -> Headphones:
    needed = plan.study.settings.headphones.pass_hits
    hits = [
        (row.antiphase_hits or 0, row.huggins_hits or 0)
        for row in sessions
        if row.antiphase_hits is not None or row.huggins_hits is not None
    ]
    return Headphones(
        tested=len(hits),
        antiphase=_share([antiphase >= needed for antiphase, _ in hits]),
        huggins=_share([huggins >= needed for _, huggins in hits]),
        either=_share([max(both) >= needed for both in hits]),
    )


def _durations(sessions: Sequence[Row[Any]]) -> list[float]:
    return [
        (_seconds(row.finished_at) - _seconds(row.started_at)) / 60
        for row in sessions
        if row.outcome == "complete"
    ]


def _share(claims: Sequence[bool]) -> float | None:
    return sum(claims) / len(claims) if claims else None


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
