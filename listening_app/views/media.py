"""Sounds, under opaque names, to those whose sheet has them. The database is not asked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Response, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from listening_app.bodies import refuse
from listening_app.site import Site, site
from listening_app.views.tickets import ticket

media = Blueprint("media", __name__)

_WEEK = 7 * 86_400


@media.get("/media/<name>")
def sound(name: str) -> Response:
    """A stimulus of the rater's sheet, or a sound of the checks, as WAV; parts by Range."""
    path = _path(site(), ticket().sheet, name)
    if path is None:
        refuse(404, "no_sound")
    tag = hashlib.sha256(f"{site().study.fingerprint} {name}".encode()).hexdigest()[:20]
    try:
        response = send_file(path, mimetype="audio/wav", conditional=False, etag=tag)
    except FileNotFoundError:
        refuse(503, "unavailable")
    _apply_conditions(response)
    # Only the browser keeps it: a proxy would give it to others too. A build never changes it.
    response.headers["Cache-Control"] = f"private, max-age={_WEEK}, immutable"
    response.headers["Vary"] = "Authorization"
    response.headers.pop("Content-Disposition", None)
    return response


def _apply_conditions(response: Response) -> None:
    """Make it a part, or an answer without a body, if that is what was asked for."""
    # First, so that a date which nobody is told decides nothing.
    response.headers.pop("Last-Modified", None)
    length = response.content_length
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=length)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise


def _path(served: Site, sheet: str, name: str) -> Path | None:
    check = served.check(name)
    if check is not None:
        return check.path.resolve()
    if name not in _sounds(served, sheet):
        return None
    return served.study.stimuli[name].path.resolve()


def _sounds(served: Site, sheet: str) -> frozenset[str]:
    found = served.sheet(sheet)
    trials = found.trials if found else ()
    return frozenset(slot.stimulus for trial in trials for slot in trial.slots)
