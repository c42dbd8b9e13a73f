"""The mos tables for a person."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.cells import UNKNOWN, number, reasons, with_decimals
from analysis.moments import CROWDMOS, EXACT
from analysis.mos import BOOTSTRAP, NAIVE, OF_RATERS
from analysis.subject_model import FittedStudy
from eval_suite.intervals import RESAMPLES
from eval_suite.text_table import TextTable

METHODS = {
    CROWDMOS: "crowdMOS, for other raters and other notes (Ribeiro et al. 2011)",
    EXACT: "for other raters and other notes, from unbiased moments",
    BOOTSTRAP: f"two-way bootstrap of raters and notes, {RESAMPLES:,} replicates",
    NAIVE: "1.96 sd / sqrt(ratings): takes ratings for independent, which they are not",
}

_MOST_RATERS = 20
_MOST_LINES = 60
"""Of groups: a study of a hundred notes would bury the scores of its systems."""


def shown(table: pd.DataFrame, seed: int) -> TextTable:
    """The mos table, best system first."""
    header = ("system", "mos", "± 95 %", "raters", "notes", "ratings", "worth",
              "var raters", "var notes", "var rest")  # fmt: skip
    ordered = table.sort_values("mos", ascending=False, kind="stable")
    lines = tuple(
        (str(row["system"]), *_score(row), *_counts(row), *_shares(row))
        for row in ordered.to_dict("records")
    )
    interval = str(table["interval"].iloc[0])
    drawn = f", seed {seed}" if interval == BOOTSTRAP else ""
    remarks = (
        f"± 95 %: {METHODS[interval]}{drawn}",
        "worth: independent ratings, each by another rater of another note, whose mean would vary "
        "as much",
        "var: share of a rating's variance that comes from raters, from notes, and from the rest",
        f"screening: {table['rules'].iloc[0]}",
        *_reasons(ordered, ["system"]),
    )
    return TextTable(header, lines, remarks, names=1, left=1)


def shown_groups(table: pd.DataFrame, by: str) -> TextTable:
    """Scores by family or note, a line for each group and system, best system first."""
    header = (by, "system", "mos", "± 95 %", "raters", "notes", "ratings")
    ordered = table.sort_values(["group", "mos"], ascending=[True, False], kind="stable")
    lines = tuple(
        (str(row["group"]), str(row["system"]), *_score(row), *_counts(row)[:3])
        for row in ordered.head(_MOST_LINES).to_dict("records")
    )
    method = str(table["interval"].iloc[0])
    said = "Student's t over the note's raters" if method == OF_RATERS else METHODS[method]
    cut = f"the first {len(lines):,} of {len(ordered):,} lines; the table has them all"
    remarks = (
        f"± 95 %: {said}",
        *((cut,) if len(lines) < len(ordered) else ()),
        *_reasons(ordered, ["group", "system"]),
    )
    return TextTable(header, lines, remarks, names=2, left=2)


def shown_raters(fitted: FittedStudy, ratings: pd.DataFrame) -> list[TextTable]:
    """Systems by the subject model, and the raters who stray most."""
    quality = fitted.stimuli.groupby("system")["quality"].mean()
    plain = ratings.groupby("system")["score"].mean().to_dict()
    systems = tuple(
        (str(name), f"{plain[name]:.3f}", f"{value:.3f}")
        for name, value in quality.sort_values(ascending=False).items()
    )
    remark = "quality: mean over notes by the subject model of BT.500, free of raters' biases"
    split = (
        f"raters fall into {fitted.groups} groups that share no stimulus: biases and qualities of "
        "different groups cannot be compared",
    )
    strays = fitted.raters.sort_values("inconsistency", ascending=False, kind="stable")
    raters = tuple(
        (str(row["participant"]), f"{row['bias']:+.2f}", with_decimals(row["inconsistency"], 2),
         f"{row['ratings']:,}")
        for row in strays.head(_MOST_RATERS).to_dict("records")
    )  # fmt: skip
    left_out = f"the {len(raters)} least consistent of {len(strays):,} raters"
    return [
        TextTable(("system", "mos", "quality"), systems,
                  (remark, *(split if fitted.groups > 1 else ())), names=1),
        TextTable(("rater", "bias", "inconsistency", "ratings"), raters, (left_out,), names=1),
    ]  # fmt: skip


def _score(row: dict[Any, Any]) -> tuple[str, str]:
    return with_decimals(row["mos"]), with_decimals(row["ci95"])


def _counts(row: dict[Any, Any]) -> tuple[str, str, str, str]:
    counts = (f"{row[name]:,}" for name in ("participants", "notes", "ratings"))
    return (*counts, number(row["effective_n"], ",.0f"))  # type: ignore[return-value]


def _shares(row: dict[Any, Any]) -> tuple[str, ...]:
    parts = [row[name] for name in ("var_participant", "var_note", "var_residual")]
    total = sum(part for part in parts if not math.isnan(part))
    if total == 0:
        return (UNKNOWN,) * 3
    return tuple(number(part / total, ".0%") for part in parts)


def _reasons(table: pd.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    who = (" ".join(map(str, cells)) for cells in table[list(names)].to_numpy().tolist())
    return reasons(zip(who, table["reason"], strict=True))
