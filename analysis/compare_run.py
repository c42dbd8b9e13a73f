"""From a file of ratings to the table of differences between systems."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.answers import Source
from analysis.cells import interval, number, reasons, with_decimals
from analysis.compare import compare
from analysis.contracts_comparison import COMPARISONS
from eval_suite.table_files import check_outputs, write_tables
from eval_suite.text_table import TextTable, p_text


@dataclass(frozen=True)
class CompareRequest:
    """What is asked of `sing-eval analyze compare`."""

    source: Source
    out: Path
    margin: float | None = None
    against: str | None = None


def run(request: CompareRequest, force: bool = False) -> TextTable:
    """Read, compute and write; the table to print. Raises SingError before it computes."""
    check_outputs([request.out], request.source.files.values(), force)
    ratings = request.source.ratings()
    table = compare(ratings.main, request.margin, request.against, str(ratings.path))
    facts = {"margin": request.margin, "against": request.against}
    write_tables(
        [(request.out, COMPARISONS, table)], {**request.source.facts(ratings.rules), **facts}
    )
    return shown(table)


def shown(table: pd.DataFrame) -> TextTable:
    """The comparisons for a person."""
    margin = float(table["margin"].iloc[0])
    has_margin = not math.isnan(margin)
    header = ["a", "b", "ratings", "paired", "raters", "notes", "a - b", "p"]
    lines = []
    for _, row in table.iterrows():
        counts = [f"{int(row[name]):,}" for name in ("ratings", "participants", "notes")]
        counts.insert(1, number(row["paired"], ".0%"))
        cells = [interval(row["difference"], row["ci_low"], row["ci_high"]), p_text(row["p_holm"])]
        if has_margin:
            cells.append(p_text(row["p_equivalence_holm"]))
        lines.append((row["a"], row["b"], *counts, *cells, row["verdict"]))
    if has_margin:
        header.append(f"p (±{margin:g})")
    remarks = [
        "a - b: difference of mean scores on common notes, each note weighing the same for both; "
        "two-way 95 % interval, for other raters and other notes",
        f"p: of no difference, by Holm's correction over {len(table):,} comparisons; paired: share "
        "of ratings whose rater heard both systems on the note",
    ]
    if has_margin:
        remarks.append(
            f"p (±{margin:g}): of a difference of {with_decimals(margin, 2)} points or more (two "
            "one-sided tests), by Holm's correction; small p: equivalent"
        )
    names = table["a"] + " | " + table["b"]
    remarks += reasons(zip(names, table["reason"], strict=True))
    return TextTable((*header, "verdict"), tuple(lines), tuple(remarks), left=2)
