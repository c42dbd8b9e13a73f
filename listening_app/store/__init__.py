"""The store of a study: sessions, answers and sheets, of which nothing is lost."""

from listening_app.store.errors import (
    AlreadyDone,
    Conflict,
    InvalidAnswer,
    NotFinished,
    OutOfOrder,
    Refused,
    SessionClosed,
    StoreUnavailable,
    StudyFull,
    UnknownSession,
    WrongStage,
)
from listening_app.store.records import Answer, Recruit, Saved, SessionState
from listening_app.store.store import Store

__all__ = [
    "AlreadyDone",
    "Answer",
    "Conflict",
    "InvalidAnswer",
    "NotFinished",
    "OutOfOrder",
    "Recruit",
    "Refused",
    "Saved",
    "SessionClosed",
    "SessionState",
    "Store",
    "StoreUnavailable",
    "StudyFull",
    "UnknownSession",
    "WrongStage",
]
