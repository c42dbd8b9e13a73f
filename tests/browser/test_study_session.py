"""Whole sessions in Chromium: by mouse, by keyboard, with sounds that are measured."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import expect

pytestmark = pytest.mark.slow  # a session takes as long as its sounds

TESTS = ["mos", "preference", "abx", "ab", "cmos", "mushra"]


def rows(folder: Path, statement: str) -> list:
    connection = sqlite3.connect(f"file:{folder}/study.db?mode=ro", uri=True)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def shorten_checks(folder: Path) -> None:
    """Twelve headphone tasks of four seconds each would take a minute; the trials stay whole."""
    for path in (folder / "checks").glob("*.wav"):
        samples, rate = soundfile.read(path)
        path.unlink()  # the built study has the same file
        soundfile.write(path, samples[: rate // 4], rate, subtype="PCM_16")


def answers(server) -> list:
    return rows(server.folder, "SELECT position, given FROM trial_answers ORDER BY position")


def test_a_mos_session_by_mouse(serve: Callable, visit: Callable):
    server = serve()
    rater = visit(server).to_trials()
    expect(rater.page.get_by_text("This is practice")).to_be_visible()
    rater.take(0)
    rater.go()
    for choice in (1, 2, 3):
        rater.take(choice)
    code = rater.page.locator("[data-code]").inner_text()
    expect(rater.page.get_by_role("heading", name="Thank you!")).to_be_focused()
    assert [given for _, given in answers(server)] == [
        f'{{"score": {score}}}' for score in (5, 4, 3, 2)
    ]
    assert rows(server.folder, "SELECT code, outcome, device FROM sessions") == [
        (code, "complete", "headphones")
    ]


def test_a_preference_session_by_keyboard_only(serve: Callable, visit: Callable):
    """Tab, space, Enter, arrows, digits and letters; the mouse is never used."""
    server = serve("preference", trials_per_rater=2)
    rater = visit(server).open()
    page, press = rater.page, rater.page.keyboard.press
    expect(page.get_by_role("button", name="I agree, begin")).to_be_visible()
    press("Tab")
    expect(page.get_by_role("button", name="I agree, begin")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", name="Set your volume")).to_be_focused()
    expect(page.get_by_role("button", name="Play the sound")).to_be_enabled()
    press("Tab")
    press("Space")
    press("Tab")
    press("Tab")
    press("Space")
    press("Tab")
    press("Enter")
    for key, position in zip("121", range(1, 4), strict=True):
        go = page.locator("[data-do=go]")
        if position in (1, 2):
            expect(go).to_be_visible()
            press("Tab")
            expect(go).to_be_focused()
            press("Enter")
        expect(rater.slots.first).to_be_visible()
        for letter in "xab":
            press(letter)
            slot = page.locator(f"[data-slot={letter.upper()}]")
            expect(slot).to_have_attribute("aria-pressed", "true")
            expect(slot.get_by_text("heard", exact=True)).to_be_attached()
        press("Space") if position == 3 else None
        expect(page.locator(".answer")).to_have_js_property("disabled", False)
        press(key)
        before = rater.label
        press("Enter")
        expect(page.locator("#progress-label")).not_to_have_text(before)
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    choices = [given for _, given in answers(server)]
    assert choices == [f'{{"choice": "{choice}"}}' for choice in "ABA"]


@pytest.mark.parametrize("test", ["abx", "ab", "cmos", "mushra"])
def test_the_other_tests_take_answers(serve: Callable, visit: Callable, test: str):
    server = serve(test)
    rater = visit(server).to_trials()
    rater.hear()
    if test == "mushra":
        sliders = rater.page.get_by_role("slider")
        expect(sliders.first).to_be_enabled()
        for number, slider in enumerate(sliders.all()):
            expect(rater.page.get_by_role("button", name="Next")).to_be_disabled()
            slider.fill(str(10 * number)) if number else slider.press("ArrowLeft")
        expect(sliders.first).to_have_attribute("aria-valuetext", "0")
        rater.page.get_by_role("button", name="Next").click()
    else:
        rater.answer(0)
    rater.go()
    expect(rater.slots.first).to_be_visible()
    given = {
        "abx": '{"choice": "A"}',
        "ab": '{"choice": "A"}',
        "cmos": '{"score": -3}',
        "mushra": '{"S1": 0, "S2": 10, "S3": 20}',
    }
    assert answers(server) == [(1, given[test])]


def test_what_is_stored_as_heard_is_what_was_played(serve: Callable, visit: Callable):
    """The loudspeakers' signal is measured and compared with what the server is told."""
    server = serve(listening={"required_share": 0.5})
    rater = visit(server).to_trials()
    page = rater.page
    expect(rater.slots).to_be_enabled()
    assert page.evaluate("meter.decoded") >= 2  # the sound check, and the trial before it opened
    before = page.evaluate("meter.seconds")
    rater.slots.click()
    page.wait_for_timeout(700)
    rater.slots.click()
    expect(page.locator(".answer")).to_have_js_property("disabled", True)
    expect(page.get_by_text("Please listen to all of it first.")).to_be_visible()
    page.keyboard.press("1")
    assert page.locator(".answer :checked").count() == 0
    rater.hear()
    rater.slots.click()
    played = page.evaluate("meter.seconds") - before
    rater.answer()
    rater.go()
    (heard,) = rater.sent[0]["heard"]["S"]
    assert heard[0] == 0
    assert heard[1] == pytest.approx(played, abs=0.2)
    assert 2 <= heard[1] < 4
    ((stored,),) = rows(server.folder, "SELECT listened_seconds FROM trial_answers")
    assert stored == pytest.approx(heard[1], abs=1e-6)


