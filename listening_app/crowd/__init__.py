"""Where raters come from and where they go: one small interface to the platforms.

A platform reads who somebody is from the address they come by, and says where they are sent at
the end. Everything else of a study is the same on all platforms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from listening_app.store.records import Outcome
from listening_app.study import Study

MAX_IDENTITY = 200
MAX_DETAIL = 500

VISITOR = "visitor"
"""The parameter for what a browser made up once, to be known by if its address names nobody."""


@dataclass(frozen=True)
class Arrival:
    """Somebody who may take part. `details` is kept for the end and for paying, never shown.

    `is_preview`: the platform shows the study to somebody who has not taken it on; they see the
    first page and cannot begin.
    """

    identity: str
    details: Mapping[str, str] = field(default_factory=dict)
    is_preview: bool = False


@dataclass(frozen=True)
class Ending:
    """Where a rater is sent at the end: a link, or a form that is posted if there are `fields`.

    An empty `url` is a page that shows the code and sends nobody anywhere.
    """

    url: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


class Platform(Protocol):
    """What the web pages need to know of a platform."""

    @property
    def name(self) -> str:
        """The platform's name, as in study.toml."""

    @property
    def frame_ancestors(self) -> tuple[str, ...]:
        """Origins that may show the study in a frame, for the Content-Security-Policy."""

    @property
    def form_targets(self) -> tuple[str, ...]:
        """Origins that the form of an Ending is posted to."""

    def arrive(self, parameters: Mapping[str, str]) -> Arrival | None:
        """Who comes by an address with these query parameters; None if nobody can be told."""

    def ending(self, outcome: Outcome, code: str | None, details: Mapping[str, str]) -> Ending:
        """Where somebody with this outcome goes."""


def platform_of(study: Study, secret: bytes) -> Platform:
    """The platform that study.toml names. `secret` is the study's: it makes Prolific's codes."""
    from listening_app.crowd.local import LINKS, Issued, Local
    from listening_app.crowd.mturk import MechanicalTurk
    from listening_app.crowd.prolific import Prolific

    platform = study.settings.platform
    match platform.name:
        case "prolific":
            return Prolific(secret, platform.completion_url)
        case "mturk":
            return MechanicalTurk()
        case _:
            issued = Issued(study.folder / LINKS)
            return Local(platform.completion_url, issued, platform.open)


def with_query(address: str, query: str) -> str:
    """The address with more parameters, whether it has some already or not."""
    return f"{address}{'&' if '?' in address else '?'}{query}"
