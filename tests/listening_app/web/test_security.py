"""Attacks, one a test."""

import json
import stat

import pytest
from flask import Flask

from listening_app.app import create_app
from listening_app.crowd import Arrival, Ending
from listening_app.limits import Limits, Rate
from listening_app.tokens import SESSION_SECONDS, Ticket, Tokens
from sing.errors import SingError

HOSTILE = (
    "'; DROP TABLE sessions; --",
    '" OR ""="',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "${jndi:ldap://x}",
    "=cmd|' /C calc'!A0",
    "\u202e\u0000\ud800x",
    "%s%s%n",
)


def site_of(app: Flask):
    return app.extensions["sing-eval study"]


# Tokens


def test_another_raters_session_cannot_be_named(client, new_rater):
    """The session is in the token and nowhere else: there is no id to change."""
    anna, ben = new_rater(client, "anna").to_trials(), new_rater(client, "ben").to_trials()
    before = ben.session()
    body = {**anna.body(1), "session": before["session"]}
    assert anna.post("answers", body).status_code == 400
    anna.get(f"/api/session?session={before['session']}")
    assert ben.session() == before


def flipped(token: str, place: int) -> str:
    letter = "A" if token[place] != "A" else "B"
    return token[:place] + letter + token[place + 1 :]


def test_a_changed_token_is_refused(rater):
    token = rater.to_trials().token
    for place in range(0, len(token) - 1, 3):
        rater.token = flipped(token, place)
        assert rater.get("/api/session").status_code == 401


def test_a_token_signed_with_another_secret_or_for_another_build_is_refused(rater, app):
    rater.to_trials()
    state = rater.session()["session"]
    study = site_of(app).study
    sheet = next(iter(study.sheets))
    for secret, fingerprint in ((b"x" * 32, study.fingerprint), (site_of(app).store.secret, "")):
        rater.token = Tokens(secret, fingerprint).issue(Ticket(state, sheet))
        assert rater.get("/api/session").json == {"error": "token"}


def test_a_monitors_token_is_none_of_a_raters(rater, app):
    rater.token = site_of(app).tokens.issue_monitor("nonce")
    assert rater.get("/api/session").status_code == 401


def test_an_unsigned_token_is_refused(rater):
    rater.to_trials()
    payload = rater.token.split(".")[0]
    for forged in (payload, f"{payload}..", f"{payload}.AAAA.", "", "null", "é", "." * 4000):
        rater.token = forged
        assert rater.get("/api/session").status_code == 401


def test_an_old_token_has_expired_and_the_first_link_still_works(rater, monkeypatch):
    from itsdangerous import TimestampSigner

    rater.to_trials()
    now = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda s: now(s) + SESSION_SECONDS + 1)
    reply = rater.get("/api/session")
    assert (reply.status_code, reply.json) == (401, {"error": "expired"})
    assert rater.join().json["stage"] == "practice"


def test_a_token_of_an_erased_rater_is_gone(rater, app):
    rater.to_trials()
    site_of(app).store.erase("anna", "local")
    assert rater.get("/api/session").json == {"error": "gone"}


def test_a_replayed_answer_changes_nothing(rater, app):
    rater.to_trials()
    first = rater.body(1)
    assert rater.post("answers", first).status_code == 200
    replayed = {**first, "values": {"score": 1}}
    assert rater.post("answers", replayed).json == {"position": 2}
    moved = {**first, "position": 2}
    assert rater.post("answers", moved).status_code == 422
    assert site_of(app).store.counts().answers == 1


# Completion


def test_no_code_before_the_last_answer_whatever_is_sent(rater):
    rater.to_trials()
    last = len(rater.session()["sheet"])
    heard = {"S": [[0, 4]]}
    assert rater.answer(last).json["error"] == "order"
    assert rater.answer(1, heard=heard, stage="done").status_code == 400
    for path in ("complete", "stages/done", "stages/trials", "stages/practice", "code"):
        assert rater.post(path, {}).status_code in (404, 405)
    for position in range(1, last):
        rater.answer(position)
    assert "code" not in rater.session()
    assert rater.answer(last).json["code"]


# Texts


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_texts(client, new_rater, app, text):
    rater = new_rater(client, "anna")
    rater.to_trials()
    other = new_rater(client, text)
    reply = other.join()
    assert reply.status_code in (200, 400)
    assert rater.answer(1, comment=text).status_code == 200
    text = text.encode("utf-8", "replace").decode()  # what can be in an address
    page = client.get("/", query_string={"rater": text, "lang": text, "x": text})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert client.get(f"/{text}").status_code in (404, 308)
    assert site_of(app).store.counts().answers == 1


