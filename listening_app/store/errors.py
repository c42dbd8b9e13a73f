"""What the store refuses, and why: each class is one answer that the web layer can give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sing.errors import SingError

if TYPE_CHECKING:
    from listening_app.store.records import Answer, SessionState


class StoreUnavailable(SingError):
    """The database cannot be used for now: full disk, locked, gone. Nothing was stored; try again.

    The web layer answers 503, so that the browser keeps its queue and tries again.
    """


class Refused(Exception):
    """A request that the store does not carry out. Nothing was changed."""


class UnknownSession(Refused):
    """There is no session of this id."""

    def __init__(self) -> None:
        super().__init__("no such session")


class StudyFull(Refused):
    """No sheet is left for a new rater.

    `is_final`: every stimulus has its ratings; otherwise a sheet may come back later, from a rater
    who leaves.
    """

    def __init__(self, is_final: bool) -> None:
        reached = "every stimulus has its ratings"
        super().__init__(reached if is_final else "every sheet is with a rater now")
        self.is_final = is_final


class AlreadyDone(Refused):
    """The rater has ended a session before; `state` is that session, with its code."""

    def __init__(self, state: SessionState) -> None:
        super().__init__(f"the session has ended: {state.outcome}")
        self.state = state


class SessionClosed(Refused):
    """The session ended without trials: consent refused, or screened out."""

    def __init__(self, outcome: str) -> None:
        super().__init__(f"the session has ended: {outcome}")
        self.outcome = outcome


class WrongStage(Refused):
    """The session stands at another stage."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"the session is at the stage {stage}")
        self.stage = stage


class OutOfOrder(Refused):
    """An answer to a trial that is not the next; `position` is the next one."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the next trial is {position}")
        self.position = position


class Conflict(Refused):
    """The trial has another answer already, which stays: `stored`. `position` is the next trial."""

    def __init__(self, stored: Answer, position: int) -> None:
        super().__init__(f"trial {stored.position} has an answer; the next trial is {position}")
        self.stored = stored
        self.position = position


class InvalidAnswer(Refused):
    """An answer that the trial cannot have."""


class NotFinished(Refused):
    """Asked for the code before every answer is stored; `position` is the next trial."""

    def __init__(self, position: int) -> None:
        super().__init__(f"trial {position} has no answer yet")
        self.position = position
