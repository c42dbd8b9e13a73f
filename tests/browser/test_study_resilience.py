"""Nothing is lost: networks and servers that go away, tabs closed and doubled, other devices."""

import http.client
import json
import sqlite3
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from listening_app.store import Store
from listening_app.store.models import TRIAL_ANSWERS
from listening_app.study import open_study

pytestmark = pytest.mark.slow  # a session takes as long as its sounds


def stored(server) -> list:
    connection = sqlite3.connect(f"file:{server.folder}/study.db?mode=ro", uri=True)
    try:
        statement = "SELECT position, uuid, given FROM trial_answers ORDER BY session, position"
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def scores(server) -> list[tuple[int, int]]:
    return [(position, json.loads(given)["score"]) for position, _, given in stored(server)]


NOTICES = """
window.notices = [];
const place = document.getElementById("notice");
const keep = () => window.notices.push(place.textContent);
new MutationObserver(keep).observe(place, { childList: true });
"""
"""Keeps every notice from now on."""


def finish(rater, choices) -> None:
    for choice in choices:
        rater.take(choice)
    expect(rater.page.get_by_role("heading", name="Thank you!")).to_be_visible()


def test_offline_in_the_middle_and_back(serve: Callable, visit: Callable):
    server = serve()
    rater = visit(server).to_trials()
    rater.take(0)
    rater.go()
    expect(rater.slots).to_be_enabled()
    rater.page.wait_for_timeout(300)  # the next sound is loaded meanwhile
    rater.page.context.set_offline(True)
    rater.take(1)
    notice = rater.page.locator("#notice")
    expect(notice).to_contain_text("Connection lost. Your answers are kept here")
    rater.hear()  # loaded before, so that the work goes on
    assert scores(server) == [(1, 5)]
    rater.page.context.set_offline(False)
    expect(notice).to_contain_text("Connected again")
    assert scores(server) == [(1, 5), (2, 4)]
    rater.answer(2)
    finish(rater, [3])
    assert scores(server) == [(1, 5), (2, 4), (3, 3), (4, 2)]


def test_answers_given_offline_survive_a_closed_tab(serve: Callable, visit: Callable):
    server = serve()
    rater = visit(server).to_trials()
    rater.take(0)
    rater.go()
    rater.page.wait_for_timeout(300)
    rater.page.context.set_offline(True)
    rater.take(1)
    expect(rater.page.locator("#notice")).to_contain_text("Connection lost")
    rater.page.close()
    rater.page = rater.page.context.new_page()
    rater.page.context.set_offline(False)
    rater.open().agree()
    expect(rater.page.locator("#progress-label")).to_have_text("Trial 2 of 3")
    finish(rater, [2, 3])
    assert scores(server) == [(1, 5), (2, 4), (3, 3), (4, 2)]


def test_reload_resumes_at_the_trial(serve: Callable, visit: Callable):
    server = serve()
    rater = visit(server).to_trials()
    rater.take(0)
    rater.go()
    rater.take(1)
    expect(rater.page.locator("#progress-label")).to_have_text("Trial 2 of 3")
    rater.page.wait_for_timeout(200)
    rater.page.reload()
    expect(rater.page.get_by_role("heading", name="Welcome back")).to_be_visible()
    rater.go()
    assert rater.label == "Trial 2 of 3"
    finish(rater, [2, 3])
    assert scores(server) == [(1, 5), (2, 4), (3, 3), (4, 2)]


def test_the_back_button_leads_back_into_the_same_trial(serve: Callable, visit: Callable):
    server = serve()
    rater = visit(server).to_trials()
    rater.take(0)
    rater.go()
    expect(rater.slots).to_be_enabled()
    rater.page.wait_for_timeout(200)
    rater.page.goto(f"{server.address}static/icon.svg")
    rater.page.go_back()
    rater.go()
    assert rater.label == "Trial 1 of 3"
    assert scores(server) == [(1, 5)]


def test_a_second_tab_and_a_new_device_go_on_at_the_same_trial(serve: Callable, visit: Callable):
    server = serve()
    first = visit(server).to_trials()
    first.take(0)
    first.go()
    expect(first.slots).to_be_enabled()
    device = visit(server).open().agree()
    device.go()
    assert device.label == "Trial 1 of 3"
    device.take(1)
    expect(device.page.locator("#progress-label")).to_have_text("Trial 2 of 3")
    first.take(4)  # too late: the other device's answer stays
    expect(first.page.locator("#notice")).to_contain_text("another tab or on another device")
    expect(first.page.locator("#progress-label")).to_have_text("Trial 2 of 3")
    finish(first, [2, 3])
    assert scores(server) == [(1, 5), (2, 4), (3, 3), (4, 2)]
    device.take(4)
    expect(device.page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert len(stored(server)) == 4


def test_a_server_killed_and_started_again(serve: Callable, visit: Callable):
    server = serve()
    rater = visit(server).to_trials()
    rater.take(0)
    rater.go()
    expect(rater.slots).to_be_enabled()
    rater.page.wait_for_timeout(300)
    server.kill()
    rater.take(1)
    expect(rater.page.locator("#notice")).to_contain_text("Your answers are kept here")
    rater.page.evaluate(NOTICES)
    rater.take(2)  # meanwhile the sound after it cannot be loaded
    assert all("Your answers are kept here" in text for text in rater.page.evaluate("notices"))
    server.start()
    finish(rater, [3])
    assert scores(server) == [(1, 5), (2, 4), (3, 3), (4, 2)]


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("?rater=", "This link does not work"),
        ("?rater=x#session=forged", "How"),
        ("#session=forged", "This link does not work"),
    ],
)
def test_links_that_do_not_work(serve: Callable, visit: Callable, query: str, heading: str):
    rater = visit(serve(title="How do they sound?")).open(query)
    expect(rater.page.get_by_role("heading", level=1)).to_contain_text(heading)


