"""The listening page in Chromium: it plays, switches, sorts, and can be used by everyone."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from eval_suite.listening_page import page as pages
from eval_suite.listening_page.content import Content
from eval_suite.listening_page.rows import Cell, Row, flac, png

pytestmark = pytest.mark.slow

Open = Callable[..., Page]

LIVE = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target instanceof AudioDestinationNode) {
    window.tap ??= new AnalyserNode(this.context, { fftSize: 32768 });
    connect.call(this, window.tap);
  }
  return connect.call(this, target, ...rest);
};
window.heard = () => {
  const samples = new Float32Array(tap.fftSize);
  tap.getFloatTimeDomainData(samples);
  return { samples: Array.from(samples), rate: tap.context.sampleRate };
};
"""
"""Keeps the last two thirds of a second of what goes to the loudspeaker."""

EXACT = """
window.AudioContext = class extends OfflineAudioContext {
  constructor() { super(1, 96000, 48000); }
  resume() { return Promise.resolve(); }
};
window.rendered = async (at, action) => {
  const context = player.context;
  context.suspend(at).then(() => { action(); OfflineAudioContext.prototype.resume.call(context); });
  return Array.from((await context.startRendering()).getChannelData(0));
};
"""
"""Computes two seconds of sound sample by sample, however busy the machine is."""


def play(page: Page, row: int, column: int) -> None:
    cell(page, row, column).get_by_role("button").click()
    page.wait_for_function("player.position > 0 && player.isPlaying")


def cell(page: Page, row: int, column: int):
    return page.locator(f'[data-row="{row}"]').get_by_role("cell").nth(column)


def status(page: Page):
    return page.locator("#status")


def fitted(samples: np.ndarray, times: np.ndarray, frequency: float) -> complex:
    """Amplitude and phase of the sine of this frequency that fits best."""
    columns = np.exp(2j * np.pi * frequency * times)
    basis = np.stack([columns.real, -columns.imag], axis=1)
    real, imaginary = np.linalg.lstsq(basis, samples, rcond=None)[0]
    return complex(real, imaginary)


def test_a_click_plays_that_systems_note_at_its_frequency(open_page: Open, page_file, content):
    page = open_page(page_file, LIVE)
    play(page, 2, 1)
    note = content.plan.notes[2]
    expect(status(page)).to_have_text(f"Playing: half, {note.name}")
    page.wait_for_function("player.position > 0.8")
    found = page.evaluate("heard()")
    samples = np.array(found["samples"])
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    peak = spectrum.argmax() * found["rate"] / len(samples)
    assert peak == pytest.approx(note.frequency, abs=2)
    assert np.abs(samples).max() == pytest.approx(0.25, rel=0.05)


def test_another_system_is_heard_at_the_same_sample_and_without_a_click(
    open_page: Open, page_file, content
):
    page = open_page(page_file, EXACT)
    cell(page, 0, 0).get_by_role("button").click()
    page.wait_for_function("player.voices.length")
    samples = np.array(page.evaluate("rendered(1, () => player.hear(1))"))
    # `half` is the truth at half the level, so only the amplitude may change.
    frequency = content.plan.notes[0].frequency
    times = np.arange(len(samples)) / 48_000
    first = fitted(samples[24_000:47_000], times[24_000:47_000], frequency)
    last = fitted(samples[50_000:], times[50_000:], frequency)
    assert abs(first) == pytest.approx(0.5, rel=0.01)
    assert abs(last) == pytest.approx(0.25, rel=0.01)
    one_sample = 2 * np.pi * frequency / 48_000
    assert np.angle(last / first) == pytest.approx(0, abs=one_sample / 20)
    steady = 0.5 * one_sample**2  # the second difference of a sine of amplitude 0.5
    assert np.abs(np.diff(samples[24_000:], 2)).max() < 1.5 * steady


def test_a_pause_and_a_start_in_the_middle_of_a_note_do_not_click(
    open_page: Open, page_file, content
):
    page = open_page(page_file, EXACT)
    cell(page, 0, 0).get_by_role("button").click()
    page.wait_for_function("player.voices.length")
    page.evaluate("player.seek(2.0005)")
    page.wait_for_function("player.offset > 2 && player.voices.length")
    samples = np.array(page.evaluate("rendered(1, () => player.pause())"))
    assert np.abs(samples[24_000:47_000]).max() == pytest.approx(0.5, rel=0.01)
    assert not samples[50_000:].any()
    # A cut would be a step of up to 0.5 from one sample to the next.
    steepest = 0.5 * 2 * np.pi * content.plan.notes[0].frequency / 48_000
    assert np.abs(np.diff(samples)).max() < 1.2 * steepest


