"""The published page: numbers as text, put into README.md.jinja."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from claims import ABLATION_METRICS
from findings import overall
from frame_rate import FRAME_RATE, HALF_WIDTH_HZ
from hours import Hours
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from places import Finished

TEMPLATE = "README.md.jinja"
CHANCE = 2 * HALF_WIDTH_HZ / FRAME_RATE

Row = Mapping[str, object]


def render(facts: Mapping[str, Any]) -> str:
    """The page of these facts. Raises UndefinedError when one is missing."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined,
        autoescape=False, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["percent"] = _percent
    environment.filters["number"] = number
    return environment.get_template(TEMPLATE).render(facts)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


def number(value: object) -> str:
    """Three significant digits, a minus that is one, and nothing for None."""
    if not isinstance(value, float):
        return "-"
    decimals = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{decimals}f}".replace("-", "−")


def shown_findings(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The findings as cells of the page's table."""
    seeds = {row["finding"]: [one for one in rows if one["finding"] == row["finding"]]
             for row in rows}  # fmt: skip
    shown = []
    for row in rows:
        is_relative = row["unit"] != "metric"
        interval = f"{number(row['ci_low'])} to {number(row['ci_high'])}"
        difference = f"{number(row['effect'])} ({interval}){' ÷' if is_relative else ''}"
        values = (row["value_greater"], row["value_less"])
        pair = (str(row["paper_greater"]), str(row["paper_less"]))
        shown.append(
            {
                **row,
                "many_seeds": len(seeds[row["finding"]]) > 1,
                "ours": " − ".join(map(number, values)) if any(values) else "-",
                "difference": difference if row["effect"] is not None else "-",
                "paper": " − ".join(pair) if all(pair) else "-",
            }
        )
    return shown


def verdicts(rows: Sequence[Row]) -> dict[str, str]:
    """One verdict a finding, from all seeds."""
    names = dict.fromkeys(str(row["finding"]) for row in rows)
    return {name: overall([row for row in rows if row["finding"] == name]) for name in names}


def shown_ablations(
    means: Mapping[str, Mapping[str, float]], verdicts: Mapping[str, Mapping[str, str]]
) -> list[dict[str, object]]:
    """A line a system: its means on held-out notes, and whether they differ from SING's."""
    shown = []
    for system, values in means.items():
        cells = []
        for metric in ABLATION_METRICS:
            value = values[metric]
            verdict = verdicts.get(system, {}).get(metric, "")
            mark = f" ({verdict})" if verdict in ("better", "worse") else ""
            cells.append("-" if math.isnan(value) else number(value) + mark)
        shown.append({"system": system, "cells": cells})
    return shown


def means_by_system(table: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Each part of the split's means by system and metric, for sentences."""
    return {
        str(part): group.groupby("system").mean(numeric_only=True).to_dict("index")
        for part, group in table.groupby("split")
    }


def verdicts_by_system(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """What the ablations say of each system and metric: better, worse, or undecided."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(str(row["system"]), {})[str(row["metric"])] = str(row["verdict"])
    return found


def ranked(means: Mapping[str, Mapping[str, float]]) -> list[tuple[str, float]]:
    """The SING systems and their spectral losses, the smallest first."""
    losses = {name: one["spectral_loss"] for name, one in means.items() if name.startswith("sing-")}
    return sorted(losses.items(), key=lambda item: item[1])


def costs(finished: Sequence[Finished], all_hours: Sequence[Hours]) -> list[dict[str, object]]:
    """A line a run: what it is for, its seed, epochs and hours."""
    return [
        {"purpose": one.planned.purpose, "seed": one.planned.seed, **vars(hours)}
        for one, hours in zip(finished, all_hours, strict=True)
    ]
