"""The study's pages for everyone: no violation, no overflow, two languages, and nothing told."""

import re
import time
from collections.abc import Callable
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect

pytestmark = pytest.mark.slow  # a session takes as long as its sounds

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}

QUESTIONS = [
    {"key": "age", "text": "How old are you?", "choices": ["Young", "Old"]},
    {"key": "remark", "text": "Anything else?", "kind": "text"},
]

GERMAN = {
    "languages": ["en", "de"],
    "translations": {
        "de": {
            "title": "Noten",
            "task": "Wie gut klingt die Note?",
            "labels": ["Schlecht", "Mäßig", "Mittel", "Gut", "Sehr gut"],
            "consent": "Dies ist eine Hörstudie.",
        }
    },
}


def check(page) -> None:
    """No violation of accessibility rules, and nothing to scroll sideways."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def check_looks(page, *screens: dict) -> None:
    """The page as it stands, light and dark, on screens of these sizes."""
    for screen in screens:
        page.set_viewport_size(screen["viewport"])
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            check(page)


def check_dark_and_light(page) -> None:
    """The page as it stands, dark on a phone and light on a desk."""
    for screen, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
        page.set_viewport_size(screen["viewport"])
        page.emulate_media(color_scheme=scheme)
        check(page)


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_pages_have_no_violation_on_any_screen(serve: Callable, visit: Callable, screen: dict):
    server = serve(
        questions=QUESTIONS,
        headphones={"policy": "ask"},
        controls={"gold": 0, "traps": 1},
        consent={"contact": "study@example.org"},
    )
    rater = visit(server, **screen, reduced_motion="reduce", bypass_csp=True).open()
    page = rater.page
    expect(page.get_by_role("heading", name="Notes")).to_be_visible()
    check_looks(page, screen)
    rater.agree()
    expect(page.get_by_role("heading", name="About you")).to_be_visible()
    check_looks(page, screen)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Play the sound")).to_be_enabled()
    check_looks(page, screen)
    rater.check_sound()
    expect(page.get_by_role("button", name="Play the three sounds")).to_be_enabled()
    check_looks(page, screen)


@pytest.mark.parametrize("test", ["mos", "preference", "abx", "ab", "cmos", "mushra"])
def test_trials_have_no_violation(serve: Callable, visit: Callable, test: str):
    server = serve(test, trials_per_rater=2, practice={"trials": 0})
    rater = visit(server, **PHONE, reduced_motion="reduce", bypass_csp=True).to_trials()
    expect(rater.slots.first).to_be_enabled()
    check(rater.page)
    rater.hear()
    rater.page.locator("summary", has_text="Keyboard").click()
    rater.page.locator("summary", has_text="comment").click()
    check_looks(rater.page, PHONE, DESKTOP)


ENDED = {"token": "x", "session": "x", "stage": "done", "outcome": "complete", "language": "en"}
WAY_OUT = {"code": "AB12CD", "ending": {"url": "https://example.org/", "fields": {}}}
FORM = {"code": "AB12CD", "ending": {"url": "https://example.org/", "fields": {"id": "x"}}}

MESSAGES = [
    ("The study is full", 409, {"error": "full", "final": True}),
    ("You have taken part already", 200, {**ENDED, **WAY_OUT, "error": "done"}),
    ("Thank you!", 200, {**ENDED, **WAY_OUT}),
    ("Thank you!", 200, {**ENDED, **FORM}),
    ("This link has expired", 401, {"error": "expired"}),
]
"""What the server may say, and the page that it leads to; those left out differ in words only."""


def test_no_message_has_a_violation(serve: Callable, visit: Callable):
    """Every page that ends a visit. When they come is tested elsewhere: here the reply is made."""
    server = serve(consent={"contact": "study@example.org"})
    rater = visit(server, **DESKTOP, reduced_motion="reduce", bypass_csp=True)
    page = rater.page
    for heading, status, reply in MESSAGES:
        page.route("**/api/*", partial(Route.fulfill, status=status, json=reply))
        rater.open().agree()
        expect(page.get_by_role("heading", name=heading)).to_be_focused()
        check_dark_and_light(page)
        page.unroute("**/api/*")
        page.goto("about:blank")  # else only what stands after # changes, and nothing is loaded
    page.route("**/api/*", lambda route: route.abort())
    rater.open().agree()
    expect(page.locator("#notice")).to_contain_text("Connection lost")
    check_dark_and_light(page)
    for address, heading in (
        ("?rater=", "This link does not work"),
        ("x", "There is no such page"),
    ):
        rater.open(address)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        check_dark_and_light(page)
    page.add_init_script("delete window.AudioContext; delete window.webkitAudioContext;")
    rater.open()
    expect(page.get_by_role("heading", name="cannot play the sounds")).to_be_visible()
    check_dark_and_light(page)


def test_the_monitor_has_no_violation_and_no_score(serve: Callable, visit: Callable):
    server = serve()
    rater = visit(server).to_trials()
    rater.take()
    rater.go()
    for scheme in ("light", "dark"):
        watcher = visit(server, **PHONE, color_scheme=scheme, bypass_csp=True).open("monitor")
        page = watcher.page
        check(page)
        page.get_by_label("Password").fill(server.password)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Ratings", exact=True)).to_be_visible()
        check(page)
        assert "score" not in page.locator("main").inner_text().replace("scores are for", "")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible()


def test_a_page_in_german(serve: Callable, visit: Callable):
    server = serve(**GERMAN)
    rater = visit(server, locale="de-DE").open()
    page = rater.page
    expect(page.get_by_role("heading", name="Noten")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button", name="I agree, begin")).to_be_visible()
    page.get_by_role("link", name="Deutsch").click()
    page.get_by_role("button", name="Ich bin einverstanden").click()
    expect(page.get_by_role("heading", name="Stellen Sie die Lautstärke ein")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"


def test_a_session_goes_on_in_its_language_on_another_device(serve: Callable, visit: Callable):
    server = serve(**GERMAN)
    visit(server, locale="de-DE").open().page.get_by_role("button", name="Ich bin einv").click()
    other = visit(server, locale="en-GB").open().agree()
    expect(other.page.get_by_role("heading", name="Stellen Sie die Lautst")).to_be_visible()


def test_no_traffic_of_a_session_tells_a_system_a_note_or_a_kind(serve: Callable, visit: Callable):
    """Everything that the browser sends and gets, headers and addresses, is searched."""
    server = serve(
        "preference",
        systems={name: f"../systems/{name}" for name in ("truth", "sing", "wavenet")},
        controls={"gold": 1, "traps": 1},
        practice={"trials": 2},
    )
    rater = visit(server)
    replies = []

    def note(reply):  # Playwright takes no method of a list
        replies.append(reply)

    rater.page.on("response", note)
    rater.to_trials()
    for number in range(7):
        rater.hear()
        before = rater.label
        rater.answer()
        if number == 1:
            rater.go()
        end = time.monotonic() + 8
        while number < 6 and rater.label == before and time.monotonic() < end:
            time.sleep(0.02)
    expect(rater.page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert len(replies) > 30
    told, shown = b"", rater.page.content().encode()
    for reply in replies:
        request = reply.request
        told += request.url.encode() + repr(request.all_headers()).encode()
        told += repr(reply.all_headers()).encode() + (request.post_data_buffer or b"")
        if "/media/" in reply.url:
            told += reply.body()[:44]
        elif "/api/" in reply.url:
            told += reply.body()
        else:
            shown += reply.body()
    secret = (server.folder / "stimuli.csv").read_text().splitlines()[1:]
    words = {word for line in secret for word in line.split(",")[1:4]}
    words |= {"expected", "gold", "control", "lufs"}
    assert {"truth", "sing", "wavenet", "system", "trap", "reference"} <= words
    assert words & tokens(told) == set()
    # The page itself speaks of the reference and of beeps, and has a button that copies the code.
    assert words & tokens(shown) == {"reference", "beeps", "copy"}
    for part in (b"flute", b"acoustic", b"s0001-"):
        assert part not in told + shown


def tokens(content: bytes) -> set[str]:
    return set(re.findall(r"[a-z0-9_-]+", content.lower().decode("latin-1")))