def test_keys_play_pause_and_move_between_systems_and_notes(open_page: Open, page_file, content):
    page = open_page(page_file)
    names = [note.name for note in content.plan.notes]
    page.keyboard.press("ArrowDown")
    expect(status(page)).to_have_text(f"Ready: ground truth, {names[0]}")
    page.keyboard.press("Space")
    expect(status(page)).to_have_text(f"Playing: ground truth, {names[0]}")
    page.keyboard.press("ArrowRight")
    expect(status(page)).to_have_text(f"Playing: half, {names[0]}")
    assert page.evaluate("document.activeElement.textContent") == "half"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("3")  # has no such note
    expect(status(page)).to_have_text(f"Playing: half, {names[1]}")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("3")
    expect(status(page)).to_have_text(f"Playing: {content.systems[1]}, {names[2]}")
    page.wait_for_function("player.position > 0.2")
    page.keyboard.press("Space")
    expect(status(page)).to_have_text(f"Paused: {content.systems[1]}, {names[2]}")
    paused = page.evaluate("player.position")
    page.keyboard.press("Space")
    page.wait_for_function(f"player.position > {paused}")
    assert page.evaluate("player.position") < paused + 1


def test_space_plays_the_first_note_and_an_arrow_goes_on_at_the_same_position(
    open_page: Open, page_file, content
):
    page = open_page(page_file)
    (first, *_) = [note.name for note in content.plan.notes]
    page.keyboard.press("Space")
    expect(status(page)).to_have_text(f"Playing: ground truth, {first}")
    page.wait_for_function("player.position > 0.5")
    started = page.evaluate("player.startedAt")
    before = page.evaluate("player.position")
    page.keyboard.press("ArrowRight")
    expect(status(page)).to_have_text(f"Playing: half, {first}")
    assert page.evaluate("player.startedAt") == started  # the sounds run on, only a gain changes
    assert before <= page.evaluate("player.position") < before + 1
    assert page.evaluate("player.isPlaying")


def test_keys_do_nothing_while_one_types_and_can_be_switched_off(open_page: Open, page_file):
    page = open_page(page_file)
    page.get_by_label("Find").focus()
    page.keyboard.type("2 ")
    page.get_by_text("How to use").click()
    page.get_by_label("Keys are on").uncheck()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("ArrowDown")
    expect(status(page)).to_have_text("Choose a note to play.")


def test_a_click_on_the_picture_and_the_slider_seek(open_page: Open, page_file):
    page = open_page(page_file)
    picture = cell(page, 0, 1).locator(".picture")
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] / 2, "y": 10})
    page.wait_for_function("player.position > 2")
    assert page.evaluate("player.position") < 3
    line = page.evaluate("rows.elements[0].style.getPropertyValue('--position')")
    assert 0.5 <= float(line) < 0.75
    page.keyboard.press("Space")
    page.get_by_label("Position in seconds").fill("1")
    assert page.evaluate("player.position") == 1


def test_a_note_ends_and_repeats_when_asked_to(open_page: Open, page_file):
    page = open_page(page_file)
    play(page, 0, 0)
    page.evaluate("player.seek(3.8)")
    expect(status(page)).to_have_text(re.compile("Ready: "))
    assert page.evaluate("player.position") == 0
    page.get_by_role("button", name="Repeat").click()
    page.get_by_role("button", name="Play or pause").click()
    page.evaluate("player.seek(3.8)")
    page.wait_for_function("player.isPlaying && player.position > 0.1 && player.position < 3")
    page.keyboard.press("l")  # this round is the last
    assert page.evaluate("player.position") < 3
    page.keyboard.press("Space")


def order(page: Page) -> list[str]:
    return page.locator(".note:not([hidden])").evaluate_all("rows => rows.map((row) => row.id)")


def test_notes_are_sorted_by_the_worst_pitch_and_a_missing_number_comes_last(
    open_page: Open, page_file, content, cents: dict[str, float]
):
    page = open_page(page_file)
    page.get_by_label("Sort by").select_option("pitch_error")
    page.locator("#sort-system").select_option(content.systems[1])
    worst_first = sorted(cents, key=lambda name: -cents[name])
    (lacking,) = {note.name for note in content.plan.notes} - {*cents}
    assert order(page) == [*worst_first, lacking]
    page.get_by_label("Order").select_option("best first")
    assert order(page) == [*worst_first[::-1], lacking]
    page.get_by_label("Sort by").select_option("pitch")
    pitches = [int(name.split("-")[1]) for name in order(page)]
    assert pitches == sorted(pitches)


