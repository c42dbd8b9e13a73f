"""The report in Chromium: nothing in the way of anyone, on paper too."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from analysis.designs import crossed
from analysis.report.page import ReportRequest, write_report
from analysis.simulate import simulate_choices, simulate_ratings
from analysis.study_run import Settings

pytestmark = pytest.mark.slow

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small synthetic study, with a sound and a definition."""
    folder = tmp_path_factory.mktemp("results")
    study = "pilot (synthetic)"
    means = {"ground-truth": 4.0, "sing": 3.4, "wavenet": 2.5}
    ratings = simulate_ratings(crossed(10, 12), means, seed=0).ratings
    ratings.assign(study=study).to_csv(folder / "ratings.csv", index=False)
    choices = simulate_choices(crossed(8, 12), 0.7, seed=0)
    choices.assign(study=study).to_csv(folder / "choices.csv", index=False)
    (folder / "study.toml").write_text('title = "pilot"\n')
    (folder / "note.wav").write_bytes(b"RIFF")
    request = ReportRequest(
        folder, folder / "report.html", Settings(), examples=(folder / "note.wav",)
    )
    return write_report(request)


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_sticks_out(open_page: Open, report_file: Path, width: int):
    page = open_page(report_file, viewport={"width": width, "height": 900})
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_link_of_the_contents_leads_to_its_heading(open_page: Open, report_file: Path):
    page = open_page(report_file)
    links = page.get_by_role("navigation").get_by_role("link").all()
    assert len(links) == 8
    for link in links:
        assert page.locator(link.get_attribute("href")).evaluate("node => node.tagName") == "H2"


def test_on_paper_tables_are_not_cut(open_page: Open, report_file: Path):
    page = open_page(report_file, viewport={"width": 672, "height": 900})  # A4 within its margins
    page.emulate_media(media="print")
    widths = page.locator("table").evaluate_all("all => all.map(one => one.offsetWidth)")
    assert max(widths) <= 672
    assert page.locator("nav").is_hidden()
