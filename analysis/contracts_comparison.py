"""The contract of the table that `sing-eval analyze compare` writes."""

from __future__ import annotations

from eval_suite.contracts import Column, Contract

VERDICTS = (
    "a higher",
    "b higher",
    "equivalent",
    "a higher, equivalent",
    "b higher, equivalent",
    "undecided",
    "undefined",
)


def _count(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, minimum=0)


def _value(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, may_be_empty=True)


def _chance(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, may_be_empty=True, minimum=0, maximum=1)


COMPARISONS = Contract(
    "comparisons",
    (
        Column("a", "text", "a system"),
        Column("b", "text", "the system that it is compared with"),
        _value("mean_a", "mean score of a on the notes that both have"),
        _value("mean_b", "mean score of b on the same notes, each weighing the same as for a"),
        _value("difference", "mean_a - mean_b"),
        _value("ci_low", "lower end of the difference's two-way 95 % interval"),
        _value("ci_high", "upper end of the difference's two-way 95 % interval"),
        _chance("p_value", "two-sided, of no difference"),
        _chance("p_holm", "p_value after Holm's correction over the pairs"),
        _value("margin", "largest difference that counts as none; empty where none was stated"),
        _chance("p_equivalence", "of a difference of at least the margin (TOST)"),
        _chance("p_equivalence_holm", "p_equivalence after Holm's correction over the pairs"),
        Column("verdict", "text", "what p_holm and p_equivalence_holm say at 0.05",
               choices=VERDICTS),
        _count("ratings", "ratings of both on the notes that both have"),
        Column("paired", "number", "share of them whose rater rated both systems on the note",
               may_be_empty=True, minimum=0, maximum=1),
        _count("participants", "their raters"),
        _count("notes", "their notes"),
        Column("reason", "text", "why a value is missing", may_be_empty=True),
    ),
    ("a", "b"),
)  # fmt: skip
