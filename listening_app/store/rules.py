"""Locking the screening rules before anybody looks at the ratings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select, update

from listening_app.store.models import STUDY
from listening_app.store.records import utc
from sing import files
from sing.errors import SingError


@dataclass(frozen=True)
class LockedRules:
    """The rules that were locked: the file's name, the SHA-256 of its bytes, and when.

    `exported_at` is the time of an export before the lock; empty when there was none.
    """

    file: str
    sha256: str
    locked_at: str
    exported_at: str


def locked_rules(connection: Connection) -> LockedRules | None:
    """The locked rules; None as long as there are none."""
    row = connection.execute(select(STUDY)).one()
    if row.rules_sha256 is None:
        return None
    return LockedRules(
        row.rules_file, row.rules_sha256, row.rules_locked_at, row.exported_unlocked_at or ""
    )


def lock_rules(connection: Connection, path: Path, sha256: str, now: float) -> LockedRules:
    """Lock the rules in a file with this hash, once. The same rules again change nothing.

    Raises SingError when other rules are locked.
    """
    connection.execute(select(STUDY.c.id).with_for_update())
    locked = locked_rules(connection)
    if locked is not None and locked.sha256 != sha256:
        raise SingError(
            f"{path}: other rules were locked at {locked.locked_at} ({locked.file}); "
            "locked rules stay as they are"
        )
    if locked is None:
        values = {"rules_file": path.name, "rules_sha256": sha256, "rules_locked_at": utc(now)}
        connection.execute(update(STUDY).values(values))
        locked = locked_rules(connection)
        if locked is None:
            raise AssertionError  # just stored
    return locked


def note_unlocked_export(connection: Connection, now: float) -> None:
    """Remember the first export that was made before the rules were locked."""
    connection.execute(
        update(STUDY)
        .where(STUDY.c.rules_sha256.is_(None), STUDY.c.exported_unlocked_at.is_(None))
        .values(exported_unlocked_at=utc(now))
    )


def check_rules(path: Path) -> None:
    """Raise SingError for a file that cannot be one of screening rules, as a lock is for good.

    Whether the rules are sound is for the analysis to say, which the app does without.
    """
    values = files.read_toml(path)
    rules = [key for key, value in values.items() if isinstance(value, dict)]
    if not isinstance(values.get("name"), str) or not rules:
        raise SingError(
            f"{path}: has no name and no table of a rule, so it holds no screening rules; take "
            "those that sing-eval analyze screen --rules NAME --print-rules prints"
        )


def matches(locked: LockedRules, path: Path) -> bool:
    """Whether the file holds the very bytes that were locked."""
    return path.is_file() and files.sha256(path) == locked.sha256
