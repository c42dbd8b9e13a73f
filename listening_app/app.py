"""The web application: one study, served to raters and to whoever watches over it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from listening_app.crowd import platform_of
from listening_app.headphones import read_checks
from listening_app.limits import Limits
from listening_app.monitor_password import MonitorPassword
from listening_app.security import MAX_BODY, add_headers
from listening_app.site import Limiters, Site, install
from listening_app.store import Store
from listening_app.store.records import Clock
from listening_app.strings import strings_of
from listening_app.study import open_study
from listening_app.tokens import Tokens
from listening_app.views.api import api
from listening_app.views.media import media
from listening_app.views.monitor import monitor
from listening_app.views.participant import participant
from listening_app.views.refusals import install_handlers


def create_app(
    study_folder: Path | str,
    database_url: str | None = None,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    is_behind_proxy: bool = False,
    clock: Clock = time.time,
) -> Flask:
    """A study's application, for any WSGI server.

    `is_behind_proxy`: one proxy of our own stands before it, and its X-Forwarded-For, -Proto, -Host
    and -Prefix are believed. Raises SingError when the study or its database cannot be used.
    """
    study = open_study(Path(study_folder))
    for language in study.settings.languages:
        strings_of(language)
    store = Store(study, database_url, clock)
    platform = platform_of(study, store.secret)
    app = _empty_app()
    install(
        app,
        Site(
            study=study,
            store=store,
            checks=read_checks(study.folder),
            tokens=Tokens(store.secret, study.fingerprint),
            platform=platform,
            password=MonitorPassword(study.folder),
            limiters=Limiters(limits),
        ),
    )
    for blueprint in (participant, api, media, monitor):
        app.register_blueprint(blueprint)
    install_handlers(app)
    add_headers(app, platform.frame_ancestors, platform.form_targets)
    if is_behind_proxy:
        wsgi: Any = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)
        app.wsgi_app = wsgi  # type: ignore[method-assign]
    return app


def _empty_app() -> Flask:
    """An application without pages, of a configuration that no environment variable changes."""
    app = Flask("listening_app", static_folder="static", template_folder="templates")
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_PARTS=20, DEBUG=False)
    app.url_map.merge_slashes = False  # no redirects but our own
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    return app
