"""`sing-eval bundle`: a study as one archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.commands.study_options import study_options

if TYPE_CHECKING:
    from analysis.study_run import Settings

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("results", metavar="[RESULTS]", type=_PATH, default=Path("results"))
@study_options
@click.option(
    "--out", type=_PATH, default=Path("study.zip"), show_default=True, help="The archive."
)
@click.option("--force", is_flag=True, help="Replace an existing archive.")
def bundle(results: Path, settings: Settings, out: Path, force: bool) -> None:
    """Data, rules, settings, hashes and results as one archive, the same bytes each time.

    RESULTS is a folder as in `sing-eval report`. Screening, scores, preferences and the paper's
    tables are computed anew for it. Raters and sessions get new names, and what raters wrote stays
    at home.  [default: results]
    """
    from analysis.bundle import write_bundle

    click.echo(str(write_bundle(results, out, settings, force)))
