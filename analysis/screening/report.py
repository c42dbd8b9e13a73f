"""What `sing-eval analyze screen` prints: how many are kept, and which rules turned others away."""

from __future__ import annotations

from analysis.screening.screen import Verdicts
from eval_suite.text_table import TextTable


def shown(verdicts: Verdicts) -> TextTable:
    """A line a rule, then those who failed several, and those who are kept."""
    table = verdicts.table
    raters = len(table)
    lines = [(name, f"{count:,}") for name, count in verdicts.failures.items()]
    unrated = int((table["ratings"] == 0).sum())
    if unrated:
        lines.append(("no rating of kind main", f"{unrated:,}"))
    lines.append(("any", f"{raters - verdicts.kept:,}"))
    remarks = (
        f"{verdicts.kept:,} of {raters:,} raters are kept; each one's reasons stand in the table",
        f"rules {verdicts.locked.rules.name}, sha256 {verdicts.locked.sha256}",
        *verdicts.remarks,
    )
    return TextTable(("rule", "turned away"), tuple(lines), remarks, 1, 1)
