"""A rule set applied to ratings: everybody marked as kept or not, with reasons. Nobody is deleted.

A rater is kept who passes every rule of the set. Rules look at all raters, whoever else failed;
only crowdMOS's two passes leave out the too fast first, as published.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.screening.controls import controls
from analysis.screening.correlation import correlations, permutation
from analysis.screening.crowdmos import crowdmos
from analysis.screening.deviation import kurtosis, outliers, variance
from analysis.screening.evidence import Evidence, Flags, Values
from analysis.screening.finding import Finding
from analysis.screening.hidden_reference import hidden_reference
from analysis.screening.listening import headphones, speed
from analysis.screening.rules import ControlsRule, LockedRules, RuleSet

NO_RATINGS = "no rating of kind main"


@dataclass(frozen=True)
class Verdicts:
    """A screening table (contract SCREENING), the rules that it follows, and their remarks.

    `failures` counts the raters whom each rule alone would not keep.
    """

    table: pd.DataFrame
    locked: LockedRules
    remarks: tuple[str, ...]
    failures: dict[str, int]

    @property
    def kept(self) -> int:
        """How many raters are kept."""
        return int((self.table["kept"] == "yes").sum())


def screen(evidence: Evidence, locked: LockedRules, seed: int) -> Verdicts:
    """Mark every rater of the evidence.

    Raises SingError where a rule cannot be applied to such ratings at all.
    """
    findings = dict(_findings(evidence, locked.rules, seed))
    reasons = [
        "; ".join(filter(None, parts))
        for parts in zip(*(finding.reasons for finding in findings.values()), strict=True)
    ]
    cells = evidence.cells
    stimuli = np.bincount(cells.rater, minlength=cells.raters)
    reasons = [
        NO_RATINGS if not count else reason for count, reason in zip(stimuli, reasons, strict=True)
    ]
    table = pd.DataFrame(
        {
            "participant": evidence.participants,
            "ratings": _ratings(evidence),
            **_columns(evidence, findings),
            "kept": ["no" if reason else "yes" for reason in reasons],
            "reason": reasons,
        }
    )
    remarks = tuple(remark for finding in findings.values() for remark in finding.remarks)
    failures = {name: sum(map(bool, found.reasons)) for name, found in findings.items()}
    return Verdicts(table, locked, remarks, failures)


def _findings(evidence: Evidence, rules: RuleSet, seed: int) -> Iterator[tuple[str, Finding]]:
    """Each rule's finding, in the order in which reasons are given."""
    is_too_fast: Flags = np.zeros(len(evidence.participants), dtype=np.bool_)
    if rules.headphones:
        yield "headphones", headphones(evidence, rules.headphones)
    if rules.speed:
        found = speed(evidence, rules.speed)
        is_too_fast = np.array([bool(reason) for reason in found.reasons], dtype=np.bool_)
        yield "speed", found
    if rules.controls:
        yield "controls", controls(evidence, rules.controls)
    if rules.variance:
        yield "variance", variance(evidence, rules.variance)
    if rules.outliers:
        yield "outliers", outliers(evidence, rules.outliers)
    if rules.kurtosis:
        yield "kurtosis", kurtosis(evidence, rules.kurtosis)
    if rules.hidden_reference:
        yield "hidden_reference", hidden_reference(evidence, rules.hidden_reference)
    if rules.crowdmos:
        yield "crowdmos", crowdmos(evidence, rules.crowdmos, is_too_fast)
    if rules.permutation:
        yield "permutation", permutation(evidence, rules.permutation, seed)


def _ratings(evidence: Evidence) -> list[int]:
    counts = np.bincount(evidence.numbers(evidence.main), minlength=len(evidence.participants))
    return [int(count) for count in counts]


def _columns(evidence: Evidence, findings: dict[str, Finding]) -> dict[str, Values]:
    """Numbers that the rules found; without a rule on them, what describes the raters anyway."""
    found = {
        name: next(
            (value for one in findings.values() if (value := getattr(one, name)) is not None), None
        )
        for name in ("correlation", "null_quantile", "control_score")
    }
    nothing = np.full(len(evidence.participants), np.nan)
    if found["correlation"] is None:
        found["correlation"] = correlations(evidence.cells)
    if found["control_score"] is None:
        found["control_score"] = controls(evidence, ControlsRule()).control_score
    return {name: nothing if value is None else value for name, value in found.items()}
