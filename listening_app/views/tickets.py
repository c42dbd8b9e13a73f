"""Whose request it is: the token in the Authorization header."""

from __future__ import annotations

from flask import request

from listening_app.bodies import refuse
from listening_app.security import address, limit
from listening_app.site import site
from listening_app.tokens import ExpiredToken, InvalidToken, Ticket

_SCHEME = "Bearer "


def ticket() -> Ticket:
    """The ticket of this request. Answers 401 without a valid token, 429 to too many requests."""
    header = request.headers.get("Authorization", "")
    try:
        if not header.startswith(_SCHEME):
            raise InvalidToken
        found = site().tokens.read(header.removeprefix(_SCHEME))
    except InvalidToken as error:
        # Only guesses count against an address: a lecture room has one, and many sessions.
        limit(site().limiters.requests, address())
        refuse(401, "expired" if isinstance(error, ExpiredToken) else "token")
    if site().sheet(found.sheet) is None:
        refuse(401, "token")
    limit(site().limiters.sessions, found.session)
    return found
