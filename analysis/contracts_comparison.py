"""The contract of the table that `sing-eval analyze compare` writes."""

from __future__ import annotations

from eval_suite.contracts import REASON, Column, Contract, count, share, value

VERDICTS = (
    "a higher",
    "b higher",
    "equivalent",
    "a higher, equivalent",
    "b higher, equivalent",
    "undecided",
    "undefined",
)


COMPARISONS = Contract(
    "comparisons",
    (
        Column("a", "text", "a system"),
        Column("b", "text", "the system that it is compared with"),
        value("mean_a", "mean score of a on the notes that both have"),
        value("mean_b", "mean score of b on the same notes, each weighing the same as for a"),
        value("difference", "mean_a - mean_b"),
        value("ci_low", "lower end of the difference's two-way 95 % interval"),
        value("ci_high", "upper end of the difference's two-way 95 % interval"),
        share("p_value", "two-sided, of no difference"),
        share("p_holm", "p_value after Holm's correction over the pairs"),
        value("margin", "largest difference that counts as none; empty where none was stated"),
        share("p_equivalence", "of a difference of at least the margin (TOST)"),
        share("p_equivalence_holm", "p_equivalence after Holm's correction over the pairs"),
        Column("verdict", "text", "what p_holm and p_equivalence_holm say at 0.05",
               choices=VERDICTS),
        count("ratings", "ratings of both on the notes that both have"),
        share("paired", "share of them whose rater rated both systems on the note"),
        count("participants", "their raters"),
        count("notes", "their notes"),
        REASON,
    ),
    ("a", "b"),
)  # fmt: skip
