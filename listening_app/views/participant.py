"""The one page that a rater meets; its scripts show the stages, one after the other."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from listening_app.describe import told_minutes
from listening_app.security import address, limit
from listening_app.site import site
from listening_app.store.plan import judged
from listening_app.views.api import DEVICES

participant = Blueprint("participant", __name__)

LANGUAGE_NAMES = {"en": "English", "de": "Deutsch"}


@participant.get("/")
def page() -> str:
    """All stages as templates, without anything about the trials."""
    limit(site().limiters.requests, address())
    arrival = site().platform.arrive(request.args.to_dict())
    settings = site().study.settings
    language = asked_language()
    some_trial = next(iter(site().study.sheets.values())).trials[0]
    return render_template(
        "study.html",
        language=language,
        languages=[
            (each, LANGUAGE_NAMES.get(each, each), _address_in(each)) for each in settings.languages
        ],
        settings=site().settings(language),
        words=site().words(language),
        minutes=told_minutes(site().study),
        devices=DEVICES,
        is_known=arrival is not None,
        is_preview=arrival is not None and arrival.is_preview,
        rules={
            "test": settings.test,
            "limits": list(settings.limits),
            "labels": list(site().settings(language).scale.labels),
            "judged": list(judged(some_trial)),
            "share": settings.listening.required_share,
            "maxPlays": settings.listening.max_plays,
            "breakAfter": settings.break_after,
            "comments": settings.comments,
        },
    )


def asked_language() -> str:
    """The study's language that the address asks for, else the browser, else the first."""
    offered = site().study.settings.languages
    asked = request.args.get("lang", "")
    if asked in offered:
        return asked
    return request.accept_languages.best_match(offered) or offered[0]


def _address_in(language: str) -> str:
    """This page in another language, with all that the platform sent along."""
    return "?" + urlencode({**request.args.to_dict(), "lang": language})