def test_a_mono_sound_is_heard_in_both_ears(serve: Callable, visit: Callable):
    rater = visit(serve()).to_trials()
    rater.hear()
    left, right = rater.page.evaluate("[meter.left, meter.right]")
    assert left == right > 0.01


SWITCHING = """
async () => {
  const rate = 48000;
  window.AudioContext = class extends OfflineAudioContext {
    constructor() { super(1, rate, rate); }
    resume() { return Promise.resolve(); }
    get state() { return "running"; }
  };
  const { Player, context } = await import("/static/audio.js?exact");
  const buffer = (values) => {
    const made = new AudioBuffer({ length: rate, sampleRate: rate });
    made.copyToChannel(Float32Array.from({ length: rate }, (_, index) => values(index)), 0);
    return made;
  };
  const sounds = [["A", buffer(() => -0.5)], ["B", buffer((index) => index / rate)]];
  const player = new Player(new Map(sounds));
  await player.play("A");
  const offline = context();
  const stop = OfflineAudioContext.prototype.resume;
  offline.suspend(0.5).then(() => { player.toggle("B"); stop.call(offline); });
  const rendered = await offline.startRendering();
  return Array.from(rendered.getChannelData(0));
}
"""


def test_switching_keeps_the_position_to_the_sample_and_ramps(serve: Callable, visit: Callable):
    """A is -0.5 throughout; B is its own position in seconds, so what is heard tells the place."""
    rater = visit(serve()).open()
    expect(rater.page.get_by_role("heading", level=1)).to_be_visible()
    heard = rater.page.evaluate(SWITCHING)
    rate, start = 48_000, round(0.03 * 48_000)
    assert heard[:start] == [0] * start
    assert heard[start + 500 : 23_900] == pytest.approx([-0.5] * (23_900 - start - 500))
    after = range(24_000 + 600, rate)
    assert [heard[place] for place in after] == pytest.approx(
        [(place - start) / rate for place in after], abs=1e-5
    )
    steps = [abs(heard[place + 1] - heard[place]) for place in range(start, rate - 1)]
    assert max(steps) < 1.05 / (0.008 * rate)
    changing = [place for place in range(23_000, 25_000) if steps[place - start] > 1e-4]
    assert 0.005 <= (changing[-1] - changing[0]) / rate <= 0.010


def test_who_refuses_meets_a_kind_page(serve: Callable, visit: Callable):
    server = serve()
    rater = visit(server).open()
    rater.page.get_by_role("button", name="I do not agree").click()
    expect(rater.page.get_by_role("heading", name="That is all right")).to_be_focused()
    assert rows(server.folder, "SELECT outcome FROM sessions") == [("no_consent",)]


def test_who_comes_back_and_refuses_finds_that_the_answers_are_deleted(
    serve: Callable, visit: Callable
):
    server = serve()
    rater = visit(server).to_trials()
    rater.take(0)
    rater.go()
    expect(rater.slots).to_be_enabled()
    assert len(answers(server)) == 1
    other = visit(server).open()
    other.page.get_by_role("button", name="I do not agree").click()
    expect(other.page.get_by_role("heading", name="That is all right")).to_be_focused()
    expect(other.page.get_by_text("Answers that you gave before are deleted")).to_be_visible()
    kept = rows(server.folder, "SELECT outcome, stage, position, device FROM sessions")
    assert kept == [("no_consent", "consent", 1, "")]
    assert answers(server) == rows(server.folder, "SELECT * FROM recruits") == []
    assert rows(server.folder, "SELECT holder FROM sheets WHERE holder IS NOT NULL") == []
    rater.take(1)  # in the window that is still open
    expect(rater.page.get_by_role("heading", name="That is all right")).to_be_visible()
    assert answers(server) == []


