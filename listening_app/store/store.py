"""The store: everything that raters do, each method one transaction."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, func, select, update

from listening_app.store import answers, lease_clock, leases, recruits, rules, schema, sessions
from listening_app.store import counts as counting
from listening_app.store import erase as erasing
from listening_app.store.codes import study_secret
from listening_app.store.database import Database, database_url
from listening_app.store.errors import Refused, StoreUnavailable
from listening_app.store.models import SESSIONS, STUDY
from listening_app.store.plan import Plan
from listening_app.store.records import Answer, Clock, Rater, Recruit, Saved, SessionState
from listening_app.store.recruits import Whose
from listening_app.study import Study
from sing import files, log
from sing.errors import SingError


class Store:
    """What people did in one study. Safe for many threads and processes at once.

    Every method raises StoreUnavailable when the database cannot be used: nothing was stored, and
    the same call may be made again. `clock` is time.time, or a test's.
    """

    def __init__(
        self,
        study: Study,
        url: str | None = None,
        clock: Clock = time.time,
        create: bool = True,
    ) -> None:
        """Open the study's database, study.db in its folder unless `url` names another.

        With `create` a missing database, its tables and the study's secret are made. Raises
        SingError when the database is another study's, or of another version.
        """
        self.plan = Plan(study)
        self._clock = clock
        address = database_url(url, study.folder)
        is_file = address.get_backend_name() == "sqlite"
        is_there = Path(str(address.database)).is_file()
        if is_file and not create and not is_there:
            raise SingError(
                f"{address.database}: there are no answers yet; sing-eval study serve "
                f"{study.folder} begins the study"
            )
        self._secret = study_secret(study.folder, create and not (is_file and is_there))
        self.database = Database(address)
        try:
            self._prepare(create)
        except BaseException:
            self.close()
            raise

    def _prepare(self, create: bool) -> None:
        where = self.database.where
        self.database.write(
            lambda connection: schema.prepare(
                connection, self.plan, self._secret, self._clock(), where, create
            )
        )
        self.database.remember_file()

    @property
    def secret(self) -> bytes:
        """The study's secret, 32 bytes, from which tokens are signed."""
        return self._secret

    def join(
        self,
        platform: str,
        identity: str,
        language: str = "en",
        details: Mapping[str, str] | None = None,
    ) -> SessionState:
        """A session for this rater: their own if they were here before, else on a new sheet.

        `details` is kept with the identity for paying. Raises StudyFull, and AlreadyDone with the
        session that has ended.
        """
        rater = Rater(platform, identity, language, details or {})
        found = self.database.write(
            lambda connection: sessions.join(
                connection, self.plan, self._secret, self._clock(), rater
            )
        )
        if isinstance(found, Refused):
            raise found
        return found

    def state(self, session: str) -> SessionState:
        """Where the session stands. Raises UnknownSession."""
        return self.database.read(
            lambda connection: sessions.state_of(self.plan, sessions.find(connection, session))
        )

    def record_stage(self, session: str, stage: str, data: Mapping[str, Any]) -> SessionState:
        """End a stage before the trials; sending it again changes nothing.

        consent: {"given": True}; anything else, also later, withdraws: all that the rater gave is
        deleted, and who they are. questions: answers by key. sound: {"device": ...}. headphones:
        {"antiphase_hits": 6, "huggins_hits": 5, "device": ...}; under the policy `require` a rater
        who passes neither test is screened out. Raises WrongStage, SessionClosed, InvalidAnswer,
        UnknownSession.
        """
        state = self.database.write(
            lambda connection: sessions.record_stage(
                connection, self.plan, self._clock(), session, stage, data
            )
        )
        # No matter if it fails: other raters' answers are not to wait for it.
        if state.outcome == "no_consent" and not self.database.forget_deleted(is_patient=False):
            log.info("%s: read by others, so its log still has deleted rows", self.database.where)
        return state

    def save_answer(self, session: str, answer: Answer) -> Saved:
        """Store an answer; when this returns, it is on disk. Sending it again changes nothing.

        Raises OutOfOrder, Conflict (with the stored answer), InvalidAnswer, WrongStage,
        SessionClosed, UnknownSession.
        """
        return self.database.write(
            lambda connection: answers.save_answer(
                connection, self.plan, self._clock(), session, answer
            )
        )

    def complete(self, session: str) -> str:
        """The completion code, always the same one. Raises NotFinished before the last answer."""
        return self.database.read(lambda connection: answers.complete(connection, session))

    def expire(self) -> int:
        """Move the lease clock on and take back the sheets of silent raters; their number.

        Call it about twice a minute: time in which nobody calls counts only in part.
        """
        lease = self.plan.lease_seconds

        def operation(connection: Connection) -> int:
            clock = lease_clock.tick(connection, self._clock(), lease)
            return leases.release_silent(connection, clock, lease)

        return self.database.write(operation)

    def counts(self) -> counting.Counts:
        """The study's progress, without any score."""
        return self.database.read(
            lambda connection: counting.counts(connection, self.plan, self._clock())
        )

    def is_known(self, identity: str, platform: str | None = None) -> bool:
        """Whether there is anything of a rater that `erase` would remove."""
        return self.database.read(
            lambda connection: erasing.is_known(connection, self._secret, identity, platform)
        )

    def erase(self, identity: str, platform: str | None = None) -> erasing.Erased:
        """Remove every row of a rater, known by identity or by the participant's hash."""
        erased = self.database.write(
            lambda connection: erasing.erase(connection, self._secret, identity, platform)
        )
        self._forget_deleted()
        return erased

    def recruits(self) -> list[Recruit]:
        """The raters whose identity is still stored."""
        return self.database.read(recruits.recruits)

    def mark_paid(self, session_ids: Sequence[str]) -> int:
        """Note that these raters are paid; how many were not before."""
        return self.database.write(lambda c: recruits.mark_paid(c, session_ids, self._clock()))

    def forget_identities(self, whose: Whose = "paid") -> int:
        """Delete the identities of these raters; their number."""
        number = self.database.write(
            lambda connection: recruits.forget_identities(connection, whose)
        )
        self._forget_deleted()
        return number

    def _forget_deleted(self) -> None:
        if not self.database.forget_deleted():
            raise StoreUnavailable(
                f"{self.database.where}: deleted, but its log still has the bytes, as another "
                "program reads it; stop the server, then run sing-eval study status, which "
                "empties the log"
            )

    def lock_rules(self, path: Path) -> rules.LockedRules:
        """Lock the screening rules in a file. Raises SingError when others are locked."""
        rules.check_rules(path)
        sha256 = files.sha256(path)
        return self.database.write(lambda c: rules.lock_rules(c, path, sha256, self._clock()))

    def mark_synthetic(self) -> None:
        """Mark all that this database holds as invented, for good.

        Raises SingError when there are raters already.
        """

        def operation(connection: Connection) -> None:
            connection.execute(select(STUDY.c.id).with_for_update())
            raters = connection.execute(select(func.count()).select_from(SESSIONS)).scalar_one()
            is_marked = connection.execute(select(STUDY.c.is_synthetic)).scalar_one()
            if raters and not is_marked:
                raise SingError(
                    f"{self.database.where}: has real raters; rehearse with another database"
                )
            connection.execute(update(STUDY).values(is_synthetic=True))

        self.database.write(operation)

    def note_unlocked_export(self) -> None:
        """Remember that the answers were exported before the rules were locked."""
        self.database.write(
            lambda connection: rules.note_unlocked_export(connection, self._clock())
        )

    def close(self) -> None:
        """Give back all connections."""
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
