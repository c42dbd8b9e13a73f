"""`sing-eval systems`: folders of waveforms from anywhere, brought into one form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sing.cli.lazy import LazyGroup
from sing.errors import CheckFailed

if TYPE_CHECKING:
    from eval_suite.importing.conversion import Fit

_FOLDER = click.Path(path_type=Path)
_split = click.option(
    "--split",
    type=click.Choice(("train", "valid", "test", "all")),
    default="test",
    show_default=True,
    help="Part of the dataset.",
)
_jobs = click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="How many to work on at once.  [default: all cores]",
)
_resume = click.option("--resume", is_flag=True, help="Go on where a stopped command left off.")
_force = click.option("--force", is_flag=True, help="Replace what the same command made.")


@click.group(
    cls=LazyGroup,
    commands_at={
        "truth": "eval_suite.commands.systems:truth",
        "import": "eval_suite.commands.systems:import_system",
        "list": "eval_suite.commands.systems:list_systems",
        "check": "eval_suite.commands.systems:check",
    },
    summaries={
        "truth": "Write a dataset's own recordings as a system folder.",
        "import": "Make a system folder of any folder of audio files.",
        "list": "The system folders that there are.",
        "check": "Find every fault of a system's tables and audio.",
    },
)
def systems() -> None:
    """System folders: anything that turns notes into waveforms, as files."""


@click.command()
@click.argument("dataset", type=_FOLDER)
@_split
@click.option(
    "--notes", "listed", metavar="CSV", help="The notes of a list instead: a file, or paper-100."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N by name.")
@click.option(
    "--out", type=_FOLDER, default=Path("systems/truth"), show_default=True, help="The folder."
)
@_resume
@_force
def truth(
    dataset: Path,
    split: str,
    listed: str | None,
    limit: int | None,
    out: Path,
    resume: bool,
    force: bool,
) -> None:
    """Write the recordings of DATASET, a folder or `demo`, as a system folder of kind truth.

    A recording that cannot be read is left out with a reason, and the exit code is then 3.
    """
    from eval_suite.importing.truth import TruthRequest, write_truth

    failed = write_truth(TruthRequest(dataset, out, split, listed, limit, resume, force))
    _finished(out, failed)


@click.command("import")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--as", "name", required=True, metavar="NAME", help="The system's name in tables.")
@click.option("--out", type=_FOLDER, help="The system folder.  [default: systems/NAME]")
@click.option(
    "--data",
    type=_FOLDER,
    metavar="DATASET",
    help="The dataset that the notes belong to, a folder or demo.",
)
@_split
@click.option(
    "--notes", "listed", metavar="CSV", help="Only the notes of a list: a file, or paper-100."
)
@click.option(
    "--names", type=_FOLDER, metavar="CSV", help="Which file is which note: columns file, note."
)
@click.option(
    "--fit",
    type=click.Choice(("pad-or-cut", "refuse")),
    default="pad-or-cut",
    show_default=True,
    help="What to do with other lengths than 4 s.",
)
@click.option(
    "--match-loudness",
    is_flag=True,
    help="Bring each note to the loudness (BS.1770) of the dataset's; needs --data.",
)
@_jobs
@_resume
@_force
def import_system(
    folder: Path,
    name: str,
    out: Path | None,
    data: Path | None,
    split: str,
    listed: str | None,
    names: Path | None,
    fit: Fit,
    match_loudness: bool,
    jobs: int | None,
    resume: bool,
    force: bool,
) -> None:
    """Make a system folder of the audio files below DIR.

    The note is looked for in each file's name (gen_NOTE.wav, NOTE.flac, ...), then in the names of
    its folders. Files of any rate, number of channels and bit depth become 16 kHz mono; shorter
    ones are padded with silence and longer ones cut at the end. With --data, notes of the part
    --split that have no file are reported; with --notes, those of the list.

    What was done to each note is in imported.csv, with the hashes of the files. A file that cannot
    be used is left out with a reason in system.json, and the exit code is then 3.
    """
    from eval_suite.importing.folder import ImportRequest, import_folder

    if match_loudness and data is None:
        raise click.UsageError("--match-loudness needs the dataset to match; pass --data DATASET")
    where = out or Path("systems", name)
    asked = ImportRequest(
        folder, name, where, data, split, listed, names, fit, match_loudness, jobs, resume, force
    )
    _finished(where, import_folder(asked))


@click.command("list")
@click.argument("folder", type=_FOLDER, default=Path("systems"))
def list_systems(folder: Path) -> None:
    """Print the system folders in FOLDER (default: systems), finished or not, as a table."""
    from eval_suite import text_table
    from eval_suite.importing import overview

    table = overview.table(overview.list_systems(folder))
    text_table.print_table(table, text_table.stdout_console())


@click.command()
@click.argument("folders", metavar="SYSTEM...", nargs=-1, required=True, type=_FOLDER)
@_jobs
def check(folders: tuple[Path, ...], jobs: int | None) -> None:
    """Print every fault of the SYSTEMs' tables and audio, a line each; exit 3 if there is one."""
    from eval_suite.importing.check import check_all

    total = 0
    for folder, faults in check_all(folders, jobs):
        total += len(faults)
        for fault in faults:
            click.echo(str(fault))
        if not faults:
            click.echo(f"{folder}: no faults")
    if total:
        counted = f"{total:,} fault{'s' if total > 1 else ''}"
        raise CheckFailed(f"{counted}, listed above; make or import the notes named again")


def _finished(out: Path, failed: int) -> None:
    """Print the folder; raise CheckFailed when some of its files could not be used."""
    click.echo(out)
    if failed:
        counted = "1 file" if failed == 1 else f"{failed:,} files"
        raise CheckFailed(
            f"{out}: {counted} could not be used, listed in system.json under 'failed'; all other "
            "notes are there"
        )
