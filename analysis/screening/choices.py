"""Screening of raters who chose between two systems: who they are, the rules that apply to them.

Headphones, speed and controls are looked at as of ratings. Agreement with the others is no rule
here: who prefers the other system is not inattentive, and leaving them out would make the result.
Instead there is `position`: where a sound stands is drawn at random, so whoever listens chooses
either place about as often, whatever they prefer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.choices import Choices
from analysis.proportions import binomial_p
from analysis.screening.controls import shares_right
from analysis.screening.evidence import Flags, Numbers, participants_of, rater_numbers
from analysis.screening.finding import Finding, reasons, unknown
from analysis.screening.listening import headphones, speed
from analysis.screening.rules import ControlsRule, LockedRules, PositionRule, RuleSet
from analysis.screening.screen import Verdicts, verdicts
from sing.errors import SingError

APPLYING = ("headphones", "speed", "controls", "position")
"""The rules that say something about choices."""

NO_CHOICES = "no choice of kind main"


@dataclass(frozen=True)
class ChoiceEvidence:
    """The raters' names, sorted, and the tables in which what they did is looked up."""

    participants: tuple[str, ...]
    choices: Choices
    main: pd.DataFrame
    about: pd.DataFrame

    def numbers(self, frame: pd.DataFrame) -> Numbers:
        """The number of each row's rater."""
        return rater_numbers(self.participants, frame)


def gather_choices(choices: Choices, sessions: pd.DataFrame | None) -> ChoiceEvidence:
    """The evidence in a table of choices and, if there is one, in the table of its sessions."""
    participants = participants_of(choices.table)
    about = choices.table
    if sessions is not None:
        about = pd.concat([about, sessions[sessions["participant"].isin(participants)]])
    return ChoiceEvidence(participants, choices, choices.main, about)


def has_rule(rules: RuleSet) -> bool:
    """Whether any of the rules is for choices."""
    return bool(set(APPLYING) & set(rules.given))


def screen_choices(evidence: ChoiceEvidence, locked: LockedRules) -> Verdicts:
    """Mark every rater by those rules of the set that apply to choices.

    Raises SingError where none does.
    """
    findings = dict(_findings(evidence, locked.rules))
    if not has_rule(locked.rules):
        raise SingError(
            f"{evidence.choices.path}: none of the rules of {locked.rules.name} is for choices; "
            f"those that are: {', '.join(APPLYING)}"
        )
    left = [name for name in locked.rules.given if name not in APPLYING]
    others = Finding(
        ("",) * len(evidence.participants),
        (f"not for choices: {', '.join(left)}",) if left else (),
        control_score=choice_controls(evidence, ControlsRule()).control_score,
    )
    asked = np.bincount(evidence.numbers(evidence.main), minlength=len(evidence.participants))
    known = {**findings, "": others}
    return verdicts(evidence.participants, asked, known, locked, NO_CHOICES)


def _findings(evidence: ChoiceEvidence, rules: RuleSet) -> Iterator[tuple[str, Finding]]:
    if rules.headphones:
        yield "headphones", headphones(evidence, rules.headphones)
    if rules.speed:
        yield "speed", speed(evidence, rules.speed)
    if rules.controls:
        yield "controls", choice_controls(evidence, rules.controls)
    if rules.position:
        yield "position", position(evidence, rules.position)


def choice_controls(evidence: ChoiceEvidence, rule: ControlsRule) -> Finding:
    """Raters who choose wrongly in too many gold trials or traps: controls with a right answer."""
    asked = evidence.choices.controls
    asked = asked[asked["expected"] != ""] if "expected" in asked else asked.iloc[:0]
    is_trap: Flags = asked[["a", "b"]].isin(rule.trap_systems).any(axis=1).to_numpy(dtype=np.bool_)
    expected = asked["expected" if "expected" in asked else "choice"]
    is_right: Flags = (asked["choice"] == expected).to_numpy(dtype=np.bool_)
    return shares_right(evidence, asked, is_trap, is_right, rule)


def position(evidence: ChoiceEvidence, rule: PositionRule) -> Finding:
    """Raters who choose one place nearly always, and more often than chance would let them."""
    raters = len(evidence.participants)
    main = evidence.main
    is_first = (main["choice"] == main["a"]).to_numpy()
    is_known = is_first | (main["choice"] == main["b"]).to_numpy()
    rater = evidence.numbers(main)
    first = np.bincount(rater[is_known], is_first[is_known], raters)
    count = np.bincount(rater[is_known], minlength=raters)
    most = np.maximum(first, count - first)
    share = most / np.maximum(count, 1)
    chance = np.array(
        [binomial_p(int(hits), int(trials)) if trials else 1.0
         for hits, trials in zip(most, count, strict=True)]
    )  # fmt: skip
    fails = (share > rule.largest_share) & (chance <= rule.false_alarm_rate)

    def word(one: int) -> str:
        place = "A" if first[one] == most[one] else "B"
        return (
            f"position: {place} chosen in {100 * share[one]:.0f} % of {count[one]:,} trials, "
            f"expected at most {100 * rule.largest_share:.0f} %"
        )

    remark = (
        f"position: of raters who listen, at most {100 * rule.false_alarm_rate:g} % are turned away"
    )
    return Finding(reasons(fails, word), (remark, *unknown("position", count > 0)))
