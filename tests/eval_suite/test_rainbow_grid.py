"""Figures: what stands where, in which units, and the same bytes for the same input."""

import re
import subprocess
import sys
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from eval_suite.panels import Missing, Panels
from eval_suite.rainbow_grid import check_path, draw, save
from eval_suite.rainbowgram import Settings
from sing.errors import SingError
from sing.notes import Note

NOTES = (
    Note("bass_synthetic_068", 49, 25),
    Note("synth_lead_synthetic_081", 96, 127),
    Note("organ_electronic_001", 60, 75),
)
TITLES = ("ground truth", "wavenet", "sing-spectral", "sing-waveform", "sing-no-time-embedding")


def panels(rows: int, columns: int, settings: Settings = Settings()) -> Panels:  # noqa: B008
    shades = np.linspace(0, 255, settings.bins).astype(np.uint8)[:, None, None]
    picture = np.tile(shades, (1, 251, 3))
    cells = ((picture,) * columns,) * rows
    return Panels(NOTES[:rows], TITLES[:columns], cells, settings)


def cells_of(figure: Figure, count: int) -> list[mpl.axes.Axes]:
    return figure.axes[:count]


def words(figure: Figure) -> str:
    """Everything that the figure says, in one line."""
    found = [text.get_text() for text in figure.findobj(mpl.text.Text)]
    return " ".join(" ".join(found).split())


def everything_inside(figure: Figure) -> None:
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    width, height = figure.canvas.get_width_height(physical=True)
    for text in figure.findobj(mpl.text.Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent(renderer)
            assert box.x0 >= 0, text
            assert box.y0 >= 0, text
            assert box.x1 <= width, text
            assert box.y1 <= height, text


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 2), (3, 5)])
def test_a_figure_of_any_shape_has_its_words_inside_and_apart(rows, columns):
    figure = draw(panels(rows, columns))
    everything_inside(figure)
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:index]), figure.texts[index]


@pytest.mark.parametrize(("columns", "width"), [(2, 5.5), (3, 5.5), (5, 5.5)])
def test_a_figure_is_as_wide_as_the_papers_text(columns, width):
    assert draw(panels(1, columns)).get_figwidth() == pytest.approx(width)


def test_axes_are_in_hz_and_seconds():
    figure = draw(panels(2, 2))
    upper, _, lower, right = cells_of(figure, 4)
    hertz = [float(label.get_text()) for label in lower.get_yticklabels()]
    # C2 to C7 of the equal temperament with A4 at 440 Hz
    np.testing.assert_allclose(hertz, [440 * 2 ** (octave - 4.75) for octave in range(2, 8)], 3e-3)
    assert [label.get_text() for label in right.get_xticklabels()] == list("01234")
    assert lower.get_xlim() == pytest.approx((0, 4))
    assert lower.get_xlabel() == "time (s)"
    assert upper.get_ylabel() == lower.get_ylabel() == "frequency (Hz)"
    assert upper.get_xlabel() == right.get_ylabel() == ""


def test_ticks_stand_at_their_bins_and_frames():
    picture = np.zeros((240, 251, 3), np.uint8)
    picture[80, 125] = 255  # C4, 2 s
    made = Panels(NOTES[:1], TITLES[:1], ((picture,),), Settings())
    axes = draw(made).axes[0]
    left, right, bottom, top = axes.images[0].get_extent()
    middle = (left + (125 + 0.5) * (right - left) / 251, bottom + 80.5 * (top - bottom) / 240)
    labels = {
        label.get_text(): tick
        for label, tick in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    }
    assert middle == pytest.approx((2.0, labels["262"]))
    assert axes.images[0].origin == "lower"


def test_the_wide_range_is_labelled_from_a0():
    axes = draw(panels(1, 1, Settings.wide())).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["27.5", "55", "110", "220", "440", "880", "1760", "3520"]


