"""The tables of a study's database: what people did, and who holds which sheet.

Times are text, UTC, ISO 8601; lease times are seconds of the lease clock
(listening_app.store.lease_clock). Everything exported can be read from here and the study's folder.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 1
"""Raised with every change of the tables: an older database is refused, never changed."""

METADATA = MetaData()


def _session_key() -> Column[str]:
    return Column("session", String(32), ForeignKey("sessions.session"), primary_key=True)


STUDY = Table(
    "study",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: one study a database
    Column("schema_version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("secret_check", Text, nullable=False),  # tells whether secret.key is the same
    Column("created_at", Text, nullable=False),
    Column("is_synthetic", Boolean, nullable=False),
    Column("lease_clock", Double, nullable=False),
    Column("observed_at", Double, nullable=False),
    Column("rules_file", Text),
    Column("rules_sha256", Text),
    Column("rules_locked_at", Text),
    Column("exported_unlocked_at", Text),  # first export before the rules were locked
)

SHEETS = Table(
    "sheets",
    METADATA,
    Column("sheet", Text, primary_key=True),
    Column("holder", String(32)),  # the session with an active lease
    Column("completions", Integer, nullable=False),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("session", String(32), primary_key=True),
    Column("participant", String(32), nullable=False, unique=True),
    Column("platform", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("position", Integer, nullable=False),  # of the next trial, from 1
    Column("outcome", Text, nullable=False, index=True),
    Column("language", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("antiphase_hits", Integer),
    Column("huggins_hits", Integer),
    Column("started_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("lease_seen", Double, nullable=False),  # the lease clock at the last activity
    Column("code", String(32), unique=True),
)

TRIAL_ANSWERS = Table(
    "trial_answers",
    METADATA,
    _session_key(),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("uuid", String(64), nullable=False),
    Column("trial", Text, nullable=False),
    Column("given", Text, nullable=False),  # JSON
    Column("plays", Integer, nullable=False),
    Column("listened_seconds", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("comment", Text, nullable=False),
    Column("submitted_at", Text, nullable=False),
    UniqueConstraint("session", "uuid"),
)

QUESTION_ANSWERS = Table(
    "question_answers",
    METADATA,
    _session_key(),
    Column("question", String(200), primary_key=True),
    Column("answer", Text, nullable=False),
)

RECRUITS = Table(
    "recruits",
    METADATA,
    # Who the raters are, kept apart and only as long as paying needs it.
    _session_key(),
    Column("platform", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("details", Text, nullable=False),  # JSON: what the platform sent along
    Column("paid_at", Text),
)
