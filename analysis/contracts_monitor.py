"""The contract of the table that `sing-eval analyze monitor` writes."""

from __future__ import annotations

from eval_suite.contracts import Column, Contract

MONITOR = Contract(
    "monitor",
    (
        Column("look", "text", "place of the rater in the order of finishing, 000001 the first"),
        Column("participant", "text", "the rater who finished then"),
        Column("value", "number", "the mean of this rater's answers"),
        Column("estimate", "number", "the mean of the raters so far"),
        Column(
            "ci_low",
            "number",
            "lower end of the interval after this rater; all hold at once; empty where none holds",
            may_be_empty=True,
        ),
        Column("ci_high", "number", "upper end of the interval", may_be_empty=True),
        Column("verdict", "text", "go on, or why to stop"),
    ),
    ("look",),
)
