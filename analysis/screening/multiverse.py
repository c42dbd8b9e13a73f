"""The multiverse: every rule set's scores, ranking and verdicts on one study, side by side.

A conclusion that only one rule set supports is a conclusion about the rules.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from analysis.compare import compare
from analysis.mos import mos_table
from analysis.screening.evidence import Evidence
from analysis.screening.rules import LockedRules
from analysis.screening.screen import screen
from eval_suite.text_table import TextTable
from sing.errors import SingError

NO_RULES = "none"
SEPARATOR = " | "
ABOVE, LEVEL = " > ", " ~ "


@dataclass(frozen=True)
class Universe:
    """What one rule set makes of the study.

    `mos` is a table of contract MOS, best system first; `beats` holds (better, worse) pairs of
    systems. Both are empty, and `reason` says why, where the rules keep nobody or cannot be applied
    (then `kept` is None).
    """

    rules: str
    sha256: str
    kept: int | None
    raters: int
    mos: pd.DataFrame
    beats: frozenset[tuple[str, str]]
    reason: str = ""

    @property
    def ranking(self) -> str:
        """Systems from best to worst: ` > ` where the next one is proven worse, else ` ~ `."""
        names = self.mos["system"].tolist()
        text = names[0] if names else ""
        for better, worse in pairwise(names):
            text += (ABOVE if (better, worse) in self.beats else LEVEL) + worse
        return text


def multiverse(evidence: Evidence, rule_sets: Sequence[LockedRules], seed: int) -> list[Universe]:
    """The study without screening and under each rule set."""
    everybody = len(evidence.participants)
    universes = [_universe(NO_RULES, "", evidence.main, everybody, everybody)]
    for locked in rule_sets:
        name, digest = locked.rules.name, locked.sha256
        try:
            verdicts = screen(evidence, locked, seed)
        except SingError as error:
            reason = str(error).removeprefix(f"{evidence.ratings.path}: ")
            universes.append(_nothing(name, digest, None, everybody, f"does not apply: {reason}"))
            continue
        kept = verdicts.table.loc[verdicts.table["kept"] == "yes", "participant"]
        main = evidence.main[evidence.main["participant"].isin(kept)]
        universes.append(_universe(name, digest, main, verdicts.kept, everybody))
    return universes


def _universe(name: str, digest: str, main: pd.DataFrame, kept: int, raters: int) -> Universe:
    if main.empty:
        return _nothing(name, digest, kept, raters, "nobody is kept")
    mos = mos_table(main, rules=name).sort_values(
        ["mos", "system"], ascending=[False, True], ignore_index=True
    )
    return Universe(name, digest, kept, raters, mos, _beats(main))


def _nothing(name: str, digest: str, kept: int | None, raters: int, reason: str) -> Universe:
    empty = pd.DataFrame({"system": [], "mos": [], "ci95": [], "reason": []})
    return Universe(name, digest, kept, raters, empty, frozenset(), reason)


def _beats(main: pd.DataFrame) -> frozenset[tuple[str, str]]:
    """Pairs of systems (better, worse) whose paired difference is significant after Holm."""
    if main["system"].nunique() < 2:
        return frozenset()
    table = compare(main[["participant", "system", "note", "score"]])
    pairs = zip(table["a"], table["b"], table["verdict"], strict=True)
    return frozenset(
        (a, b) if verdict.startswith("a higher") else (b, a)
        for a, b, verdict in pairs
        if "higher" in verdict
    )


def multiverse_table(universes: Sequence[Universe], systems: Sequence[str]) -> pd.DataFrame:
    """The multiverse (contract MULTIVERSE), one row a rule set and system."""
    rows = []
    for one in universes:
        scores = _scores(one)
        order = sorted((found["mos"] for found in scores.values()), reverse=True)
        for system in systems:
            found = scores.get(system, {"reason": one.reason or "no rating is kept"})
            mean = found.get("mos", math.nan)
            rows.append(
                {
                    "rules": one.rules,
                    "system": system,
                    "sha256": one.sha256,
                    "participants": one.kept,
                    "turned_away": None if one.kept is None else one.raters - one.kept,
                    "mos": mean,
                    "ci95": found.get("ci95", math.nan),
                    "rank": order.index(mean) + 1 if system in scores else None,
                    "beats": SEPARATOR.join(
                        worse for worse in systems if (system, worse) in one.beats
                    ),
                    "reason": found["reason"],
                }
            )
    return pd.DataFrame(rows)


def _scores(universe: Universe) -> dict[str, dict[Hashable, Any]]:
    """The row of each system that there is in the universe's mos table."""
    return {str(row["system"]): row for row in universe.mos.to_dict("records")}


def shown(universes: Sequence[Universe], systems: Sequence[str]) -> TextTable:
    """The multiverse as a person reads it: a line a rule set."""
    lines = []
    for one in universes:
        scores = _scores(one)
        cells = [_score(scores[system]) if system in scores else "-" for system in systems]
        kept = "-" if one.kept is None else f"{one.kept:,}"
        lines.append((one.rules, kept, *cells, one.ranking or "-"))
    rankings = {one.ranking for one in universes if one.ranking}
    agreement = (
        "every rule set gives the same ranking and verdicts"
        if len(rankings) == 1
        else f"{len(rankings)} different rankings or verdicts: say which rules were fixed before"
    )
    remarks = (
        "mean opinion score ± half-width of the 95 % two-way interval (crowdMOS)",
        f"a{ABOVE}b: a scores higher, paired test, p < 0.05 after Holm; a{LEVEL}b: undecided",
        agreement,
        *(f"{one.rules}: {one.reason}" for one in universes if one.reason),
    )
    return TextTable(("rules", "kept", *systems, "ranking"), tuple(lines), remarks, 2, 1)


def _score(row: Mapping[Hashable, Any]) -> str:
    mean, half = float(row["mos"]), float(row["ci95"])
    return f"{mean:.2f}" if math.isnan(half) else f"{mean:.2f} ± {half:.2f}"