def test_a_title_and_a_consent_with_html_are_shown_as_they_are(make_app):
    hostile = "</script><script>alert(1)</script>"
    app = make_app(title=hostile, task=hostile, consent={"text": hostile})
    page = app.test_client().get("/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


# Requests from elsewhere


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
    ],
)
def test_another_sites_page_can_neither_join_nor_log_in(client, app, headers):
    body = {"parameters": {"rater": "anna"}}
    assert client.post("/api/join", json=body, headers=headers).status_code == 403
    assert client.post("/monitor/login", data={"password": "x"}, headers=headers).status_code == 403
    assert site_of(app).store.counts().outcomes == {}


def test_a_form_cannot_send_what_the_interface_takes(rater):
    rater.to_trials()
    body = json.dumps(rater.body(1))
    for mimetype in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        reply = rater.client.post(
            "/api/answers", data=body, content_type=mimetype, headers=rater.headers
        )
        assert reply.status_code == 415


def test_raters_get_no_cookie(rater, client):
    rater.to_trials()
    replies = [client.get("/"), rater.get("/api/session"), rater.answer(1)]
    assert [reply.headers.get("Set-Cookie") for reply in replies] == [None] * 3


# Bodies


def test_oversized_bodies_are_413(rater, client):
    rater.to_trials()
    big = rater.body(1, comment="x" * 100_000)
    assert rater.post("answers", big).status_code == 413
    login = client.post("/monitor/login", data={"password": "x" * 100_000})
    assert login.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b"NaN", b"1e999", b"[" * 30_000),
        *(b"9" * 5_000, b'{"position": NaN}', b'{"position": 1}', b'{"a":1,"a":2}'),
    ],
)
def test_malformed_bodies_are_400(rater, body):
    rater.to_trials()
    for path in ("join", "answers", "stages/consent"):
        reply = rater.client.post(
            f"/api/{path}", data=body, content_type="application/json", headers=rater.headers
        )
        assert reply.status_code == 400, path


@pytest.mark.parametrize(
    "changes",
    [
        {"position": 0}, {"position": True}, {"position": "1"}, {"position": 2**70},
        {"uuid": "x" * 65}, {"uuid": 5}, {"values": []}, {"values": {"score": [1]}},
        {"heard": {"S": [[0]]}}, {"heard": {"S": [[0, 1, 2]]}}, {"heard": {"S": [[-1, 4]]}},
        {"heard": {"S": [[0, 4]] * 501}}, {"plays": -1}, {"seconds": -1}, {"seconds": "long"},
        {"comment": 5}, {"comment": "x" * 4_001}, {"more": 1},
    ],
)  # fmt: skip
def test_answers_of_the_wrong_form_are_400(rater, changes):
    assert rater.to_trials().post("answers", {**rater.body(1), **changes}).status_code == 400
    assert rater.session()["position"] == 1


@pytest.mark.parametrize(
    "values",
    [{"score": 0}, {"score": 6}, {"score": 3.5}, {"score": True}, {"score": "5"}, {}, {"S": 3}],
)
def test_scores_off_the_scale_are_refused(rater, values):
    reply = rater.to_trials().post("answers", {**rater.body(1), "values": values})
    assert reply.status_code in (400, 422)
    assert rater.session()["position"] == 1


# Too many


@pytest.mark.slow
def test_thousands_of_sessions_from_one_address_are_refused(make_app, new_rater):
    client = make_app(options={"limits": Limits(joins=Rate(10, 1))}).test_client()
    statuses = [new_rater(client, f"r{number}").join().status_code for number in range(2_000)]
    assert statuses[:10] == [200] * 10
    assert set(statuses[10:]) == {429}
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    body = {"parameters": {"rater": "ben"}}
    assert client.post("/api/join", json=body, environ_overrides=elsewhere).status_code == 200


def test_forwarded_addresses_count_only_behind_a_proxy(make_app):
    limits = Limits(joins=Rate(1, 0.001))
    for is_behind_proxy, expected in ((False, 429), (True, 200)):
        options = {"limits": limits, "is_behind_proxy": is_behind_proxy}
        client = make_app(options=options).test_client()
        replies = [
            client.post(
                "/api/join",
                json={"parameters": {"rater": name}},
                headers={"X-Forwarded-For": f"{spoofed}, {address}"},
            )
            for name, spoofed, address in (("a", "1.1.1.1", "192.0.2.1"), ("b", "2", "192.0.2.2"))
        ]
        assert [reply.status_code for reply in replies] == [200, expected]


def test_guessing_tokens_is_limited_and_raters_at_the_same_address_go_on(make_app, new_rater):
    client = make_app(options={"limits": Limits(requests=Rate(5, 1))}).test_client()
    rater = new_rater(client).to_trials()
    guesser = new_rater(client)
    guesser.token = "guessed"
    statuses = [guesser.get("/api/session").status_code for _ in range(10)]
    assert statuses == [401] * 5 + [429] * 5
    assert rater.answer(1).status_code == 200


