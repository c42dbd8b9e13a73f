"""Options that several commands on ratings and choices share, each with one name and one help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)

screening_option = click.option(
    "--screening",
    type=_PATH,
    help="Count only participants kept by this table of sing-eval analyze screen.",
)
column_option = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help="What a column of another tool holds, or a .toml file of such pairs; repeat for several.",
)
study_option = click.option(
    "--study", metavar="NAME", help="The study, where the table holds several."
)
test_option = click.option(
    "--test", metavar="NAME", help="The test, where the table holds several."
)
scale_option = click.option(
    "--scale", type=(float, float), metavar="LOW HIGH", help="The scale, where no column says it."
)
force_option = click.option("--force", is_flag=True, help="Replace existing tables.")


def interval_option(purpose: str) -> Callable[[_Command], _Command]:
    """--interval, the method of the MOS intervals; `purpose` is its help."""
    return click.option(
        "--interval",
        type=click.Choice(("crowdmos", "exact-moments", "bootstrap", "naive")),
        default="crowdmos",
        show_default=True,
        help=purpose,
    )


def table_argument(name: str) -> Callable[[_Command], _Command]:
    """The table that is read: `ratings` is ratings.csv in the current folder if left out."""
    metavar, default = f"[{name.upper()}]", Path(f"{name}.csv")
    return click.argument(name, metavar=metavar, type=_PATH, default=default)


def seed_option(purpose: str) -> Callable[[_Command], _Command]:
    """--seed, 0 unless given; `purpose` is its help."""
    return click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help=purpose
    )


def out_option(default: str, holds: str) -> Callable[[_Command], _Command]:
    """--out, the table that is written; `holds` is its help."""
    return click.option("--out", type=_PATH, default=Path(default), show_default=True, help=holds)
