"""Which recruiter serves the platform that a study names."""

from __future__ import annotations

from listening_app.crowd.by_hand import ByHits, ByLinks
from listening_app.crowd.prolific_recruiter import ProlificRecruiter
from listening_app.crowd.recruiting import Recruiter
from listening_app.study import Study


def recruiter_of(study: Study, secret: bytes) -> Recruiter:
    """The recruiter of the platform that study.toml names."""
    match study.settings.platform.name:
        case "prolific":
            return ProlificRecruiter(study.folder, secret)
        case "mturk":
            return ByHits(study.folder)
        case _:
            return ByLinks(study.folder)
