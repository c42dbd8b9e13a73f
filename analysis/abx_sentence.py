"""The sentence about ABX trials (Section 5.3.2), ours beside the paper's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.format import percent
from analysis.published import (
    ABX_NOTES,
    ABX_PREFER_SING,
    ABX_SENTENCE,
    ABX_TRIALS,
    abx_interval,
)
from analysis.results import Results

SING, WAVENET = "SING spectral", "Wavenet"

_LACKING = "Ours is missing: there is no abx.csv, which sing-eval analyze abx writes."


def abx_sentences(results: Results, rows: Mapping[str, str]) -> tuple[str, ...]:
    """Ours, one sentence a pair of systems, the paper's pair first; then the paper's own.

    Each share is of the system that the paper favours, else of the one chosen more often.
    """
    table = results.table("abx")
    pairs = [] if table is None else [_facing(row, rows) for row in table.to_dict("records")]
    ours = [_sentence(row, results.is_synthetic) for row in sorted(pairs, key=_paper_first(rows))]
    return (*(ours or [_LACKING]), published_sentence())


def published_sentence() -> str:
    """What the paper says, with the exact interval that follows from its count."""
    low, high = abx_interval()
    return (
        f"Paper (Section 5.3.2): “{ABX_SENTENCE}” ({ABX_PREFER_SING} of {ABX_TRIALS:,}; exact "
        f"95 % interval {percent(low)} to {percent(high)}, as if the trials of its {ABX_NOTES} "
        "notes were independent)."
    )


def _paper_first(rows: Mapping[str, str]) -> Any:
    wanted = (rows.get(SING, SING), rows.get(WAVENET, WAVENET))
    return lambda row: ((row["a"], row["b"]) != wanted, row["a"], row["b"])


def _facing(row: dict[Any, Any], rows: Mapping[str, str]) -> dict[str, Any]:
    """The row with the system first of which the sentence gives the share."""
    found = {str(name): cell for name, cell in row.items()}
    favoured = rows.get(SING)
    is_turned = (
        found["b"] == favoured if favoured in (found["a"], found["b"])
        else found["proportion_a"] < 0.5
    )  # fmt: skip
    return turned(found) if is_turned else found


def turned(row: dict[str, Any]) -> dict[str, Any]:
    """The same pair of systems the other way round, as the contract ABX has it."""
    return {
        **row,
        "a": row["b"],
        "b": row["a"],
        "prefer_a": row["trials"] - row["prefer_a"],
        "proportion_a": 1 - row["proportion_a"],
        "ci_low": 1 - row["ci_high"],
        "ci_high": 1 - row["ci_low"],
        "exact_low": 1 - row["exact_high"],
        "exact_high": 1 - row["exact_low"],
    }


def _sentence(row: dict[str, Any], is_synthetic: bool) -> str:
    mark = "Ours (synthetic)" if is_synthetic else "Ours"
    exact = f"{percent(row['exact_low'])} to {percent(row['exact_high'])}"
    if math.isnan(row["ci_low"]):
        why = row.get("reason") or "undefined"
        two_way = f"two-way interval: {why}"
    else:
        two_way = (
            f"95 % interval for other raters and notes {percent(row['ci_low'])} to "
            f"{percent(row['ci_high'])}"
        )
    return (
        f"{mark}: over {row['trials']:,.0f} trials, {percent(row['proportion_a'])} are in favour "
        f"of {row['a']} over {row['b']} ({row['prefer_a']:,.0f} of {row['trials']:,.0f}; "
        f"{two_way}; exact, as if trials were independent, {exact})."
    )
