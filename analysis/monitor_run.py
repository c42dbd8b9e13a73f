"""From a file of answers, complete or not, to the table of looks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.answers import Source
from analysis.cells import interval, with_decimals
from analysis.contracts_monitor import MONITOR
from analysis.monitor import BROKEN, StoppingRule, monitor
from analysis.rater_values import RaterValues, of_difference, of_preference, of_system
from eval_suite.table_files import check_outputs, write_tables
from eval_suite.text_table import TextTable
from sing.errors import SingError

SHOWN_LOOKS = 12


@dataclass(frozen=True)
class MonitorRequest:
    """What is asked of `sing-eval analyze monitor`."""

    source: Source
    out: Path
    system: str
    rule: StoppingRule
    against: str | None = None
    is_choices: bool = False
    trials_each: int | None = None


def run(request: MonitorRequest, force: bool = False) -> TextTable:
    """Read, compute and write; the table to print. Raises SingError before it computes."""
    check_outputs([request.out], request.source.files.values(), force)
    raters, rules = _values(request)
    if raters.null is None and request.rule.margin is not None:
        raise SingError(
            f"--margin {request.rule.margin:g}: is of a difference; pass --against, or "
            "--half-width instead"
        )
    table = monitor(raters, request.rule, str(request.source.path))
    rule = request.rule
    facts = {
        "what": raters.what,
        "trials_each": raters.trials_each,
        "budget": rule.budget,
        "half_width": rule.half_width,
        "margin": rule.margin,
    }
    write_tables([(request.out, MONITOR, table)], {**request.source.facts(rules), **facts})
    return shown(table, raters, rule)


def _values(request: MonitorRequest) -> tuple[RaterValues, str]:
    where, each = str(request.source.path), request.trials_each
    if request.is_choices:
        choices = request.source.choices()
        found = of_preference(choices.main, request.system, request.against, each, where)
        return found, choices.rules
    ratings = request.source.ratings()
    if ratings.scale is None:
        raise SingError(f"{where}: no scale_min and scale_max; pass --scale, such as --scale 1 5")
    if request.against is None:
        return of_system(ratings.main, ratings.scale, request.system, each, where), ratings.rules
    found = of_difference(ratings.main, ratings.scale, request.system, request.against, each, where)
    return found, ratings.rules


def shown(table: pd.DataFrame, raters: RaterValues, rule: StoppingRule) -> TextTable:
    """The last looks, and what they say."""
    lines = []
    for look, row in list(enumerate(table.to_dict("records"), start=1))[-SHOWN_LOOKS:]:
        numbers = interval(row["estimate"], row["ci_low"], row["ci_high"])
        half = with_decimals((row["ci_high"] - row["ci_low"]) / 2)
        lines.append((f"{look:,}", numbers, half, row["verdict"]))
    remarks = [
        f"{raters.what}, {raters.trials_each:,} trials a rater, at most {rule.budget:,} raters; "
        "each 95 % interval holds together with all others: look as often as you like",
        "for other raters of these very notes, if raters come in no particular order",
        *_first_stop(table),
    ]
    if raters.unfinished:
        remarks.append(f"left out: {raters.unfinished:,} raters with fewer trials; --trials says "
                       "how many are enough")  # fmt: skip
    if raters.unusable:
        remarks.append(f"left out: {raters.unusable:,} raters who heard one of the two only")
    if not raters.is_in_time_order:
        remarks.append("no column submitted_at, or one with empty cells: the order of positions "
                       "and of the file is taken for that of time")  # fmt: skip
    return TextTable(
        ("raters", "estimate", "half-width", "verdict"), tuple(lines), tuple(remarks), names=1
    )


def _first_stop(table: pd.DataFrame) -> list[str]:
    is_broken = (table["verdict"] == BROKEN).to_numpy()
    if is_broken.any():
        place = int(is_broken.argmax())
        return [
            f"from rater {place + 1:,} on no mean fits all raters in their order: earlier and "
            "later ones differ, so that what the looks before said holds for neither"
        ]
    stops = table["verdict"].str.startswith("stop").to_numpy()
    if not stops.any():
        return []
    place = int(stops.argmax())
    return [f"the first look that said so: after {place + 1:,} raters, {table['verdict'][place]}"]
