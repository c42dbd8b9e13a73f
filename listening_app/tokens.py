"""Signed tokens: who a request is from, without a cookie, so that it works in a platform's iframe.

A rater's token travels in the address' fragment (which no browser sends to a server) and in the
Authorization header. It names the session and its sheet, so that sounds are served without asking
the database; what it says cannot be changed without the study's secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

DAYS = 86_400
SESSION_SECONDS = 30 * DAYS
"""How long a link to a session works; the link by which a rater first came works on."""

MONITOR_SECONDS = 8 * 3600

MAX_TOKEN = 4_096


class InvalidToken(Exception):
    """Not a token of this study."""


class ExpiredToken(InvalidToken):
    """A token of this study that is too old."""


@dataclass(frozen=True)
class Ticket:
    """What a rater's token says. `details` is what the platform sent along and the end needs."""

    session: str
    sheet: str
    details: Mapping[str, str] = field(default_factory=dict)


class Tokens:
    """Makes and reads the tokens of one build of a study."""

    def __init__(self, secret: bytes, fingerprint: str) -> None:
        def serializer(purpose: str) -> URLSafeTimedSerializer:
            return URLSafeTimedSerializer(
                secret,
                salt=f"sing-eval {purpose} {fingerprint}",
                signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
            )

        self._sessions = serializer("session")
        self._monitor = serializer("monitor")

    def issue(self, ticket: Ticket) -> str:
        """A token for a rater's session."""
        text = self._sessions.dumps([ticket.session, ticket.sheet, dict(ticket.details)])
        return text if isinstance(text, str) else text.decode()

    def read(self, token: str) -> Ticket:
        """What the token says. Raises InvalidToken or ExpiredToken."""
        session, sheet, details = _load(self._sessions, token, SESSION_SECONDS)
        return Ticket(session, sheet, details)

    def issue_monitor(self, nonce: str) -> str:
        """A token for somebody who gave the monitor's password."""
        text = self._monitor.dumps([nonce])
        return text if isinstance(text, str) else text.decode()

    def read_monitor(self, token: str) -> str:
        """The nonce of a monitor's token. Raises InvalidToken or ExpiredToken."""
        (nonce,) = _load(self._monitor, token, MONITOR_SECONDS)
        return str(nonce)


def _load(serializer: URLSafeTimedSerializer, token: str, seconds: int) -> Any:
    if len(token) > MAX_TOKEN:
        raise InvalidToken
    try:
        return serializer.loads(token, max_age=seconds)
    except SignatureExpired:
        raise ExpiredToken from None
    except BadSignature:
        raise InvalidToken from None
