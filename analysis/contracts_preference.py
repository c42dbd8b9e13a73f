"""The contracts of the tables that `sing-eval analyze abx` writes."""

from __future__ import annotations

from eval_suite.contracts import Column, Contract
from eval_suite.study_contracts import ABX

_A = Column("a", "text", "a system")
_B = Column("b", "text", "the system that it is compared with")
_REASON = Column("reason", "text", "why a value is missing", may_be_empty=True)


def _count(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, minimum=0)


def _value(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, may_be_empty=True)


def _share(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, may_be_empty=True, minimum=0, maximum=1)


PREFERENCE = Contract(
    "abx",
    (
        *(column for column in ABX.columns if column.name != "reason"),
        Column("interval", "text", "method of the two-way interval"),
        _share("bootstrap_low", "lower end of the two-way bootstrap's 95 % interval"),
        _share("bootstrap_high", "upper end of the two-way bootstrap's 95 % interval"),
        _share("p_two_way", "two-sided, of no preference, by the two-way variance"),
        _share("p_holm", "p_two_way after Holm's correction over the pairs"),
        _count("participants", "raters of the pair"),
        _count("notes", "notes of the pair"),
        _share("agreement", "chance that two raters of a note choose alike; 0.5 by guessing"),
        _share("proportion_first", "trials in which the system at A was chosen, whichever it was"),
        _share("first_low", "lower end of its exact interval"),
        _share("first_high", "upper end of its exact interval"),
        _share("first_p_value", "binomial, two-sided, of no bias of position"),
        _share("proportion_a_at_a", "proportion_a of the trials in which a stood at A"),
        _share("proportion_a_at_b", "proportion_a of the trials in which a stood at B"),
        _REASON,
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
        _count("trials", "main trials"),
        _count("prefer_a", "trials in which a was chosen"),
        _share("proportion_a", "prefer_a / trials"),
        _share("exact_low", "lower end of the exact interval, for other raters of this note"),
        _share("exact_high", "upper end of the exact interval"),
        _share("agreement", "chance that two of its raters choose alike; empty for one rater"),
        _REASON,
    ),
    ("a", "b", "note"),
)

DISCRIMINATION = Contract(
    "discrimination",
    (
        _A,
        _B,
        _count("trials", "main trials"),
        _count("correct", "trials in which the choice was X"),
        _share("proportion_correct", "correct / trials; 0.5 by guessing"),
        _share("ci_low", "lower end of the two-way 95 % interval"),
        _share("ci_high", "upper end of the two-way 95 % interval"),
        _share("exact_low", "lower end of the Clopper-Pearson interval"),
        _share("exact_high", "upper end of the Clopper-Pearson interval"),
        _share("p_value", "binomial, one-sided, of guessing"),
        _value("d_prime", "sensitivity, by the decision model"),
        _value("d_low", "of the two-way interval's lower end"),
        _value("d_high", "of the two-way interval's upper end"),
        Column(
            "model", "text", "decision model of d_prime", choices=("differencing", "independent")
        ),
        _share("proportion_first", "trials in which A was chosen"),
        _share("first_p_value", "binomial, two-sided, of no bias of position"),
        Column("interval", "text", "method of the two-way interval"),
        _count("participants", "raters of the pair"),
        _count("notes", "notes of the pair"),
        _REASON,
    ),
    ("a", "b"),
)

CMOS = Contract(
    "cmos",
    (
        _A,
        _B,
        _count("trials", "main trials"),
        Column("cmos", "number", "mean of how much better a is than b; below 0, b is better"),
        _value("ci_low", "lower end of the two-way 95 % interval"),
        _value("ci_high", "upper end of the two-way 95 % interval"),
        _share("p_value", "two-sided, of no difference"),
        _share("p_holm", "p_value after Holm's correction over the pairs"),
        _value("order_effect", "how much better what stood at B was than what stood at A, half "
               "the difference of the two orders' means"),
        _count("participants", "raters of the pair"),
        _count("notes", "notes of the pair"),
        _REASON,
    ),
    ("a", "b"),
)  # fmt: skip
