"""What the views share: one study, its store, and all that is worked out once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app

from listening_app.crowd import Platform
from listening_app.headphones import Check, HeadphoneChecks
from listening_app.limits import Limiter, Limits
from listening_app.monitor_password import MonitorPassword
from listening_app.settings import Settings
from listening_app.store import Store
from listening_app.strings import strings_of
from listening_app.study import Sheet, Study
from listening_app.tokens import Tokens

_KEY = "sing-eval study"


class Limiters:
    """The counters of every rate limit."""

    def __init__(self, limits: Limits) -> None:
        self.joins = Limiter(limits.joins)
        self.requests = Limiter(limits.requests)
        self.sessions = Limiter(limits.session_requests)
        self.logins = Limiter(limits.logins)
        self.all_logins = Limiter(limits.all_logins)


@dataclass(frozen=True)
class Site:
    """A study that is being served."""

    study: Study
    store: Store
    checks: HeadphoneChecks
    tokens: Tokens
    platform: Platform
    password: MonitorPassword
    limiters: Limiters

    def settings(self, language: str) -> Settings:
        """study.toml with its texts in a language."""
        return self.study.settings.in_language(language)

    def words(self, language: str) -> Mapping[str, Any]:
        """The words of the pages in a language."""
        return strings_of(language)

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of this name, if the study has it."""
        return self.study.sheets.get(name)

    def check(self, name: str) -> Check | None:
        """The sound check or headphone trial of this name."""
        checks = (self.checks.sound, *self.checks.antiphase, *self.checks.huggins)
        return next((check for check in checks if check.id == name), None)


def install(app: Any, site: Site) -> None:
    """Make the site known to an app's views."""
    app.extensions[_KEY] = site


def site() -> Site:
    """The site of the current app."""
    return cast("Site", current_app.extensions[_KEY])
