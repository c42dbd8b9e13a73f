"""`sing-eval study rehearse`: synthetic raters take the whole study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from listening_app.commands.options import study_argument
from sing.errors import CheckFailed

if TYPE_CHECKING:
    from listening_app.rehearsal.population import Population
    from listening_app.rehearsal.run import Rehearsal

_SHARE = click.FloatRange(0, 1)


@click.command()
@study_argument
@click.option(
    "--raters", type=click.IntRange(min=1), help="How many.  [default: until the study is full]"
)
@click.option(
    "--mos", "means", multiple=True, metavar="SYSTEM=MEAN",
    help="What raters think of a system, from 1 to 5; repeat for several.  [default: the "
    "reference clean, the others evenly apart]",
)  # fmt: skip
@click.option("--lazy", type=_SHARE, default=0.05, show_default=True, help="Share who do not try.")
@click.option(
    "--random", "guessing", type=_SHARE, default=0.05, show_default=True,
    help="Share who click anything.",
)  # fmt: skip
@click.option(
    "--dropouts", type=_SHARE, default=0.1, show_default=True, help="Share who leave early."
)
@click.option("--at-once", type=click.IntRange(1, 500), default=16, show_default=True,
              help="Raters at the same time.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Processes of the server.")  # fmt: skip
@click.option("--no-kill", is_flag=True, help="Do not kill the server in the middle.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Decides who answers what.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Where the findings go.  [default: DIR/rehearsal]",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace an earlier rehearsal.")
@click.option(
    "--database-url", metavar="URL",
    help="An empty database to rehearse in, which real raters cannot use afterwards.  [default: "
    "a temporary one]",
)  # fmt: skip
def rehearse(
    folder: Path,
    raters: int | None,
    means: tuple[str, ...],
    lazy: float,
    guessing: float,
    dropouts: float,
    at_once: int,
    workers: int,
    no_kill: bool,
    seed: int,
    out: Path | None,
    force: bool,
    database_url: str | None,
) -> None:
    """Let invented raters take the study in DIR over HTTP; exit 3 if anything is lost or wrong.

    A real server runs on a temporary copy, and is killed once in the middle. Then the export is
    compared with every answer that was given. Expected duration and cost are printed, and the
    tables, marked synthetic, are kept: sing-eval analyze power plans with them.
    """
    from listening_app.rehearsal.run import Rehearsal

    _run(
        Rehearsal(
            folder,
            out or folder / "rehearsal",
            _population(folder, means, (lazy, guessing, dropouts), seed),
            raters=raters or 0,
            at_once=at_once,
            workers=workers,
            database_url=database_url,
            is_killed=not no_kill,
            force=force,
        )
    )


def _population(
    folder: Path, means: tuple[str, ...], shares: tuple[float, float, float], seed: int
) -> Population:
    """The raters to invent, of whom these shares are lazy, guess, and leave early."""
    from listening_app.rehearsal.population import Population, usual_truth
    from listening_app.study import open_study
    from sing.errors import SingError

    if sum(shares) > 1:
        raise SingError("--lazy, --random, --dropouts: more than everybody; lower one of them")
    truth = usual_truth(open_study(folder).settings, dict(_mean(text) for text in means))
    return Population(truth, *shares, seed)


def _run(rehearsal: Rehearsal) -> None:
    """Rehearse and print what was found. Raises CheckFailed for a no-go."""
    from listening_app.rehearsal.report import lines
    from listening_app.rehearsal.run import rehearse as run

    report = run(rehearsal)
    for line in lines(report):
        click.echo(line)
    click.echo(str(rehearsal.out))
    if not report.is_go:
        raise CheckFailed(
            f"{rehearsal.folder}: no-go, faults are listed above; do not invite anybody yet"
        )


def _mean(text: str) -> tuple[str, float]:
    from sing.errors import SingError

    name, _, mean = text.rpartition("=")
    try:
        return name, float(mean)
    except ValueError:
        raise SingError(f"--mos {text}: give SYSTEM=MEAN, such as sing=3.5") from None
