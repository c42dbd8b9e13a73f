"""Scores of another scale than the paper's: they cannot stand beside its mean opinion scores."""

from __future__ import annotations

import math

import pandas as pd

from analysis.dialect import read_cells
from analysis.format import NumberStyle
from analysis.paper_table import Cell, PaperTable, TableColumn, TableRow
from analysis.results import Results

PAPERS = (1.0, 5.0)
"""The scale of Section 5.3.1."""

_COLUMNS = ("scale_min", "scale_max")


def other_scale(results: Results) -> str | None:
    """The scale of the scores in words, such as `from 0 to 100`; None if it can be the paper's.

    It is that of the answers where they state one; else scores outside 1 to 5 tell.
    """
    stated = results.reading.scale or _stated(results)
    if stated is not None:
        return None if stated == PAPERS else "from {:g} to {:g}".format(*stated)
    mos = results.table("mos")
    return None if mos is None or mos["mos"].between(*PAPERS).all() else "not from 1 to 5"


def _stated(results: Results) -> tuple[float, float] | None:
    """The one scale in ratings.csv, of which there may be several studies."""
    path, reading = results.path("ratings.csv"), results.reading
    if not path.is_file():
        return None
    frame = read_cells(path).frame
    low, high, study = (reading.columns.get(name, name) for name in (*_COLUMNS, "study"))
    if not {low, high} <= {*frame}:
        return None
    own = (
        frame
        if reading.study is None or study not in frame
        else frame[frame[study] == reading.study]
    )
    scales = own[[low, high]].apply(pd.to_numeric, errors="coerce").dropna().drop_duplicates()
    if len(scales) != 1:
        return None
    least, most = map(float, scales.to_numpy()[0])
    return least, most


def score_table(results: Results) -> PaperTable | None:
    """The mean scores on their own scale; None where they stand in Table 2."""
    mos, words = results.table("mos"), other_scale(results)
    if mos is None or words is None:
        return None
    ordered = mos.sort_values(["mos", "system"], ascending=[False, True], kind="stable")
    rows = tuple(
        TableRow(name, (name,), name, (Cell(score, half, reason=_reason(half)),))
        for name, score, half in zip(
            ordered["system"], ordered["mos"], ordered["ci95"], strict=True
        )
    )
    methods, rules = (", ".join(sorted(set(mos[name]))) for name in ("interval", "rules"))
    remarks = (
        f"± half the width of the 95 % interval ({methods}); screening: {rules}.",
        "No mean opinion scores: the paper's are from 1 to 5, of single sounds.",
    )
    return PaperTable(
        "scores", f"Mean scores {words}", ("Model",),
        (TableColumn("score", "Score", NumberStyle(least=1)),),
        rows, remarks, results.is_synthetic, is_compared=False,
    )  # fmt: skip


def _reason(half: float) -> str:
    return "mos.csv says why there is no interval" if math.isnan(half) else ""
