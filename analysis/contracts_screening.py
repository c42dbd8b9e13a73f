"""The contract of the multiverse: what each rule set would have made of one study."""

from __future__ import annotations

from eval_suite.contracts import Column, Contract


def _number(name: str, meaning: str, minimum: float = 0) -> Column:
    return Column(name, "number", meaning, may_be_empty=True, minimum=minimum)


MULTIVERSE = Contract(
    "multiverse",
    (
        Column("rules", "text", "name of the rule set, or none"),
        Column("system", "text", "what turned the note into a waveform"),
        Column("sha256", "text", "hash of the rules file; empty for none", may_be_empty=True),
        _number("participants", "raters whom the rules keep"),
        _number("turned_away", "raters whom they do not keep"),
        _number("mos", "mean opinion score of the kept", float("-inf")),
        _number("ci95", "half-width of the 95 % interval"),
        _number("rank", "of the system by mos, from 1; equal scores share a rank"),
        Column(
            "beats", "text", "systems with a lower mean by a test of paired differences, p < 0.05 "
            "after Holm; separated by ' | '", may_be_empty=True,
        ),
        Column("reason", "text", "why a value is missing", may_be_empty=True),
    ),
    ("rules", "system"),
    needs_reason=True,
)  # fmt: skip