def test_family_and_words_choose_notes_and_the_means_are_of_those_that_all_systems_have(
    open_page: Open, page_file, content, cents: dict[str, float]
):
    page = open_page(page_file)
    page.get_by_label("Family").select_option("bass")
    expect(page.locator("#count")).to_have_text("3 of 6 notes")
    assert all(name.startswith("bass") for name in order(page))
    shown = [value for name, value in cents.items() if name.startswith("bass")]  # one is lacking
    means = page.locator("#means").get_by_role("cell")
    found = float(means.nth(2).locator("li").nth(1).inner_text().split()[-1])
    assert found == pytest.approx(np.mean(shown), abs=1)
    level = 0.25**2 / 2  # mean square of half of a sine of amplitude 0.5
    assert float(means.nth(1).locator("li").nth(0).inner_text().split()[-1]) == pytest.approx(
        level, rel=0.01
    )
    page.get_by_label("Find").fill("061 SYN")
    assert order(page) == [content.plan.notes[2].name]
    page.get_by_label("Find").fill("piano")
    expect(page.get_by_text("No note fits")).to_be_visible()


def test_a_note_that_a_system_lacks_is_a_cell_that_says_so(open_page: Open, page_file, content):
    page = open_page(page_file)
    lacking = cell(page, 1, 2)
    expect(lacking).to_contain_text(f"{content.systems[1]} does not have this note")
    assert lacking.get_by_role("button").count() == 0
    play(page, 1, 0)
    chip = page.get_by_role("group", name="System").get_by_role("button").nth(2)
    expect(chip).to_be_disabled()


def test_the_page_asks_for_nothing_outside_its_folder_and_shows_any_name_as_text(
    open_page: Open, page_file: Path, content: Content
):
    page = open_page(page_file)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    play(page, 0, 2)
    assert any(url.endswith("notes/0000.js") for url in asked)
    assert all(url.startswith(page_file.parent.as_uri()) for url in asked)
    assert page.title() == f"Listen and compare: half, {content.systems[1]}"
    expect(page.get_by_role("columnheader").nth(3)).to_contain_text(content.systems[1])


def test_a_folder_that_was_torn_apart_says_what_is_missing(
    open_page: Open, page_file: Path, tmp_path: Path
):
    torn = shutil.copytree(page_file.parent, tmp_path / "torn")
    (torn / "notes" / "0000.js").unlink()
    page = open_page(torn / "index.html")
    cell(page, 0, 0).get_by_role("button").click()
    expect(status(page)).to_contain_text("notes/0000.js is not there")


def test_one_file_holds_everything(open_page: Open, content: Content, tmp_path: Path):
    page = open_page(pages.write_file(content, tmp_path / "page.html", force=False))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    play(page, 3, 1)
    expect(status(page)).to_have_text(f"Playing: half, {content.plan.notes[3].name}")
    assert page.locator("img").first.evaluate("(image) => image.naturalHeight") == 240
    assert not [url for url in asked if not url.startswith("data:")]


def test_on_request_for_little_motion_the_line_moves_in_steps(open_page: Open, page_file):
    page = open_page(page_file, reduced_motion="reduce")
    play(page, 0, 0)
    page.wait_for_function("player.position > 0.6")
    assert page.evaluate("rows.elements[0].style.getPropertyValue('--position')") == "0.125"
    assert (
        page.locator("#toggle").evaluate("(one) => getComputedStyle(one).transitionDuration")
        == "0s"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_sticks_out(
    open_page: Open, page_file: Path, theme: str, width: int
):
    page = open_page(page_file, color_scheme=theme, viewport={"width": width, "height": 844})
    page.get_by_text("How to use").click()
    play(page, 1, 1)  # a row with an empty cell
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.locator("body").evaluate("(one) => getComputedStyle(one).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
    assert (brightness > 200) == (theme == "light")


@pytest.mark.slow
def test_four_hundred_notes_of_five_systems_stay_usable(
    open_page: Open, content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sound, picture = flac(np.zeros(64_000, np.float32)), png(np.zeros((240, 251, 3), np.uint8))
    (note, *_), count = content.plan.notes, 400

    def many(_: Content):
        for place in range(count):
            cells = [Cell(sound, picture, (place, 0.1), "", False) for _ in content.columns]
            yield Row(note, "test", (Cell(sound, picture, (), "", False), *cells[1:]))

    monkeypatch.setattr(pages, "make_rows", many)
    page = open_page(pages.write_folder(content, tmp_path / "page", force=False))
    loaded = "[...document.images].filter((one) => one.complete && one.naturalWidth).length"
    page.wait_for_function(f"{loaded} > 0")
    assert page.evaluate(loaded) < 300
    seconds = page.evaluate(
        """async () => {
          const start = performance.now();
          document.querySelector('#sort').value = '0';
          document.querySelector('#sort').dispatchEvent(new Event('input', { bubbles: true }));
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          return (performance.now() - start) / 1000;
        }"""
    )
    assert page.locator(".note").first.get_attribute("data-row") == str(count - 1)
    assert seconds < 1
