"""The contracts of the tables beside the mos table: groups, raters, stimuli, and plans."""

from __future__ import annotations

from dataclasses import replace

from eval_suite.contracts import Column, Contract
from eval_suite.study_contracts import MOS


def _number(name: str, meaning: str, minimum: float = 0) -> Column:
    return Column(name, "number", meaning, minimum=minimum)


def _unknown(name: str, meaning: str) -> Column:
    """A number that may be missing; the row's reason then says why."""
    return Column(name, "number", meaning, may_be_empty=True, minimum=0)


def _simulated(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, is_required=False, may_be_empty=True, minimum=0)


_SYSTEM = MOS.column("system")
_REASON = Column("reason", "text", "why a value is missing", may_be_empty=True)

MOS_GROUPS = Contract(
    "mos_groups",
    (
        _SYSTEM,
        Column("by", "text", "what groups the ratings", choices=("family", "note")),
        Column("group", "text", "which family or note"),
        *(column for column in MOS.columns if column.name not in ("system", "rules", "reason")),
        replace(_REASON, is_required=False),
    ),
    ("system", "by", "group"),
)

RATERS = Contract(
    "raters",
    (
        Column("participant", "text", "keyed hash of the rater's identity"),
        _number("ratings", "scores of the rater"),
        _number("bias", "how much higher the rater scores than the others", float("-inf")),
        _unknown("inconsistency", "standard deviation of the rater's residuals"),
        _REASON,
    ),
    ("participant",),
    needs_reason=True,
)

STIMULI = Contract(
    "stimuli",
    (
        _SYSTEM,
        Column("note", "text", "the note that was heard"),
        _number("quality", "by the subject model, free of biases", float("-inf")),
        _number("standard_error", "of the quality, given the raters"),
        _number("mos", "plain mean of the stimulus' ratings", float("-inf")),
        _number("ratings", "of the stimulus"),
    ),
    ("system", "note"),
)

PLAN = Contract(
    "plan",
    (
        Column("design", "text", "the numbers of notes in words"),
        _number("notes", "notes that are rated"),
        _number("notes_each", "notes that each rater rates"),
        _unknown("participants", "raters needed; empty where no number is enough"),
        _unknown("ratings", "ratings of each system"),
        _unknown("half_width", "of the 95 % interval of the mean, or of the difference"),
        _unknown("power", "chance to detect the difference; empty for a planned half-width"),
        _simulated("simulated_half_width", "mean over simulated studies"),
        _simulated("simulated_power", "share of simulated studies that detect the difference"),
        _REASON,
    ),
    ("design",),
    needs_reason=True,
)
