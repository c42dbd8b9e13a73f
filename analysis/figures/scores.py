"""What listeners said: mean opinion scores with intervals, and shares of ABX trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.abx_sentence import turned
from analysis.figures.style import PAPER_COLOUR, Drawing, looks, mark_synthetic, new_figure
from analysis.format import percent
from analysis.published import ABX_PREFER_SING, ABX_TRIALS, TABLE_2, abx_interval

_ROW = 0.24
"""Inches of a line of a figure."""


def draw_mos(
    table: pd.DataFrame, rows: Mapping[str, str], is_synthetic: bool, scale: str | None = None
) -> Drawing:
    """Mean opinion scores, best first, with 95 % intervals; the paper's in grey where it has one.

    `table` is by the contract MOS; `rows` say which system is which row of the paper.
    Scores of another scale, in words, are not compared with the paper's.
    """
    ordered = table.sort_values(["mos", "system"], ascending=[True, True], kind="stable")
    places = np.arange(len(ordered))
    figure, axes = new_figure(0.75 + _ROW * 1.4 * len(ordered))
    look = looks(list(ordered["system"]))
    compared = rows if scale is None else {}
    published = {compared.get(row.name, ""): row.cells[0] for row in TABLE_2}
    for place, row in zip(places, ordered.to_dict("records"), strict=True):
        colour, marker = look[row["system"]]
        half = 0.0 if math.isnan(row["ci95"]) else row["ci95"]
        axes.errorbar(row["mos"], place, xerr=half, fmt=marker, color=colour, capsize=3, ms=5)
        if row["system"] in published:
            _draw_published(axes, place - 0.28, published[row["system"]])
    if set(published) & set(ordered["system"]):
        axes.plot([], [], color=PAPER_COLOUR, lw=0.8, label="the paper, Table 2")
        axes.legend(loc="lower right")
    axes.set_yticks(places, list(ordered["system"]))
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    if scale is None and table["mos"].between(1, 5).all():
        axes.set_xlim(1, 5)  # the paper's scale
    what = "mean opinion score" if scale is None else f"mean score {scale}"
    axes.set_xlabel(f"{what}, with 95 % interval")
    axes.grid(axis="x", lw=0.3, color="#cccccc")
    axes.set_axisbelow(True)
    mark_synthetic(figure, is_synthetic)
    words = "; ".join(
        f"{row['system']} {row['mos']:.2f}" + _plus_minus(row["ci95"])
        for row in ordered.iloc[::-1].to_dict("records")
    )
    title = "Mean opinion scores" if scale is None else f"Mean scores {scale}"
    return Drawing("mos", title, f"{title}: {words}.", figure, _counts(table))


def _counts(table: pd.DataFrame) -> str:
    methods, rules = (", ".join(sorted(set(table[name]))) for name in ("interval", "rules"))
    ratings = int(table["ratings"].sum())
    return f"{ratings:,} ratings; interval: {methods}; screening: {rules}."


def _draw_published(axes: Any, place: float, printed: str) -> None:
    """The paper's score with its interval, which it prints as `3.55 ± 0.23`."""
    score, half = map(float, printed.split(" ± "))
    axes.errorbar(score, place, xerr=half, fmt="_", color=PAPER_COLOUR, capsize=2, lw=0.8, ms=0)
    axes.plot(score, place, "|", color=PAPER_COLOUR, ms=6)


def _plus_minus(half: float) -> str:
    return ", interval undefined" if math.isnan(half) else f" ± {half:.2f}"


def draw_abx(table: pd.DataFrame, is_synthetic: bool) -> Drawing:
    """The share of trials in which each pair's favoured system was chosen, with both intervals.

    `table` is by the contract ABX; the paper's own count stands last.
    """
    found = [_favoured(row) for row in table.to_dict("records")]
    low, high = abx_interval()
    paper = {
        "a": "paper: SING", "b": "Wavenet", "proportion_a": ABX_PREFER_SING / ABX_TRIALS,
        "ci_low": math.nan, "ci_high": math.nan, "exact_low": low, "exact_high": high,
        "trials": ABX_TRIALS,
    }  # fmt: skip
    lines = [paper, *sorted(found, key=lambda row: (row["a"], row["b"]), reverse=True)]
    figure, axes = new_figure(0.85 + _ROW * 1.5 * len(lines))
    for place, row in enumerate(lines):
        colour = PAPER_COLOUR if row is paper else "#0072b2"
        axes.barh(place, 100 * row["proportion_a"], height=0.55, color=colour, alpha=0.35)
        _interval(axes, place + 0.1, row, "ci", colour, 1.6)
        _interval(axes, place - 0.13, row, "exact", colour, 0.7)
        axes.text(1.5, place, percent(row["proportion_a"]), va="center", fontsize=7)
    axes.axvline(50, color="black", lw=0.6, ls=":")
    axes.set_yticks(range(len(lines)), [f"{row['a']}\nover {row['b']}" for row in lines])
    axes.set_xlim(0, 100)
    axes.set_xlabel("trials in favour, %; thick: other raters and notes, thin: exact")
    mark_synthetic(figure, is_synthetic)
    words = "; ".join(
        f"{row['a']} over {row['b']} {percent(row['proportion_a'])} of {row['trials']:,.0f}"
        for row in reversed(lines)
    )
    return Drawing("abx", "ABX preferences", f"Shares of trials: {words}.", figure)


def _interval(
    axes: Any, place: float, row: Mapping[str, Any], kind: str, colour: str, width: float
) -> None:
    if not math.isnan(row[f"{kind}_low"]):
        ends = [100 * row[f"{kind}_low"], 100 * row[f"{kind}_high"]]
        axes.plot(ends, [place, place], color=colour, lw=width, marker="|", ms=5)


def _favoured(row: dict[Any, Any]) -> dict[str, Any]:
    named = {str(name): cell for name, cell in row.items()}
    return turned(named) if named["proportion_a"] < 0.5 else named