def test_columns_are_called_after_systems_and_rows_after_notes():
    said = words(draw(panels(2, 5)))
    for title in TITLES:
        assert title in said.replace("time- ", "time-")
    assert "bass_synthetic_068-049-025 (C♯3, 138.6 Hz)" in said
    assert "synth_lead_synthetic_081-096-127 (C7, 2093.0 Hz)" in said


def test_a_long_or_formula_like_system_name_is_printed_as_it_is():
    made = panels(1, 5)
    names = ("$x_1$", *["a_very_long_name_of_a_system_without_a_space"] * 4)
    figure = draw(Panels(made.notes, names, made.cells, made.settings))
    everything_inside(figure)
    assert figure.texts[0].get_text() == "$x_1$"
    assert not figure.texts[0].get_parse_math()


def test_the_legend_says_what_colour_and_brightness_are():
    said = words(draw(panels(1, 2)))
    assert "16 ms" in said
    assert "distance from the nearest multiple of 62.5 Hz" in said
    for mark in ("0 Hz", "+15.625", "±31.25", "−15.625", "−70", "0 dB"):
        assert mark in said
    demodulated = words(draw(panels(1, 2, Settings(demodulated=True))))
    assert "distance from where it is drawn" in demodulated


def test_the_wheel_has_the_colours_of_the_map():
    wheel = next(
        axes for axes in draw(panels(1, 1)).axes[1:] if axes.images[0].get_array().shape[2] == 4
    )
    ring = wheel.images[0].get_array()
    size = len(ring)
    middle, rim = size // 2, round(0.11 * size)
    expected = {0.0: (middle, -rim), 0.5: (-rim, middle), -0.5: (rim, middle)}
    for advance, place in expected.items():
        colour = mpl.colormaps["rainbow"]((advance + 1) / 2)
        np.testing.assert_allclose(ring[place] / 255, colour, atol=0.03)
    assert ring[middle, middle, 3] == ring[0, 0, 3] == 0


def test_an_empty_cell_says_why():
    made = panels(1, 2)
    missing = Missing("no such note", "wavenet: no note x")
    figure = draw(Panels(made.notes, made.titles, ((made.cells[0][0], missing),), made.settings))
    empty = figure.axes[1]
    assert not empty.images
    assert [text.get_text() for text in empty.texts] == ["no such note"]
    assert len(empty.get_xticks()) == 5


def figure_bytes(path: Path) -> bytes:
    save(draw(panels(1, 2)), path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_equal_figures_are_equal_files(kind, tmp_path, monkeypatch):
    first = figure_bytes(tmp_path / f"a.{kind}")
    # Neither the clock nor the user's own settings of matplotlib may show.
    monkeypatch.setattr(time, "time", lambda: 2e9)
    with mpl.rc_context({"font.size": 20, "savefig.bbox": "tight", "pdf.compression": 1}):
        assert figure_bytes(tmp_path / f"b.{kind}") == first


@pytest.mark.slow
def test_equal_figures_are_equal_files_in_another_process(tmp_path):
    save(draw(panels(1, 1)), tmp_path / "a.pdf")
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path\n"
        "from test_rainbow_grid import draw, panels, save\n"
        f"save(draw(panels(1, 1)), Path({str(tmp_path / 'b.pdf')!r}))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_pdf_holds_each_pixel_once_and_no_type_3_font(tmp_path):
    content = figure_bytes(tmp_path / "a.pdf")
    sizes = re.findall(rb"/Height (\d+)|/Width (\d+)", content)
    assert sizes.count((b"240", b"")) >= 2
    assert sizes.count((b"", b"251")) == 2
    assert b"/Type3" not in content
    assert b"CreationDate" not in content


def test_only_pdf_and_png_are_written(tmp_path):
    for good in ("a.pdf", "a.png", "A.PNG"):
        check_path(Path(good))
    for bad in ("a.jpg", "a", "a.svg"):
        with pytest.raises(SingError, match=r"\.png or a \.pdf"):
            check_path(Path(bad))
