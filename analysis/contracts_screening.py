"""The contract of the multiverse: what each rule set would have made of one study."""

from __future__ import annotations

from eval_suite.contracts import REASON, Column, Contract, value

MULTIVERSE = Contract(
    "multiverse",
    (
        Column("rules", "text", "name of the rule set, or none"),
        Column("system", "text", "what turned the note into a waveform"),
        Column("sha256", "text", "hash of the rules file; empty for none", may_be_empty=True),
        value("participants", "raters whom the rules keep", 0),
        value("turned_away", "raters whom they do not keep", 0),
        value("mos", "mean opinion score of the kept"),
        value("ci95", "half-width of the 95 % interval", 0),
        value("rank", "of the system by mos, from 1; equal scores share a rank", 0),
        Column(
            "beats", "text", "systems with a lower mean by a test of paired differences, p < 0.05 "
            "after Holm; separated by ' | '", may_be_empty=True,
        ),
        REASON,
    ),
    ("rules", "system"),
    needs_reason=True,
)  # fmt: skip
