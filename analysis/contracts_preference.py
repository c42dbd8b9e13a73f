"""The contracts of the tables that `sing-eval analyze abx` writes."""

from __future__ import annotations

from eval_suite.contracts import REASON, Column, Contract, count, share, value
from eval_suite.study_contracts import ABX

_A = Column("a", "text", "a system")
_B = Column("b", "text", "the system that it is compared with")

PREFERENCE = Contract(
    "abx",
    (
        *(column for column in ABX.columns if column.name != "reason"),
        Column("interval", "text", "method of the two-way interval"),
        share("bootstrap_low", "lower end of the two-way bootstrap's 95 % interval"),
        share("bootstrap_high", "upper end of the two-way bootstrap's 95 % interval"),
        share("p_two_way", "two-sided, of no preference, by the two-way variance"),
        share("p_holm", "p_two_way after Holm's correction over the pairs"),
        count("participants", "raters of the pair"),
        count("notes", "notes of the pair"),
        share("agreement", "chance that two raters of a note choose alike; 0.5 by guessing"),
        share("proportion_first", "trials in which the system at A was chosen, whichever it was"),
        share("first_low", "lower end of its exact interval"),
        share("first_high", "upper end of its exact interval"),
        share("first_p_value", "binomial, two-sided, of no bias of position"),
        share("proportion_a_at_a", "proportion_a of the trials in which a stood at A"),
        share("proportion_a_at_b", "proportion_a of the trials in which a stood at B"),
        REASON,
    ),
    ABX.key,
)
"""What ABX holds, and what tells whether to believe it."""

PREFERENCE_NOTES = Contract(
    "abx_notes",
    (
        _A,
        _B,
        Column("note", "text", "the note that was heard"),
        count("trials", "main trials"),
        count("prefer_a", "trials in which a was chosen"),
        share("proportion_a", "prefer_a / trials"),
        share("exact_low", "lower end of the exact interval, for other raters of this note"),
        share("exact_high", "upper end of the exact interval"),
        share("agreement", "chance that two of its raters choose alike; empty for one rater"),
        REASON,
    ),
    ("a", "b", "note"),
)

DISCRIMINATION = Contract(
    "discrimination",
    (
        _A,
        _B,
        count("trials", "main trials"),
        count("correct", "trials in which the choice was X"),
        share("proportion_correct", "correct / trials; 0.5 by guessing"),
        share("ci_low", "lower end of the two-way 95 % interval"),
        share("ci_high", "upper end of the two-way 95 % interval"),
        share("exact_low", "lower end of the Clopper-Pearson interval"),
        share("exact_high", "upper end of the Clopper-Pearson interval"),
        share("p_value", "binomial, one-sided, of guessing"),
        value("d_prime", "sensitivity, by the decision model"),
        value("d_low", "of the two-way interval's lower end"),
        value("d_high", "of the two-way interval's upper end"),
        Column(
            "model", "text", "decision model of d_prime", choices=("differencing", "independent")
        ),
        share("proportion_first", "trials in which A was chosen"),
        share("first_p_value", "binomial, two-sided, of no bias of position"),
        Column("interval", "text", "method of the two-way interval"),
        count("participants", "raters of the pair"),
        count("notes", "notes of the pair"),
        REASON,
    ),
    ("a", "b"),
)

CMOS = Contract(
    "cmos",
    (
        _A,
        _B,
        count("trials", "main trials"),
        Column("cmos", "number", "mean of how much better a is than b; below 0, b is better"),
        value("ci_low", "lower end of the two-way 95 % interval"),
        value("ci_high", "upper end of the two-way 95 % interval"),
        share("p_value", "two-sided, of no difference"),
        share("p_holm", "p_value after Holm's correction over the pairs"),
        value("order_effect", "how much better what stood at B was than what stood at A, half "
               "the difference of the two orders' means"),
        count("participants", "raters of the pair"),
        count("notes", "notes of the pair"),
        REASON,
    ),
    ("a", "b"),
)  # fmt: skip