@pytest.mark.parametrize("test", ["mos", "ab"])
def test_a_sound_is_started_no_more_often_than_the_study_allows(
    serve: Callable, visit: Callable, test: str
):
    """By its button, by the button for all and by the space bar; who pauses can go on."""
    server = serve(test, listening={"required_share": 0.1, "max_plays": 1})
    rater = visit(server).to_trials()
    page, slots = rater.page, rater.slots.all()
    restart = page.get_by_role("button", name="From the start")
    rater.hear()
    expect(restart).to_be_disabled()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    expect(rater.slots.and_(page.locator(".is-playing"))).to_have_count(0)
    page.keyboard.press("Space")
    expect(rater.slots.and_(page.locator(".is-playing"))).to_have_count(1)
    page.evaluate("document.querySelector('[data-do=restart]').click()")
    for slot in slots:
        expect(slot).to_be_disabled()  # the sound has ended
    expect(restart).to_be_disabled()
    for key in ("Space", "a", "b"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    expect(rater.slots.and_(page.locator(".is-playing"))).to_have_count(0)
    rater.answer(0)
    rater.go()
    assert rater.sent[0]["plays"] == len(slots)


def test_who_has_not_heard_all_may_start_again(serve: Callable, visit: Callable):
    """Switched in the middle, neither sound was heard in full when the only start is used up."""
    server = serve("ab", listening={"required_share": 0.9, "max_plays": 1})
    rater = visit(server).to_trials()
    first, second = rater.slots.all()
    playing = rater.page.locator(".is-playing")
    first.click()
    rater.page.wait_for_timeout(1_500)
    second.click()
    expect(playing).to_have_count(0)
    for slot in (first, second):
        slot.click()
        expect(playing).to_have_count(1)
        expect(playing).to_have_count(0)
        expect(slot).to_be_disabled()
    expect(rater.page.locator(".answer")).to_have_js_property("disabled", False)


LEAVING = """
async (act) => {
  let resumed;
  window.AudioContext = class extends OfflineAudioContext {
    constructor() { super(1, 48000, 48000); }
    resume() { return new Promise((resolve) => { resumed = resolve; }); }
    get state() { return "running"; }
  };
  const { Player } = await import("/static/audio.js?leaving");
  const buffer = new AudioBuffer({ length: 48000, sampleRate: 48000 });
  const player = new Player(new Map([["sound", buffer]]));
  const starting = player[act]("sound");
  player.close();
  resumed();
  await starting;
  return player.isPlaying;
}
"""


@pytest.mark.parametrize("act", ["play", "restart", "toggle"])
def test_a_sound_that_was_about_to_start_stays_silent_when_the_rater_goes_on(
    serve: Callable, visit: Callable, act: str
):
    rater = visit(serve()).open()
    expect(rater.page.get_by_role("heading", level=1)).to_be_visible()
    assert rater.page.evaluate(LEAVING, act) is False


def test_single_keys_can_be_switched_off_at_the_headphone_tasks(serve: Callable, visit: Callable):
    server = serve(headphones={"policy": "ask"})  # WCAG 2.1.4
    shorten_checks(server.folder)
    rater = visit(server).open().agree().check_sound()
    page = rater.page
    page.get_by_role("button", name="Play the three sounds").click()
    expect(page.locator(".answer")).to_have_js_property("disabled", False)
    page.locator("summary", has_text="Keyboard").click()
    switch = page.get_by_label("Use single keys")
    switch.uncheck()
    page.keyboard.press("2")
    expect(page.locator("[name=interval]:checked")).to_have_count(0)
    switch.check()
    page.keyboard.press("2")
    expect(page.get_by_label("Second")).to_be_checked()


def test_a_session_with_questions_headphone_tests_and_all_that_is_heard(
    serve: Callable, visit: Callable
):
    questions = [
        {"key": "age", "text": "How old?", "choices": ["Young", "Old"], "required": True},
        {"key": "years", "text": "Years?", "kind": "number"},
    ]
    server = serve(
        questions=questions,
        headphones={"policy": "ask"},
        listening={"required_share": 1.0},
        trials_per_rater=2,
        practice={"trials": 0},
        break_after=1,
    )
    shorten_checks(server.folder)
    rater = visit(server).open().agree()
    page = rater.page
    page.get_by_label("Years?").fill("many")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text("Please answer the marked questions.")
    page.get_by_label("Old", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text("Please give a number.")
    page.get_by_label("Years?").fill("3")
    page.get_by_role("button", name="Continue").click()
    rater.check_sound()
    for number in range(1, 13):
        if number == 4:
            page.reload()
        expect(page.get_by_text(f"Task {number} of 12")).to_be_visible()
        page.get_by_role("button", name="Play the three sounds").click()
        expect(page.locator(".answer")).to_have_js_property("disabled", False)
        page.get_by_label("Second").check()
        page.get_by_role("button", name="Next").click()
    for _ in range(2):
        rater.go()
        rater.hear()
        page.locator("summary", has_text="comment").click()
        page.get_by_role("textbox").fill("A fine\nnote 🎵")
        rater.answer()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert rows(server.folder, "SELECT antiphase_hits, huggins_hits FROM sessions") == [(2, 2)]
    stored = rows(server.folder, "SELECT listened_seconds, plays, comment FROM trial_answers")
    assert [row[1:] for row in stored] == [(1, "A fine\nnote 🎵")] * 2
    assert [row[0] for row in stored] == pytest.approx([4.0, 4.0], abs=0.05)
