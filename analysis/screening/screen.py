"""A rule set applied to ratings: everybody marked as kept or not, with reasons. Nobody is deleted.

A rater is kept who passes every rule of the set. Rules look at all raters, whoever else failed;
only crowdMOS's two passes leave out the too fast first, as published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.screening.controls import controls
from analysis.screening.correlation import correlations, permutation
from analysis.screening.crowdmos import crowdmos
from analysis.screening.deviation import kurtosis, outliers, variance
from analysis.screening.evidence import Evidence, Flags, Numbers, Values
from analysis.screening.finding import Finding
from analysis.screening.hidden_reference import hidden_reference
from analysis.screening.listening import headphones, speed
from analysis.screening.rules import ControlsRule, LockedRules, RuleSet
from sing.errors import SingError

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
    cells = evidence.cells
    if not findings:
        raise SingError(
            f"{evidence.ratings.path}: none of the rules of {locked.rules.name} is for ratings; "
            "choose other rules"
        )
    stimuli = np.bincount(cells.rater, minlength=cells.raters)
    known = {**findings, "": _described(evidence)}
    return verdicts(evidence.participants, _ratings(evidence), known, locked, NO_RATINGS, stimuli)


def verdicts(
    participants: tuple[str, ...],
    asked: Numbers,
    findings: Mapping[str, Finding],
    locked: LockedRules,
    nothing: str,
    stimuli: Numbers | None = None,
) -> Verdicts:
    """The screening table that follows from what each rule found.

    `asked` [raters] are main trials; who has none is not kept, with the reason `nothing`. A finding
    named "" is of no rule: what describes the raters anyway.
    """
    counted = asked if stimuli is None else stimuli
    failed = zip(*(finding.reasons for finding in findings.values()), strict=True)
    reasons = [
        "; ".join(filter(None, parts)) if count else nothing
        for count, parts in zip(counted, failed, strict=True)
    ]
    table = pd.DataFrame(
        {
            "participant": participants,
            "ratings": asked,
            **_columns(len(participants), findings.values()),
            "kept": ["no" if reason else "yes" for reason in reasons],
            "reason": reasons,
        }
    )
    remarks = tuple(remark for finding in findings.values() for remark in finding.remarks)
    failures = {name: sum(map(bool, found.reasons)) for name, found in findings.items() if name}
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


def _ratings(evidence: Evidence) -> Numbers:
    return np.bincount(evidence.numbers(evidence.main), minlength=len(evidence.participants))


def _described(evidence: Evidence) -> Finding:
    """What describes the raters where no rule looks at it."""
    return Finding(
        ("",) * len(evidence.participants),
        correlation=correlations(evidence.cells),
        control_score=controls(evidence, ControlsRule()).control_score,
    )


def _columns(raters: int, findings: Iterable[Finding]) -> dict[str, Values]:
    """Numbers that the rules found, the first rule's of those that look at them."""
    found = {}
    for name in ("correlation", "null_quantile", "control_score"):
        values = (getattr(finding, name) for finding in findings)
        found[name] = next((one for one in values if one is not None), np.full(raters, np.nan))
    return found
