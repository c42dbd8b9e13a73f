"""A Chromium to look at pages with, and a small listening page to look at."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import studies
from playwright.sync_api import Browser, Page, expect, sync_playwright
from study_server import METER, Server, Visit

from eval_suite.listening_page.content import Content, make_content
from eval_suite.listening_page.page import write_folder
from eval_suite.request import Request
from listening_app.build import build_study
from sing.audio import NOTE_SAMPLES, SAMPLE_RATE, write_waveform
from sing.data.nsynth import write_examples
from sing.notes import Note
from sing.systems import SystemWriter

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PATIENCE_MS = 30_000
"""Of whatever waits for a page: on a busy machine it takes long."""

expect.set_options(timeout=PATIENCE_MS)

HOSTILE = "<script>document.title='taken'</script> & \"co\""
"""The name of a system, which is free text."""

NOTES = tuple(
    Note(instrument, pitch, 100)
    for instrument in ("bass_synthetic_000", "flute_acoustic_001")
    for pitch in (59, 60, 61)
)
LACKING = NOTES[1]
"""The note that the hostile system does not have."""

CENTS = dict(zip(NOTES, (10, 0, 80, 30, 5, 60), strict=True))
"""How far the hostile system is from each note's pitch."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a network."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"needs a browser: none of {', '.join(NAMES)} is installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a file in a window of its own; a script's error or a dialog fails the test."""
    contexts, faults = [], []

    def open_file(path: Path, script: str = "", **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.add_init_script(script)
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert not faults


def sine(note: Note, level: float, cents: float = 0) -> np.ndarray:
    """A steady tone, so that any jump in what is heard is the page's."""
    time = np.arange(NOTE_SAMPLES) / SAMPLE_RATE
    return level * np.sin(2 * np.pi * note.frequency * 2 ** (cents / 1200) * time)


@pytest.fixture
def cents() -> dict[str, float]:
    """How far the second system is from the pitch of each note that it has."""
    return {note.name: float(off) for note, off in CENTS.items() if note != LACKING}


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Six notes of two instruments; `half` is the truth at half its level."""
    folder = tmp_path_factory.mktemp("listening")
    (folder / "notes" / "audio").mkdir(parents=True)
    for note in NOTES:
        write_waveform(folder / "notes" / "audio" / f"{note.name}.wav", sine(note, 0.5))
    write_examples(folder / "notes", NOTES)
    half = SystemWriter(folder / "half", "half", "test")
    hostile = SystemWriter(folder / "hostile", HOSTILE, "test")
    for note in NOTES:
        half.write(note, sine(note, 0.25))
        if note != LACKING:
            hostile.write(note, sine(note, 0.4, CENTS[note]))
    half.finish(NOTES)
    hostile.finish([note for note in NOTES if note != LACKING])
    asked = Request(
        sources=(folder / "half", folder / "hostile"),
        split_name="all",
        reference=folder / "notes",
        metric_names=("wav_mse", "pitch_error"),
        with_baselines=False,
    )
    return make_content(asked, None, None, 50, "cpu")


@pytest.fixture(scope="session")
def page_file(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The listening page of these systems, as a folder."""
    return write_folder(content, tmp_path_factory.mktemp("pages") / "page", force=False)


BRIEF = {
    "ratings_per_stimulus": 2,
    "trials_per_rater": 3,
    "practice": {"trials": 1},
    "controls": {"gold": 0, "traps": 0},
    "headphones": {"policy": "skip"},
    "listening": {"required_share": 0.1},
}
"""Settings with which a session takes seconds."""


@pytest.fixture(scope="session")
def built_study(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Build a study of tones once for each test and settings."""
    folder = tmp_path_factory.mktemp("studies")
    studies.write_systems(folder / "systems")
    made: dict[str, Path] = {}

    def build(test: str, **changes: object) -> Path:
        reference = "truth" if test in ("preference", "mushra") else ""
        settings = {**BRIEF, "reference": reference, **changes}
        key = repr((test, sorted(settings.items())))
        if key not in made:
            made[key] = studies.write_study(folder / f"study{len(made)}", test, **settings)
            build_study(made[key])
        return made[key]

    return build


@pytest.fixture
def serve(built_study: Callable[..., Path], tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Serve a fresh copy of a built study; it ends with the test."""
    servers = []

    def start(test: str = "mos", database_url: str | None = None, **changes: object) -> Server:
        copy = tmp_path / f"served{len(servers)}"
        shutil.copytree(built_study(test, **changes), copy, copy_function=os.link)
        servers.append(Server(copy, database_url))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """A rater's window on a server; a script's error or a broken policy fails the test."""
    contexts, faults = [], []

    def start(server: Server, **options: object) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(METER)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.extend(_violations(message.text)))
        return Visit(page, server.address)

    yield start
    for context in contexts:
        context.close()
    assert not faults


def _violations(text: str) -> list[str]:
    return [text] if "Content Security Policy" in text or "Trusted" in text else []
