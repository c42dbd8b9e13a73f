"""`sing-eval analyze power`: how many raters, notes and ratings a study needs."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from analysis.commands.options import (
    FiniteRange,
    column_option,
    out_option,
    seed_option,
    study_option,
    test_option,
)
from sing.errors import SingError

_VARIANCE = FiniteRange(min=0)
_ASSUMED = ("var_participant", "var_note", "var_residual", "shared")
_POSITIVE = FiniteRange(min=0, min_open=True)


@click.command()
@click.argument("pilot", metavar="[PILOT]", type=click.Path(path_type=Path), required=False)
@click.option("--half-width", type=_POSITIVE, help="Plan for a MOS that is known to ± this.")
@click.option(
    "--difference", type=_POSITIVE, help="Plan for detecting a difference of MOS this large."
)
@click.option(
    "--power",
    "wanted",
    type=FiniteRange(0, 1, min_open=True, max_open=True),
    default=0.8,
    show_default=True,
    help="Wanted chance to detect the difference.",
)
@click.option(
    "--notes",
    multiple=True,
    type=click.IntRange(min=1),
    default=(25, 50, 100, 200),
    show_default=True,
    help="A number of notes; repeat for several.",
)
@click.option(
    "--notes-each",
    type=click.IntRange(min=1),
    help="Notes that each rater rates.  [default: all]",
)
@click.option(
    "--var-participant",
    type=_VARIANCE,
    default=0.35,
    show_default=True,
    help="Variance of scores between raters, without PILOT.",
)
@click.option(
    "--var-note",
    type=_VARIANCE,
    default=0.25,
    show_default=True,
    help="Variance between notes, without PILOT.",
)
@click.option(
    "--var-residual",
    type=_VARIANCE,
    default=0.8,
    show_default=True,
    help="Variance of the rest, without PILOT.",
)
@click.option(
    "--shared",
    type=FiniteRange(0, 1),
    default=0.5,
    show_default=True,
    help="Share of the raters' and notes' variance that two systems have in common, without PILOT.",
)
@click.option(
    "--screening",
    type=click.Path(path_type=Path),
    help="Count only the pilot's participants kept by this table.",
)
@column_option
@study_option
@test_option
@click.option("--check", is_flag=True, help="Also simulate 1,000 studies of each line.")
@seed_option("Seed of --check.")
@out_option("plan.csv", "The table, one row a number of notes.")
@click.option("--force", is_flag=True, help="Replace an existing table.")
def power(
    pilot: Path | None,
    half_width: float | None,
    difference: float | None,
    wanted: float,
    notes: tuple[int, ...],
    notes_each: int | None,
    var_participant: float,
    var_note: float,
    var_residual: float,
    shared: float,
    screening: Path | None,
    columns: tuple[str, ...],
    study: str | None,
    test: str | None,
    check: bool,
    seed: int,
    out: Path,
    force: bool,
) -> None:
    """Raters that a study needs for a half-width, or to detect a difference of two systems.

    Variances are those of PILOT, a ratings table of a smaller study, or the assumed ones. More
    raters do not make up for too few notes: the plan says where no number of raters is enough.
    """
    from analysis import power_run
    from analysis.answers import Source
    from analysis.column_map import parse_columns
    from analysis.variances import Variances
    from eval_suite.text_table import print_table, stdout_console

    _require_own_variances(pilot)
    source = (
        None
        if pilot is None
        else Source(pilot, screening, parse_columns(columns), study=study, test=test)
    )
    request = power_run.PowerRequest(
        out=out,
        half_width=half_width,
        difference=difference,
        power=wanted,
        notes=notes,
        notes_each=notes_each,
        assumed=Variances(var_participant, var_note, var_residual),
        shared=shared,
        pilot=source,
        is_checked=check,
        seed=seed,
    )
    print_table(power_run.run(request, force), stdout_console())
    click.echo(str(out))


def _require_own_variances(pilot: Path | None) -> None:
    """Raise SingError for an assumed variance where those of a pilot count."""
    source_of = click.get_current_context().get_parameter_source
    given = [name for name in _ASSUMED if source_of(name) != ParameterSource.DEFAULT]
    if pilot is not None and given:
        option = f"--{given[0].replace('_', '-')}"
        raise SingError(f"{option}: the variances are those of {pilot}; leave out one of the two")
