"""The options of commands that analyse a whole study."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from analysis.commands.options import (
    column_option,
    interval_option,
    reference_option,
    scale_option,
    seed_option,
    study_option,
    test_option,
)

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
        help="Which system is which row of the paper, such as 'SING spectral=sing', or a .toml "
        "file with a table [rows]; repeat for several.  [default: by name]",
    ),
    reference_option,
    column_option,
    study_option,
    test_option,
    scale_option,
)


def study_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with these options, all of which it gets as its argument `settings`."""

    @functools.wraps(command)
    def with_settings(
        rules: str,
        interval: str,
        seed: int,
        rows: tuple[str, ...],
        reference: str | None,
        columns: tuple[str, ...],
        study: str | None,
        test: str | None,
        scale: tuple[float, float] | None,
        **others: Any,
    ) -> Any:
        from analysis.column_map import parse_columns
        from analysis.row_map import parse_rows
        from analysis.study_run import Settings

        settings = Settings(
            rules=rules,
            interval=interval,
            seed=seed,
            rows=parse_rows(rows),
            reference=reference,
            columns=parse_columns(columns),
            study=study,
            test=test,
            scale=scale,
        )
        return command(settings=settings, **others)

    for option in reversed(_OPTIONS):
        with_settings = option(with_settings)
    return with_settings
