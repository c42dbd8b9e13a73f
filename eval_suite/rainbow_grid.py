"""Figures of rainbowgrams: notes as rows, systems as columns, as in Figure 2.

Everything is placed in inches, so that a figure of the same shape always looks the same: 5.5 in
wide (the text width of the paper's format) unless there are so many columns that they would not
be readable. Equal input gives equal bytes.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eval_suite.panels import Cell, Missing, Panels
from eval_suite.pitch_name import pitch_name
from eval_suite.rainbowgram import Settings, rainbow
from sing.errors import SingError
from sing.files import atomic_path
from sing.notes import Note

TEXT_WIDTH = 5.5
DPI = 300
FORMATS = ("pdf", "png")

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "axes.linewidth": 0.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.labelsize": 6.0,
    "ytick.labelsize": 6.0,
    "axes.labelsize": 7.0,
    "text.parse_math": False,  # a system may be called $x$
    "pdf.fonttype": 42,  # publishers refuse Type 3 fonts
}
_LEGEND_LINE = 0.105


@dataclass(frozen=True)
class _Layout:
    """Where things lie, in inches from the left and the bottom edge."""

    rows: int
    columns: int
    title_lines: int = 1
    legend_lines: int = 1

    left: float = 0.52
    right: float = 0.1
    gap: float = 0.09
    row_label: float = 0.17
    row_gap: float = 0.07
    axis: float = 0.36
    wheel: float = 0.44
    wheel_labels: float = 0.4

    @property
    def cell_width(self) -> float:
        room = TEXT_WIDTH - self.left - self.right - (self.columns - 1) * self.gap
        return min(2.9, max(0.7, room / self.columns))

    @property
    def cell_height(self) -> float:
        return min(1.8, max(1.2, 0.8 * self.cell_width))

    @property
    def width(self) -> float:
        cells = self.columns * (self.cell_width + self.gap) - self.gap
        return self.left + cells + self.right

    @property
    def titles(self) -> float:
        return 0.06 + 0.125 * self.title_lines

    @property
    def legend(self) -> float:
        return max(0.84, 0.56 + _LEGEND_LINE * self.legend_lines)

    @property
    def legend_text(self) -> tuple[float, float]:
        """Where the legend's words begin, and how wide they may be."""
        x = self.left + self.wheel + 2 * self.wheel_labels
        return x, self.width - x - self.right

    @property
    def height(self) -> float:
        row = self.row_label + self.cell_height + self.row_gap
        return self.titles + self.rows * row - self.row_gap + self.axis + self.legend

    def cell(self, row: int, column: int) -> tuple[float, float]:
        """The lower left corner of a cell."""
        x = self.left + column * (self.cell_width + self.gap)
        above = row * (self.row_label + self.cell_height + self.row_gap) + self.row_label
        return x, self.height - self.titles - above - self.cell_height


def draw(panels: Panels) -> Figure:
    """The figure: axes in Hz and seconds, a legend below, an empty cell with its reason."""
    with style.context(["default", _STYLE]):
        layout = _Layout(len(panels.notes), len(panels.titles))
        titles = [_wrapped(title, layout.cell_width, 3) for title in panels.titles]
        meaning = _wrapped(_meaning(panels.settings), 1.15 * layout.legend_text[1], 8, 6.0)
        layout = replace(layout, title_lines=max(map(_lines, titles)), legend_lines=_lines(meaning))
        figure = Figure(figsize=(layout.width, layout.height), dpi=DPI)
        FigureCanvasAgg(figure)
        for column, title in enumerate(titles):
            x, y = layout.cell(0, column)
            x, y = x + layout.cell_width / 2, y + layout.cell_height + layout.row_label
            _write(figure, layout, x, y + 0.03, title, ha="center", va="bottom", weight="bold")
        for row, note in enumerate(panels.notes):
            x, y = layout.cell(row, 0)
            y += layout.cell_height + 0.04
            _write(figure, layout, x, y, _described(note), va="bottom", color="0.25")
            for column, cell in enumerate(panels.cells[row]):
                axes = _axes(figure, layout, *layout.cell(row, column))
                _draw_cell(axes, cell, panels.settings, layout)
                _label_seconds(axes, row == layout.rows - 1, column == layout.columns - 1)
                _label_hertz(axes, panels.settings, column == 0)
        _draw_legend(figure, layout, panels.settings, meaning)
    return figure


def _write(figure: Figure, layout: _Layout, x: float, y: float, text: str, **how: Any) -> None:
    figure.text(x / layout.width, y / layout.height, text, **how)


def _axes(
    figure: Figure,
    layout: _Layout,
    x: float,
    y: float,
    width: float | None = None,
    height: float | None = None,
) -> Axes:
    width, height = width or layout.cell_width, height or layout.cell_height
    return figure.add_axes(
        (x / layout.width, y / layout.height, width / layout.width, height / layout.height)
    )


def _wrapped(text: str, inches: float, lines: int, points: float = 7.0) -> str:
    """The text in lines that fit the width: a letter is 0.62 times as wide as its size, bold."""
    letters = max(8, int(inches * 72 / (0.62 * points)))
    return "\n".join(textwrap.wrap(text, letters, max_lines=lines, placeholder="…"))


def _lines(text: str) -> int:
    return text.count("\n") + 1


def _described(note: Note) -> str:
    return f"{note.name}  ({pitch_name(note.pitch)}, {note.frequency:.1f} Hz)"


