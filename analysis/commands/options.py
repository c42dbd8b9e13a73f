"""Options that several commands on ratings and choices share, each with one name and one help."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sing.errors import SingError

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)


class FiniteRange(click.FloatRange):
    """A number within a range, as which neither nan nor inf counts."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number. Fails as click's own ranges do."""
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return found


def _checked_scale(
    _context: click.Context, _option: click.Parameter, scale: tuple[float, float] | None
) -> tuple[float, float] | None:
    if scale is not None and not -math.inf < scale[0] < scale[1] < math.inf:
        shown = "--scale {:g} {:g}".format(*scale)
        raise SingError(f"{shown}: not a lowest and a highest score, such as --scale 1 5")
    return scale


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
    "--scale",
    type=(float, float),
    callback=_checked_scale,
    metavar="LOW HIGH",
    help="The scale, where no column says it.",
)
reference_option = click.option(
    "--reference",
    metavar="SYSTEM",
    help="The ground truth, which bs1534 takes for the hidden reference.  [default: as the study "
    "beside the answers says, else ground-truth]",
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
