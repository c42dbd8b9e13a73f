"""The group `sing-eval analyze`. Commands are named as strings and imported when asked for."""

from __future__ import annotations

import click

from sing.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    commands_at={
        name: f"analysis.commands.{name}:{name}"
        for name in ("screen", "mos", "abx", "compare", "agreement", "power", "monitor")
    },
    summaries={
        "screen": "Mark raters whose answers say nothing, by a file of rules.",
        "mos": "Mean opinion scores with intervals for other raters and notes.",
        "abx": "Preferences and ABX answers, with exact and two-way intervals.",
        "compare": "Paired differences of systems, with two-way intervals.",
        "agreement": "Whether raters agree with each other, and metrics with raters.",
        "power": "How many raters, notes and ratings a study needs.",
        "monitor": "Intervals that hold while ratings still come in.",
    },
)
def analyze() -> None:
    """Statistics of ratings and choices: tables in, tables out."""
