"""Prolific's HTTP interface: requests with the token of PROLIFIC_TOKEN, replies as JSON.

The token is sent to Prolific and nowhere else: redirects are not followed, and no error shows it.
"""

from __future__ import annotations

import json
import os
import time
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sing.errors import SingError

ADDRESS = "https://api.prolific.com/api/v1/"
TOKEN = "PROLIFIC_TOKEN"  # noqa: S105  # the variable's name

_TIMEOUT_SECONDS = 30.0
_ATTEMPTS = 4
PAUSE_SECONDS = 1.0
"""Before the second attempt; twice as long before each further one."""

_LONGEST_WAIT_SECONDS = 60.0
_SHOWN_CHARACTERS = 300


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow nothing: the next address would get the token."""


class Unanswered(SingError):
    """Prolific may or may not have carried out the request."""


class Declined(SingError):
    """Prolific has said no (4xx): the request was not carried out."""


def token() -> str:
    """The token in the environment. Raises SingError when there is none."""
    found = os.environ.get(TOKEN, "").strip()
    if not found:
        raise SingError(
            f"{TOKEN}: not set; make a token in Prolific's settings and put it in this variable"
        )
    if not found.isascii() or not found.isprintable() or " " in found:
        raise SingError(f"{TOKEN}: not a token; copy it from Prolific's settings")
    return found


class Connection:
    """Asks Prolific, in the name of whose token it is."""

    def __init__(self) -> None:
        self._address = ADDRESS
        self._token = token()
        self._opener = build_opener(_NoRedirect)

    def get(self, path: str) -> dict[str, Any]:
        """What is at the path; asked again when Prolific is busy or does not answer."""
        for attempt in range(_ATTEMPTS - 1):
            try:
                return self._ask("GET", path, None)
            except Unanswered:
                time.sleep(PAUSE_SECONDS * 2.0**attempt)
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The reply to what is sent, once. Raises Unanswered when nobody knows what became of it.

        Only a refusal for being too fast is sent again: then nothing was done.
        """
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        for attempt in range(_ATTEMPTS):
            try:
                return self._reply(method, path, body)
            except HTTPError as error:
                with error:
                    seconds = _retry_after(error, attempt)
                    if error.code != 429 or attempt == _ATTEMPTS - 1:
                        raise self._fault(path, error) from None
                time.sleep(seconds)
            except (URLError, TimeoutError, HTTPException, ConnectionError) as error:
                reason = getattr(error, "reason", None) or error
                raise Unanswered(
                    f"{self._address}{path}: no answer ({reason}); try again"
                ) from None
        raise AssertionError  # not reached

    def _reply(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        request = Request(  # noqa: S310  # our own address
            self._address + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
            text = response.read()
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            said = f"{self._address}{path}: not JSON; is this Prolific?"
            # The status said that it was done: whoever takes this for a refusal does it twice.
            raise (SingError if method == "GET" else Unanswered)(said) from None
        return found if isinstance(found, dict) else {"answer": found}

    def _fault(self, path: str, error: HTTPError) -> SingError:
        said = error.read(10_000).decode("utf-8", "replace")
        shown = " ".join(said.split()).replace(self._token, "...")[:_SHOWN_CHARACTERS]
        where = f"{self._address}{path}"
        if error.code in (401, 403):
            return Declined(f"{where}: Prolific does not accept the token; check {TOKEN}")
        if error.code >= 500:
            return Unanswered(f"{where}: {error.code} {shown}; try again later")
        kind = Declined if error.code >= 400 else SingError
        return kind(f"{where}: refused, {error.code} {shown}; mend what it names")


def _retry_after(error: HTTPError, attempt: int) -> float:
    told = error.headers.get("Retry-After", "")
    seconds = float(told) if told.isdecimal() else PAUSE_SECONDS * 2.0**attempt
    return min(seconds, _LONGEST_WAIT_SECONDS)
