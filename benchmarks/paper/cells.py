"""Numbers as text, and the lines of the page's tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from claims import ABLATION_METRICS
from findings import RATIO, overall
from hours import Hours
from places import Finished

SEED_METRICS = ("spectral_loss", "wav_mse", "pitch_within_50", "family_accuracy")

Row = Mapping[str, object]


def percent(share: float | None) -> str:
    """A share in whole per cent, and nothing for None."""
    return "" if share is None else f"{100 * share:.0f} %"


def number(value: object) -> str:
    """Three significant digits, a minus that is one, and nothing for None."""
    if not isinstance(value, float):
        return "-"
    decimals = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{decimals}f}".replace("-", "−")


def shown_findings(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The findings as cells of the page's table: a line each, with the numbers of its first seed.

    `further` are the effects that the other seeds have.
    """
    by_name: dict[object, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row["finding"], []).append(row)
    return [
        {
            **first,
            "right": " / ".join(filter(None, (str(first["less"]), str(first["beside"])))),
            "ours": _pair(first, "value"),
            "effect": _effect(first),
            "further": ", ".join(map(_effect, others)) or "-",
            "paper": _published(first),
            "verdict": overall([first, *others]),
        }
        for first, *others in by_name.values()
    ]


def _pair(row: Row, kind: str) -> str:
    """Both sides of a finding, and for a ratio those of the one that divides it."""
    sides = [row.get(f"{kind}_{side}") for side in ("greater", "less")]
    beside = [row.get(f"{kind}_beside_{side}") for side in ("greater", "less")]
    if not all(sides):
        return "-"
    sign = " / " if row["unit"] == RATIO else " − "
    shown = [sign.join(map(_cell, pair)) for pair in (sides, beside) if all(pair)]
    return shown[0] if len(shown) == 1 else " / ".join(f"({pair})" for pair in shown)


def _cell(value: object) -> str:
    return value if isinstance(value, str) else number(value)


def _effect(row: Row) -> str:
    if row["effect"] is None:
        return "-"
    times = "×" if row["unit"] == RATIO else ""
    return f"{times}{number(row['effect'])} ({number(row['ci_low'])} to {number(row['ci_high'])})"


def _published(row: Row) -> str:
    if row["paper_effect"] is None:
        return "-"
    effect = float(f"{row['paper_effect']:.2g}")
    return f"{_pair(row, 'paper')} = {'×' if row['unit'] == RATIO else ''}{effect:g}"


def verdicts(rows: Sequence[Row]) -> dict[str, str]:
    """One verdict a finding, from all seeds."""
    names = dict.fromkeys(str(row["finding"]) for row in rows)
    return {name: overall([row for row in rows if row["finding"] == name]) for name in names}


def shown_ablations(
    means: Mapping[str, Mapping[str, float]], verdicts: Mapping[str, Mapping[str, str]]
) -> list[dict[str, object]]:
    """A line a system: its means on held-out notes, and whether they differ from SING's."""
    shown: list[dict[str, object]] = []
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
    found: dict[str, dict[str, dict[str, float]]] = {}
    for (part, system), group in table.groupby(["split", "system"]):
        means = group.mean(numeric_only=True)
        found.setdefault(str(part), {})[str(system)] = {str(key): means[key] for key in means.index}
    return found


def verdicts_by_system(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """What the ablations say of each system and metric: better, worse, or undecided."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(str(row["system"]), {})[str(row["metric"])] = str(row["verdict"])
    return found


def by_seed(
    means: Mapping[str, Mapping[str, Mapping[str, float]]], finished: Sequence[Finished]
) -> list[dict[str, object]]:
    """A line a system of several seeds and part of the split: its means, in the seeds' order."""
    systems: dict[str, list[str]] = {}
    for one in finished:
        for made, name in (("sing", one.system), ("autoencoder", one.autoencoder)):
            if name:
                systems.setdefault(f"{made}-{one.planned.variant}", []).append(name)
    rows: list[dict[str, object]] = []
    for system, names in systems.items():
        for part in ("train", "test") if len(names) > 1 else ():
            of_part = [means[part][name] for name in names]
            cells = [", ".join(number(one[metric]) for one in of_part) for metric in SEED_METRICS]
            rows.append({"system": system, "part": part, "cells": cells})
    return rows


def worst_first(rows: Sequence[Row], system: str) -> list[Row]:
    """One system's instruments and then pitches, the largest share of silence's loss first."""
    own = [row for row in rows if row["system"] == system]
    return sorted(own, key=lambda row: (str(row["by"]), -float(str(row["of_silence"]))))


def costs(finished: Sequence[Finished], all_hours: Sequence[Hours]) -> list[dict[str, object]]:
    """A line a run: what it is for, its seed, epochs and hours."""
    return [
        {"purpose": one.planned.purpose, "seed": one.planned.seed, **vars(hours)}
        for one, hours in zip(finished, all_hours, strict=True)
    ]
