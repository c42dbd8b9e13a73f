"""`sing-eval study check`: the blinding audit."""

from __future__ import annotations

from pathlib import Path

import click

from listening_app.commands.options import study_argument
from sing.errors import CheckFailed


@click.command()
@study_argument
def check(folder: Path) -> None:
    """Print every way to tell the systems apart but the sound, a line each; exit 3 if there is one.

    Looked at: names, sizes, headers and times of the files; loudness, offsets, runs of zeros,
    clipping and equal files; positions, slots and right answers in the sheets. Bandwidth is
    content: it is reported, and no fault.
    """
    from listening_app.blinding import bandwidths, leaks
    from listening_app.study import open_study

    study = open_study(folder)
    found = leaks(study)
    for leak in found:
        click.echo(leak)
    for system, frequency in bandwidths(study).items():
        click.echo(f"{system}: 99 % of the energy below {frequency:,.0f} Hz (content, not a leak)")
    if found:
        counted = "1 leak" if len(found) == 1 else f"{len(found):,} leaks"
        raise CheckFailed(f"{folder}: {counted}, listed above; build the study again")
    click.echo(f"{folder}: blind: {len(study.stimuli):,} stimuli, {len(study.sheets):,} sheets")
