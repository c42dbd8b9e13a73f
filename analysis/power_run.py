"""From variances, assumed or of a pilot study, to a plan: its file and its printed table."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.answers import Source
from analysis.cells import number, with_decimals
from analysis.contracts_mos import PLAN
from analysis.power import MOST_PARTICIPANTS, of_difference, pilot_variances, plan
from analysis.power_check import STUDIES, checked
from analysis.variances import Variances
from eval_suite.table_files import check_outputs, write_tables
from eval_suite.text_table import TextTable
from sing.errors import SingError


@dataclass(frozen=True)
class PowerRequest:
    """What is asked of `sing-eval analyze power`; `assumed` holds unless there is a pilot."""

    out: Path
    half_width: float | None = None
    difference: float | None = None
    power: float = 0.8
    notes: tuple[int, ...] = (25, 50, 100, 200)
    notes_each: int | None = None
    assumed: Variances = field(default_factory=lambda: Variances(0.35, 0.25, 0.8))
    shared: float = 0.5
    pilot: Source | None = None
    is_checked: bool = False
    seed: int = 0


def run(request: PowerRequest, force: bool = False) -> TextTable:
    """Plan, write the plan, and give the table to print.

    Raises SingError unless exactly one of half-width and difference is asked for, and where the
    pilot cannot be read or says too little.
    """
    if (request.half_width is None) == (request.difference is None):
        raise SingError("power: pass either --half-width or --difference, to say what to plan for")
    read = () if request.pilot is None else request.pilot.files.values()
    check_outputs([request.out], read, force)
    variances, facts = _variances(request)
    if variances.total == 0:
        raise SingError("power: all variances are 0; any study would do: pass other variances")
    table = plan(
        variances,
        request.notes,
        request.notes_each,
        target_half_width=request.half_width,
        difference=request.difference,
        target_power=request.power,
    )
    if request.is_checked:
        table = checked(table, variances, request.difference, request.seed)
    asked = ("half_width", "difference", "power", "seed")
    facts |= {name: getattr(request, name) for name in asked}
    write_tables([(request.out, PLAN, table)], {**facts, "variances": asdict(variances)})
    return _shown(table, request, variances)


def _variances(request: PowerRequest) -> tuple[Variances, dict[str, Any]]:
    """Of a mean, or of a difference where one is planned for; and where they come from."""
    is_difference = request.difference is not None
    if request.pilot is None:
        assumed = request.assumed
        return (of_difference(assumed, request.shared) if is_difference else assumed), {}
    ratings = request.pilot.ratings()
    variances = pilot_variances(ratings.main, is_difference, str(ratings.path))
    return variances, request.pilot.facts(ratings.rules)


def _shown(table: pd.DataFrame, request: PowerRequest, variances: Variances) -> TextTable:
    """A line for each number of notes."""
    names = ["notes", "notes_each", "participants", "ratings", "half_width"]
    titles = ["notes", "notes each", "raters", "ratings", "± 95 %"]
    if request.difference is not None:
        names.append("power")
        titles.append("power")
    if request.is_checked:
        names += [f"simulated_{name}" for name in names[4:]]
        titles += [f"simulated {title}" for title in titles[4:]]
    lines = tuple(
        tuple(_cell(name, row[name]) for name in names) for row in table.to_dict("records")
    )
    unreachable = tuple(
        f"{row['design']}: {row['reason']}"
        for row in table.to_dict("records")
        if math.isnan(row["participants"])
    )
    return TextTable(tuple(titles), lines, (*_remarks(request, variances), *unreachable), names=2)


def _cell(name: str, value: float) -> str:
    if name.endswith("half_width"):
        return with_decimals(value)
    return number(value, ".0%" if name.endswith("power") else ",.0f")


def _remarks(request: PowerRequest, variances: Variances) -> tuple[str, ...]:
    parts = (
        f"raters {variances.participant:.3g}, notes {variances.note:.3g}, "
        f"rest {variances.residual:.3g}"
    )
    source = "assumed" if request.pilot is None else f"of {request.pilot.path}"
    if request.difference is None:
        goal = f"the least raters for ± {request.half_width:g}"
        what = "variances"
    else:
        goal = (
            f"the least raters who detect a difference of {request.difference:g} in "
            f"{request.power:.0%} of studies; ± 95 % is the difference's"
        )
        what = "variances of the paired difference"
    drawn = (f"simulated: {STUDIES:,} studies a line, seed {request.seed}",)
    return (
        f"{goal} (up to {MOST_PARTICIPANTS:,}); ratings are those of one system",
        f"{what}, {source}: {parts}",
        *(drawn if request.is_checked else ()),
    )
