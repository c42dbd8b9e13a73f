"""The options of commands that analyse a whole study."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option(
        "--rules",
        default="default",
        show_default=True,
        metavar="NAME|FILE",
        help="Screening rules: a shipped set, a rules file, or none.",
    ),
    click.option(
        "--interval",
        type=click.Choice(("crowdmos", "exact-moments", "bootstrap", "naive")),
        default="crowdmos",
        show_default=True,
        help="Method of the MOS intervals.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Seed of screening and bootstraps.",
    ),
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