def test_who_is_done_is_told_so_with_the_code(serve: Callable, visit: Callable):
    server = serve(trials_per_rater=2, practice={"trials": 0})
    rater = visit(server).to_trials()
    finish(rater, [0, 1])
    code = rater.page.locator("[data-code]").inner_text()
    again = visit(server).open().agree()
    expect(again.page.get_by_role("heading", name="You have taken part already")).to_be_visible()
    expect(again.page.locator("[data-code]")).to_have_text(code)


def test_a_full_study_is_told_kindly(serve: Callable, visit: Callable):
    server = serve(surplus=0.0)
    for number in range(100):
        body = json.dumps({"parameters": {"rater": f"r{number}"}}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{server.address}api/join", body, headers)
        try:
            urllib.request.urlopen(request).close()
        except urllib.error.HTTPError as error:
            error.close()
            break
    rater = visit(server).open().agree()
    expect(rater.page.get_by_role("heading", name="No place is free")).to_be_visible()


def test_a_browser_without_audio_is_told_so(serve: Callable, visit: Callable):
    rater = visit(serve())
    rater.page.add_init_script("delete window.AudioContext; delete window.webkitAudioContext;")
    rater.open()
    expect(rater.page.get_by_role("heading", name="cannot play the sounds")).to_be_visible()


def test_a_device_that_does_not_play_is_told_what_may_be_wrong(serve: Callable, visit: Callable):
    rater = visit(serve())
    rater.page.add_init_script(
        """AudioContext.prototype.resume = () => new Promise(() => {});
        Object.defineProperty(BaseAudioContext.prototype, "state", { get: () => "suspended" });"""
    )
    rater.open().agree()
    rater.page.get_by_role("button", name="Play the sound").click()
    expect(rater.page.locator("#notice")).to_contain_text("does not play sounds yet")


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_a_join_by_the_open_link_whose_reply_is_lost_makes_one_rater(
    serve: Callable, visit: Callable, is_reloaded: bool
):
    server = serve()
    rater = visit(server)
    replies = []

    def lose_the_first(route) -> None:
        replies.append(route.fetch().status)
        if len(replies) == 1:
            route.abort()
        else:
            route.continue_()

    rater.page.route("**/api/join", lose_the_first)
    rater.open("").agree()
    expect(rater.page.locator("#notice")).to_contain_text("Connection lost")
    if is_reloaded:
        rater.page.reload()
        rater.agree()
    expect(rater.page.get_by_role("heading", name="Set your volume")).to_be_visible()
    assert set(replies) == {200}
    with Store(open_study(server.folder), create=False) as store:
        assert store.counts().outcomes == {"active": 1}
    rater.page.evaluate("location.hash = ''")  # the next person at this computer
    rater.agree()
    expect(rater.page.get_by_role("heading", name="Set your volume")).to_be_visible()
    with Store(open_study(server.folder), create=False) as store:
        assert store.counts().outcomes == {"active": 2}


PATIENCE_SECONDS = 150
"""On a busy machine, a server that is killed three times is away for long."""

ANSWERS = select(*(TRIAL_ANSWERS.c[name] for name in ("position", "uuid", "given")))


class HttpRater(threading.Thread):
    """A rater without a browser, as patient as the page: it sends again until it is answered."""

    def __init__(self, server, number: int) -> None:
        super().__init__()
        self.server, self.number = server, number
        self.token, self.given, self.code = "", [], None

    def ask(self, path: str, body: object = None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            request = urllib.request.Request(f"{self.server.address}api/{path}", data, headers)
            try:
                with urllib.request.urlopen(request, timeout=5) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                with error:
                    if error.code < 500:
                        raise AssertionError(f"{path}: {error.code} {error.read()}") from None
            except (OSError, http.client.HTTPException):
                pass
            threading.Event().wait(0.05)
        raise AssertionError(f"{path}: no answer")

    def run(self) -> None:
        self.token = self.ask("join", {"parameters": {"rater": f"r{self.number}"}})["token"]
        self.ask("stages/consent", {"given": True})
        self.ask("stages/sound", {"device": "other"})
        sheet = self.ask("session")["sheet"]
        for position, trial in enumerate(sheet, start=1):
            heard = {slot: [[0, 4]] for slot, _ in trial["slots"]}
            score = 1 + (self.number + position) % 5
            name = str(uuid.uuid4())
            body = {"position": position, "uuid": name, "values": {"score": score}, "heard": heard}
            reply = self.ask("answers", body)
            self.given.append((position, name, json.dumps({"score": score})))
        self.code = reply["code"]


def test_twenty_raters_lose_nothing_when_the_server_is_killed(
    serve: Callable, database_url: str | None
):
    server = serve(ratings_per_stimulus=20, trials_per_rater=6, database_url=database_url)
    raters = [HttpRater(server, number) for number in range(20)]
    for rater in raters:
        rater.start()
    kills = 0
    while any(rater.is_alive() for rater in raters) and kills < 3:
        threading.Event().wait(0.4)
        server.kill()
        kills += 1
        server.start()
    for rater in raters:
        rater.join(PATIENCE_SECONDS)
    assert kills >= 1
    given = sorted(given for rater in raters for given in rater.given)
    assert len(given) == 20 * 7
    with Store(open_study(server.folder), database_url, create=False) as store:
        rows = store.database.read(lambda connection: connection.execute(ANSWERS).all())
    assert sorted(map(tuple, rows)) == given
    assert len({rater.code for rater in raters} - {None}) == 20
