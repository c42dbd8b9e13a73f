"""The monitor: how the study is going, behind a password; never a score."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask import url_for as address_of

from listening_app.security import address, check_same_origin, limit, too_many
from listening_app.site import site
from listening_app.tokens import MONITOR_SECONDS, InvalidToken

monitor = Blueprint("monitor", __name__, url_prefix="/monitor")

COOKIE = "sing_eval_monitor"


def _nonce() -> str | None:
    """The nonce of whoever is logged in; None for all others."""
    try:
        return site().tokens.read_monitor(request.cookies.get(COOKIE, ""))
    except InvalidToken:
        return None


def _common() -> dict[str, object]:
    return {
        "language": "en",
        "settings": site().study.settings,
        "words": site().words("en"),
    }


@monitor.get("")
def overview() -> str | Response:
    """The counts, or the login."""
    limit(site().limiters.requests, address())
    nonce = _nonce()
    if nonce is None:
        return _login_page()
    return render_template("monitor.html", counts=site().store.counts(), nonce=nonce, **_common())


@monitor.post("/login")
def login() -> str | Response:
    """Let somebody in who knows the password; five wrong ones in a row have to wait."""
    check_same_origin()
    limiters = site().limiters
    wait = max(
        limiters.logins.seconds_left(address()), limiters.all_logins.seconds_left("everybody")
    )
    if wait:
        too_many(wait)
    if not site().password.is_right(request.form.get("password", "")):
        limiters.logins.wait(address())
        limiters.all_logins.wait("everybody")
        return _login_page(is_wrong=True)
    limiters.logins.forget(address())
    response = _to_overview()
    response.set_cookie(
        COOKIE,
        site().tokens.issue_monitor(secrets.token_hex(16)),
        max_age=MONITOR_SECONDS,
        path=address_of("monitor.overview"),
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response


@monitor.post("/logout")
def logout() -> Response:
    """Forget who is logged in, if they asked for it themselves."""
    check_same_origin()
    nonce = _nonce()
    if nonce is None or not hmac.compare_digest(nonce, request.form.get("nonce", "")):
        abort(403)
    response = _to_overview()
    response.delete_cookie(COOKIE, path=address_of("monitor.overview"))
    return response


def _to_overview() -> Response:
    response: Response = make_response(redirect(address_of("monitor.overview"), code=303))
    return response


def _login_page(is_wrong: bool = False) -> Response:
    page = render_template("monitor_login.html", is_wrong=is_wrong, **_common())
    response: Response = make_response(page, 403 if is_wrong else 200)
    return response
