"""The contracts of the tables beside the mos table: groups, raters, stimuli, and plans."""

from __future__ import annotations

from dataclasses import replace

from eval_suite.contracts import REASON, Column, Contract, count, value
from eval_suite.study_contracts import MOS


def _simulated(name: str, meaning: str) -> Column:
    return replace(value(name, meaning, 0), is_required=False)


_SYSTEM = MOS.column("system")

MOS_GROUPS = Contract(
    "mos_groups",
    (
        _SYSTEM,
        Column("by", "text", "what groups the ratings", choices=("family", "note")),
        Column("group", "text", "which family or note"),
        *(column for column in MOS.columns if column.name not in ("system", "rules", "reason")),
        replace(REASON, is_required=False),
    ),
    ("system", "by", "group"),
)

RATERS = Contract(
    "raters",
    (
        Column("participant", "text", "keyed hash of the rater's identity"),
        count("ratings", "scores of the rater"),
        Column("bias", "number", "how much higher the rater scores than the others"),
        value("inconsistency", "standard deviation of the rater's residuals", 0),
        REASON,
    ),
    ("participant",),
    needs_reason=True,
)

STIMULI = Contract(
    "stimuli",
    (
        _SYSTEM,
        Column("note", "text", "the note that was heard"),
        Column("quality", "number", "by the subject model, free of biases"),
        count("standard_error", "of the quality, given the raters"),
        Column("mos", "number", "plain mean of the stimulus' ratings"),
        count("ratings", "of the stimulus"),
    ),
    ("system", "note"),
)

PLAN = Contract(
    "plan",
    (
        Column("design", "text", "the numbers of notes in words"),
        count("notes", "notes that are rated"),
        count("notes_each", "notes that each rater rates"),
        value("participants", "raters needed; empty where no number is enough", 0),
        value("ratings", "ratings of each system", 0),
        value("half_width", "of the 95 % interval of the mean, or of the difference", 0),
        value("power", "chance to detect the difference; empty for a planned half-width", 0),
        _simulated("simulated_half_width", "mean over simulated studies"),
        _simulated("simulated_power", "share of simulated studies that detect the difference"),
        REASON,
    ),
    ("design",),
    needs_reason=True,
)
