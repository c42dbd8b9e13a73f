"""The monitor: behind a password that cannot be guessed, and without a single score."""

import re
import stat

import pytest

from listening_app.limits import Limits, Rate
from listening_app.monitor_password import FILE, MonitorPassword, first_password
from sing.errors import SingError


@pytest.fixture
def password(study):
    return first_password(study.folder)


def log_in(client, password, **options):
    return client.post("/monitor/login", data={"password": password}, **options)


def test_the_first_password_is_made_once_and_only_its_hash_is_kept(tmp_path):
    password = first_password(tmp_path)
    assert first_password(tmp_path) is None
    kept = (tmp_path / FILE).read_text()
    assert password not in kept
    assert kept.startswith("$argon2id$")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert MonitorPassword(tmp_path).is_right(password)
    assert not MonitorPassword(tmp_path).is_right(password[:-1])
    assert not MonitorPassword(tmp_path).is_right("")


def test_a_damaged_hash_is_one_line(tmp_path):
    (tmp_path / FILE).write_text("secret\n")
    with pytest.raises(SingError, match=r"monitor\.hash: not the hash of a password"):
        MonitorPassword(tmp_path).is_right("secret")


def test_without_a_password_in_the_folder_nobody_gets_in(client):
    assert log_in(client, "").status_code == 403
    assert "Password" in client.get("/monitor").text


def test_counts_are_there_after_the_login_and_gone_after_the_logout(client, password, rater):
    rater.to_trials().answer(1)
    assert "Answers stored" not in client.get("/monitor").text
    reply = log_in(client, password)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/monitor")
    cookie = reply.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/monitor"} <= set(cookie.split("; "))
    page = client.get("/monitor").text
    assert re.search(r"Answers stored</dt><dd>1<", page)
    assert client.post("/monitor/logout", data={"nonce": "forged"}).status_code == 403
    nonce = re.search(r'name="nonce" value="([0-9a-f]{32})"', page)[1]
    assert client.post("/monitor/logout", data={"nonce": nonce}).status_code == 303
    assert "Answers stored" not in client.get("/monitor").text


def test_the_cookie_is_sent_over_https_only_where_there_is_https(client, password):
    secure = log_in(client, password, base_url="https://study.example.org")
    assert "Secure" in secure.headers["Set-Cookie"]
    assert secure.headers["Strict-Transport-Security"]


def test_a_forged_cookie_is_refused(client, app, password, rater):
    rater.to_trials()
    for forged in (
        "",
        "x",
        rater.token,
        app.extensions["sing-eval study"].tokens.issue_monitor("n")[:-2],
    ):
        client.set_cookie("sing_eval_monitor", forged, path="/monitor")
        assert "Answers stored" not in client.get("/monitor").text


def test_no_score_is_on_the_page(client, password, rater):
    """An answer changes how many there are, and the median time; nothing else."""
    rater.to_trials()
    log_in(client, password)
    before = client.get("/monitor").text
    rater.answer(1, values={"score": 5})
    after = client.get("/monitor").text

    def numbers(page):
        return re.findall(r"<dd>(.*?)</dd>|<td>(.*?)</td>", page)

    changed = [
        pair for pair in zip(numbers(before), numbers(after), strict=True) if pair[0] != pair[1]
    ]
    assert [(old[0], new[0]) for old, new in changed] == [("0", "1"), ("–", "9.5 s")]


def test_guessing_passwords_is_limited_for_an_address_and_for_all(make_app, study_folder):
    folder = study_folder()
    password = first_password(folder)
    limits = Limits(logins=Rate(3, 1), all_logins=Rate(8, 1))
    client = make_app(folder=folder, options={"limits": limits}).test_client()
    assert [log_in(client, "guess").status_code for _ in range(5)] == [403] * 3 + [429] * 2
    blocked = log_in(client, password)
    assert blocked.status_code == 429
    assert int(blocked.headers["Retry-After"]) > 0
    elsewhere = [
        log_in(client, "guess", environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"}).status_code
        for number in range(8)
    ]
    assert elsewhere == [403] * 5 + [429] * 3


def test_a_right_password_at_first_forgives_a_slip(make_app, study_folder):
    folder = study_folder()
    password = first_password(folder)
    options = {"limits": Limits(logins=Rate(3, 0.001))}
    client = make_app(folder=folder, options=options).test_client()
    for _ in range(4):
        assert log_in(client, "slip").status_code == 403
        assert log_in(client, password).status_code == 303


def test_names_of_systems_with_html_are_shown_as_they_are(make_app, study_folder, built_once):
    hostile = "<b onclick=x>"
    app = make_app(
        systems={"truth": "../systems/truth", hostile: "../systems/sing"}, reference="truth"
    )
    site = app.extensions["sing-eval study"]
    client = app.test_client()
    log_in(client, first_password(site.study.folder))
    page = client.get("/monitor").text
    assert hostile not in page
    assert "&lt;b onclick=x&gt;" in page
