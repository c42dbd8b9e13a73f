"""What the store refuses, and every other error, as answers that the browser understands."""

from __future__ import annotations

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable

from listening_app import store
from listening_app.site import site
from listening_app.views.participant import asked_language
from sing import log

_RETRY_SECONDS = "2"


def install_handlers(app: Flask) -> None:
    """Handle the store's refusals and all HTTP errors of an app."""
    app.register_error_handler(store.Refused, _refused)
    app.register_error_handler(store.StoreUnavailable, _unavailable)
    app.register_error_handler(HTTPException, _http_error)


def _refused(error: Exception) -> tuple[Response, int]:
    """404 for a session that is gone, 422 for an answer that cannot be, else 409."""
    status = 409
    told: dict[str, object] = {"error": "refused"}
    match error:
        case store.UnknownSession():
            status, told = 404, {"error": "gone"}
        case store.InvalidAnswer():
            status, told = 422, {"error": "invalid", "reason": str(error)}
        case store.StudyFull():
            told = {"error": "full", "final": error.is_final}
        case store.SessionClosed():
            told = {"error": "closed", "outcome": error.outcome}
        case store.WrongStage():
            told = {"error": "stage", "stage": error.stage}
        case store.OutOfOrder():
            told = {"error": "order", "position": error.position}
        case store.Conflict():
            told = {"error": "conflict", "position": error.position}
    return jsonify(told), status


def _unavailable(error: Exception) -> tuple[Response, int]:
    """503: nothing was stored, the browser keeps it and tries again."""
    log.warning("%s", error)
    response = jsonify(error="unavailable")
    response.headers["Retry-After"] = _RETRY_SECONDS
    return response, 503


def _http_error(
    error: HTTPException,
) -> Response | tuple[Response, int] | tuple[str, int, dict[str, str]]:
    """JSON where the page's scripts asked, else a page in words."""
    made = error.response  # by us, as JSON
    status = made.status_code if made is not None else error.code or 500
    if request.path.startswith(("/api/", "/media/")):
        if isinstance(made, Response):
            return made
        told = jsonify(error=error.name.lower().replace(" ", "_"))
        if isinstance(error, RequestedRangeNotSatisfiable):
            told.headers["Content-Range"] = f"bytes */{error.length}"
        return told, status
    language = asked_language()
    words = site().words(language)
    name = {404: "not_found", 429: "too_many"}.get(status, "fault")
    page = render_template(
        "message.html",
        language=language,
        words=words,
        message=words["messages"][name],
        settings=site().settings(language),
    )
    wait = made.headers.get("Retry-After") if made is not None else None
    return page, status, {"Retry-After": wait} if wait else {}
