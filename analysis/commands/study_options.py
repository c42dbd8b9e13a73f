"""The options of commands that analyse a whole study."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from analysis.commands.options import interval_option, seed_option

_OPTIONS = (
    click.option(
        "--rules",
        default="default",
        show_default=True,
        metavar="NAME|FILE",
        help="Screening rules: a shipped set, a rules file, or none.",
    ),
    interval_option("Method of the MOS intervals."),
    seed_option("Seed of screening and bootstraps."),
    click.option(
        "--row",
        "rows",
        multiple=True,
        metavar="ROW=SYSTEM",
        help="Which system is which row of the paper, as in sing-eval tables.",
    ),
)


def study_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with --rules, --interval, --seed and --row."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
