"""Whether intervals keep their promise: coverage and width of each method, design by design."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.style import WIDTH, Drawing, looks

NOMINAL = 95
NEAR = (93, 97)
"""Percent: what counts as keeping the promise."""

_SPREAD = 0.64
"""Of a line's height, over which the methods' marks are spread."""


def draw_coverage(table: pd.DataFrame) -> Drawing:
    """Coverage to the left, half-width over the ideal one to the right; a line a design.

    `table` is by the contract COVERAGE; designs and methods stand in its order.
    """
    designs = list(dict.fromkeys(map(str, table["design"])))
    methods = list(dict.fromkeys(map(str, table["method"])))
    figure = Figure(figsize=(WIDTH, 0.95 + 0.5 * len(designs)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.axvspan(*NEAR, color="#e2e2e2", lw=0)
    left.axvline(NOMINAL, color="#999999", lw=0.6)
    right.axvline(1, color="#999999", lw=0.6)
    _marks(left, table, "coverage", 100, designs, methods)
    _marks(right, table, "ratio", 1, designs, methods)
    left.set_xlim(0, 102)
    right.set_xlim(left=0)
    left.set_yticks(range(len(designs)), [name.replace(": ", ":\n", 1) for name in designs])
    left.set_ylim(len(designs) - 0.5, -0.5)
    left.set_xlabel("coverage, %")
    right.set_xlabel("half-width over the ideal")
    figure.legend(
        *left.get_legend_handles_labels(), loc="outside upper center", ncols=len(methods),
        handletextpad=0.1, columnspacing=1.0,
    )  # fmt: skip
    return Drawing(
        "coverage",
        "Coverage and width of intervals",
        f"Share of simulated studies whose 95 % interval holds the truth. {_words(table)}.",
        figure,
        "Grey band: 93 to 97 %. The ideal half-width is that from the true variance of the mean.",
    )


def _marks(
    axes: Axes, table: pd.DataFrame, column: str, unit: int, designs: list[str], methods: list[str]
) -> None:
    look = looks(methods)
    for line in range(len(designs) - 1):
        axes.axhline(line + 0.5, color="#dddddd", lw=0.5)
    for place, method in enumerate(methods):
        found = table[table["method"] == method].dropna(subset=[column])
        shift = (place + 0.5) / len(methods) - 0.5
        lines = np.array([designs.index(name) for name in found["design"]]) + _SPREAD * shift
        colour, marker = look[method]
        axes.plot(unit * found[column], lines, ls="", marker=marker, color=colour, ms=3.5,
                  label=method)  # fmt: skip


def _words(table: pd.DataFrame) -> str:
    """`naive 25 to 62 %; crowdmos 94 to 97 %`."""
    ranges = table.groupby("method", sort=False)["coverage"].agg(["min", "max"])
    return "; ".join(
        f"{method} {100 * row['min']:.0f} to {100 * row['max']:.0f} %"
        for method, row in ranges.iterrows()
    )
