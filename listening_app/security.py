"""Headers that keep the pages to themselves, and who asks too often."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, abort, request

from listening_app.limits import Limiter

MAX_BODY = 64 * 1024
"""Bytes of a request: a MUSHRA answer with long comments has less than half of it."""


def content_security_policy(ancestors: Sequence[str], form_targets: Sequence[str]) -> str:
    """Everything from this server and nothing inline; framed only by the study's platform."""
    parts = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": " ".join(("'self'", *form_targets)),
        "frame-ancestors": " ".join(ancestors) or "'none'",
        "require-trusted-types-for": "'script'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def add_headers(app: Flask, ancestors: Sequence[str], form_targets: Sequence[str]) -> None:
    """Put the security headers on every response of the app; only raters' pages can be framed."""
    for_raters = content_security_policy(ancestors, form_targets)
    for_others = content_security_policy((), ())

    @app.after_request
    def _headers(response: Response) -> Response:
        is_page_of_raters = request.endpoint == "participant.page"
        headers = response.headers
        headers["Content-Security-Policy"] = for_raters if is_page_of_raters else for_others
        if not (is_page_of_raters and ancestors):
            headers["X-Frame-Options"] = "DENY"
        headers["X-Content-Type-Options"] = "nosniff"
        # Not no-referrer: forms would then not say that they come from here.
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        headers["X-Robots-Tag"] = "noindex"
        if request.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        return response


def address() -> str:
    """The address that the request came from; behind a proxy, what the proxy says it is."""
    return request.remote_addr or "unknown"


def limit(limiter: Limiter, key: str) -> None:
    """Answer 429 when the key has asked too often."""
    seconds = limiter.wait(key)
    if seconds:
        too_many(seconds)


def too_many(seconds: float) -> None:
    """Answer 429: try again after so many seconds."""
    response = Response(
        '{"error": "too_many"}', status=429, mimetype="application/json",
        headers={"Retry-After": str(int(seconds) + 1)},
    )  # fmt: skip
    abort(response)


def check_same_origin() -> None:
    """Answer 403 to a request that another site's page made.

    Raters' requests carry a token that no other site knows, and their type is JSON, which no other
    site's form can send; this stops what is left: joining in another's name, and logging in.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        abort(403)
