"""A rater's browser, as far as the server can tell: requests on one connection, tried again.

What is stored is only known from a reply. Without one (the server was killed, say) the same
request is sent again, as the page's own queue does, until the server is back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 30.0
_PATIENCE_SECONDS = 90.0
_PAUSE_SECONDS = 0.2
_AGAIN = (429, 503)


class Unanswered(Exception):
    """The server stayed away for longer than anybody waits."""


@dataclass(frozen=True)
class Reply:
    """What came back. `text` is the body unless it is a sound."""

    status: int
    text: str
    headers: Mapping[str, str]
    seconds: float

    def json(self) -> dict[str, Any]:
        """The body's object; empty when it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass
class Client:
    """One rater's connection. `retries` counts requests that had to be sent again."""

    address: str
    token: str = ""
    retries: int = 0
    seen: list[str] = field(default_factory=list)
    """All texts and headers that came, for the check that nothing tells a system's name."""

    _connection: HTTPConnection | None = None

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send an object and wait for the reply."""
        return self._until_answered("POST", path, json.dumps(body).encode())

    def get(self, path: str) -> Reply:
        """Ask for what is at the path."""
        return self._until_answered("GET", path, None)

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _until_answered(self, method: str, path: str, body: bytes | None) -> Reply:
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                reply = self._once(method, path, body)
                if reply.status not in _AGAIN:
                    return reply
            except (OSError, HTTPException):
                self.close()
            if time.monotonic() > until:
                raise Unanswered(f"{method} {path}: no answer for {_PATIENCE_SECONDS:.0f} s")
            self.retries += 1
            time.sleep(_PAUSE_SECONDS)

    def _once(self, method: str, path: str, body: bytes | None) -> Reply:
        if self._connection is None:
            host = urlsplit(self.address)
            self._connection = HTTPConnection(
                host.hostname or "", host.port, timeout=_TIMEOUT_SECONDS
            )
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        started = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - started
        is_sound = (response.getheader("Content-Type") or "").startswith("audio/")
        text = "" if is_sound else content.decode("utf-8", "replace")
        found = dict(response.getheaders())
        self.seen += [text, *found.values()]
        return Reply(response.status, text, found, seconds)
