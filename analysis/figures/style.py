"""How figures look and how they are written: width, fonts, colours, and no trace of the time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sing import files

WIDTH = 5.5
"""Inches: the width of a NeurIPS page's text."""

DPI = 200

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d1f")
"""Okabe and Ito's colours, which colour-blind readers tell apart; systems in the order of names."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""A marker for each colour: figures are also read in black and white."""

PAPER_COLOUR = "#767676"

_STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # text that can be searched and edited
    "axes.unicode_minus": True,
    "text.parse_math": False,  # names of systems are free text
}

SYNTHETIC = "synthetic study"


@dataclass(frozen=True)
class Drawing:
    """A finished figure: its file's stem, a title, and in words what it shows, for who cannot see.

    `remark` says what a reader must know: counts, intervals.
    """

    name: str
    title: str
    description: str
    figure: Figure
    remark: str = ""


@contextmanager
def styled() -> Iterator[None]:
    """The style of all figures, whatever the user's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)  # type: ignore[arg-type]
        yield


def new_figure(height: float) -> tuple[Figure, Axes]:
    """A figure of the page's width and one pair of axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def mark_synthetic(figure: Figure, is_synthetic: bool) -> None:
    """Say in the figure itself that the study's raters are simulated."""
    if is_synthetic:
        figure.suptitle(SYNTHETIC, x=0.995, ha="right", fontsize=7, style="italic", color="#a00000")


def looks(systems: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each system, the same in every figure of the same systems."""
    return {
        name: (COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)])
        for place, name in enumerate(sorted(set(systems)))
    }


def log_ticks(axis: Axis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis as plain numbers: 1, 2 and 5 of each decade if these are few."""
    has_few_decades = high < 300 * low
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if has_few_decades else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def png_bytes(figure: Figure) -> bytes:
    """The figure as a PNG file of 1,100 pixels' width."""
    return _saved(figure, "png", {"Software": None})


def pdf_bytes(figure: Figure) -> bytes:
    """The figure as a PDF file without dates."""
    return _saved(figure, "pdf", {"CreationDate": None, "ModDate": None})


def _saved(figure: Figure, suffix: str, metadata: dict[str, None]) -> bytes:
    with styled(), BytesIO() as file:
        figure.savefig(file, format=suffix, dpi=DPI, metadata=metadata)
        return file.getvalue()


def write_drawing(folder: Path, drawing: Drawing) -> None:
    """Write the figure as PDF and PNG, whole or not at all."""
    for suffix, content in (
        ("pdf", pdf_bytes(drawing.figure)),
        ("png", png_bytes(drawing.figure)),
    ):
        with files.atomic_path(folder / f"{drawing.name}.{suffix}") as part:
            part.write_bytes(content)