def test_a_session_that_asks_too_often_waits_and_others_go_on(make_app, new_rater):
    limits = Limits(session_requests=Rate(8, 0.001))
    client = make_app(options={"limits": limits}).test_client()
    hasty, calm = new_rater(client, "hasty"), new_rater(client, "calm")
    for rater in (hasty, calm):
        rater.join()
    statuses = [hasty.get("/api/session").status_code for _ in range(12)]
    assert statuses == [200] * 8 + [429] * 4
    assert calm.get("/api/session").status_code == 200


@pytest.mark.parametrize("path", ["/", "/monitor"])
def test_pages_are_limited_for_an_address(make_app, path):
    client = make_app(options={"limits": Limits(requests=Rate(5, 0.001))}).test_client()
    replies = [client.get(path) for _ in range(8)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [429] * 3
    assert int(replies[-1].headers["Retry-After"]) > 0
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get(path, environ_overrides=elsewhere).status_code == 200


# Frames and links


def test_no_page_can_be_framed_unless_the_platform_frames_it(client, make_app, monkeypatch):
    headers = client.get("/").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    monkeypatch.setattr("listening_app.app.platform_of", lambda study, secret: Framing())
    framed = make_app().test_client()
    policy = framed.get("/").headers["Content-Security-Policy"]
    assert "frame-ancestors https://worker.example" in policy
    assert "X-Frame-Options" not in framed.get("/").headers
    for path in ("/monitor", "/api/session", "/nothing"):
        reply = framed.get(path).headers
        assert "frame-ancestors 'none'" in reply["Content-Security-Policy"]
        assert reply["X-Frame-Options"] == "DENY"


class Framing:
    """A platform that shows the study in a frame."""

    name = "local"
    frame_ancestors = ("https://worker.example",)
    form_targets = ("https://worker.example",)

    def arrive(self, parameters):
        return Arrival(parameters.get("rater", "anna"))

    def ending(self, outcome, code, details):
        return Ending("https://worker.example/submit", {"code": code or ""})


def test_nothing_inline_and_nothing_from_elsewhere(client):
    page = client.get("/")
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["base-uri"] == "'none'"
    for inline in (" style=", " onclick=", "javascript:", "<style", 'src="http', 'href="http'):
        assert inline not in page.text
    for header, value in (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("X-Robots-Tag", "noindex"),
    ):
        assert page.headers[header] == value


@pytest.mark.parametrize("key", ["next", "url", "return", "completion_url", "cc", "turkSubmitTo"])
def test_nobody_is_sent_where_a_parameter_says(client, new_rater, key):
    evil = "https://evil.example/"
    for path in ("/", "/monitor"):
        reply = client.get(path, query_string={key: evil})
        assert reply.status_code == 200
        assert f'href="{evil}' not in reply.text
    rater = new_rater(client)
    rater.join(**{key: evil})
    rater.to_trials()
    assert rater.finish().json["ending"] == {"url": "", "fields": {}}


def test_the_completion_url_is_that_of_study_toml(make_app, new_rater):
    platform = {"completion_url": "https://lab.example/end?x=1"}
    rater = new_rater(make_app(platform=platform).test_client()).to_trials()
    done = rater.finish().json
    assert done["ending"]["url"] == f"https://lab.example/end?x=1&cc={done['code']}"


# The server itself


def test_a_missing_secret_is_refused_and_a_new_one_is_for_its_owner_only(make_app, study_folder):
    folder = study_folder()
    make_app(folder=folder)
    secret = folder / "secret.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    secret.unlink()
    with pytest.raises(SingError, match=r"secret\.key: the study's secret is missing"):
        create_app(folder)


def test_debug_mode_is_off_whatever_the_environment_says(monkeypatch, make_app):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = make_app()
    assert app.debug is False
    assert app.testing is False
    app.view_functions["participant.page"] = lambda: 1 / 0
    app.config["PROPAGATE_EXCEPTIONS"] = False
    reply = app.test_client().get("/")
    assert reply.status_code == 500
    assert "ZeroDivisionError" not in reply.text
    assert "Traceback" not in reply.text


def test_files_of_the_study_and_of_the_package_are_not_served(client):
    for path in (
        *("/study.toml", "/stimuli.csv", "/sheets.csv", "/checks.csv", "/secret.key", "/study.db"),
        *("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/stimuli/"),
        *("/templates/study.html", "/strings/en.toml", "/.git/config", "/console"),
    ):
        assert client.get(path).status_code == 404, path


def test_secrets_are_not_in_the_settings_of_the_app(app):
    text = repr(dict(app.config))
    secret = site_of(app).store.secret
    assert secret.hex() not in text
    assert repr(secret) not in text