def _draw_cell(axes: Axes, cell: Cell, settings: Settings, layout: _Layout) -> None:
    """One picture, upwards in octaves above the lowest bin, or the reason why it is missing."""
    edge = 0.5 / settings.bins_per_octave
    hop = settings.hop_length / settings.sample_rate
    axes.set(xlim=(0, 4), ylim=(-edge, settings.octaves - edge))
    if isinstance(cell, Missing):
        axes.set_facecolor("0.93")
        reason = _wrapped(cell.reason, layout.cell_width - 0.1, 8, 6.0)
        axes.text(0.5, 0.5, reason, ha="center", va="center", fontsize=6, transform=axes.transAxes)
        return
    frames = cell.shape[1]
    axes.imshow(
        cell,
        origin="lower",
        aspect="auto",
        interpolation="none",
        extent=(-hop / 2, (frames - 0.5) * hop, -edge, settings.octaves - edge),
    )
    axes.set_xlim(0, (frames - 1) * hop)


def _label_seconds(axes: Axes, is_lowest: bool, is_last: bool) -> None:
    """Ticks at whole seconds; numbers under the lowest row, where 4 would meet the next 0."""
    numbers = ["0", "1", "2", "3", "4" if is_last else ""]
    axes.set_xticks(range(5), labels=numbers if is_lowest else [""] * 5)
    if is_lowest:
        axes.set_xlabel("time (s)", labelpad=1.5)


def _label_hertz(axes: Axes, settings: Settings, is_first: bool) -> None:
    """Ticks at whole octaves above the lowest frequency, with numbers at the first column."""
    octaves = range(settings.octaves)
    hertz = [settings.lowest_hz * 2**octave for octave in octaves]
    numbers = [f"{value:.0f}" if value > 100 else f"{value:.3g}" for value in hertz]
    axes.set_yticks(octaves, labels=numbers if is_first else [""] * len(hertz))
    if is_first:
        axes.set_ylabel("frequency (Hz)", labelpad=2)


def _draw_legend(figure: Figure, layout: _Layout, settings: Settings, meaning: str) -> None:
    """The colour wheel, the bar of brightness, and what they mean."""
    middle = (layout.legend - layout.wheel) / 2
    wheel = (layout.left + layout.wheel_labels, middle, layout.wheel, layout.wheel)
    _draw_wheel(_axes(figure, layout, *wheel), settings)
    x, room = layout.legend_text
    y = layout.legend - 0.08
    _write(figure, layout, x, y, meaning, va="top", fontsize=6, linespacing=1.25)
    y -= _LEGEND_LINE * layout.legend_lines + 0.24
    bar = _axes(figure, layout, x, y, min(1.2, room), 0.07)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    bar.imshow(ramp, aspect="auto", extent=(-settings.range_db, 0, 0, 1), interpolation="none")
    bar.set_yticks([])
    bar.set_xticks([-settings.range_db, 0], labels=[f"−{settings.range_db:g}", "0 dB"])
    bar.tick_params(length=0, pad=1.5)
    bar.set_title("Brightness: power below the maximum", fontsize=6, loc="left", pad=2)


def _draw_wheel(axes: Axes, settings: Settings) -> None:
    """The colours of a turn, with the distances in Hz to which its quarters belong."""
    axes.imshow(_wheel(), origin="lower", interpolation="none", extent=(-1, 1, -1, 1))
    axes.set_axis_off()
    half = settings.repeat_hz / 2
    axes.text(1.15, 0, "0 Hz", fontsize=6, ha="left", va="center")
    axes.text(0, 1.1, f"+{half / 2:g}", fontsize=6, ha="center", va="bottom")
    axes.text(-1.15, 0, f"±{half:g}", fontsize=6, ha="right", va="center")
    axes.text(0, -1.1, f"−{half / 2:g}", fontsize=6, ha="center", va="top")


def _meaning(settings: Settings) -> str:
    milliseconds = 1000 * settings.hop_length / settings.sample_rate
    origin = f"the nearest multiple of {settings.repeat_hz:g} Hz"
    if settings.demodulated:
        origin = f"where it is drawn (modulo {settings.repeat_hz:g} Hz)"
    return (
        f"Colour: how far the phase turns in {milliseconds:g} ms. A steady partial has one colour, "
        f"which is its distance from {origin}."
    )


def _wheel(pixels: int = 240) -> NDArray[np.uint8]:
    """A ring [pixels, pixels, 4] (RGBA) with the colour of each angle, 0 at the right."""
    at = (np.arange(pixels) + 0.5) / pixels * 2 - 1
    across, up = np.meshgrid(at, at)
    radius = np.hypot(across, up)
    # Edges one pixel wide, so that the ring looks round.
    cover = np.clip(np.minimum(0.98 - radius, radius - 0.55) * pixels / 2, 0, 1)
    hues = rainbow(np.arctan2(up, across) / np.pi)
    ring: NDArray[np.uint8] = np.rint(255 * np.dstack([hues, cover])).astype(np.uint8)
    return ring


def check_path(path: Path) -> None:
    """Raise SingError when the figure's format, told by its name, is neither PDF nor PNG."""
    if path.suffix[1:].lower() not in FORMATS:
        raise SingError(f"{path}: a figure is a .png or a .pdf file; rename it")


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PDF or PNG, as its name says, whole or not at all."""
    kind = path.suffix[1:].lower()
    # Without dates and program versions, so that equal figures are equal files.
    metadata = {"CreationDate": None, "Producer": None} if kind == "pdf" else {"Software": None}
    with style.context(["default", _STYLE]), atomic_path(path) as part:
        figure.savefig(part, format=kind, dpi=DPI, metadata=metadata)
