"""`sing data`: datasets of notes, from fetching to packing."""

from __future__ import annotations

from pathlib import Path

import click

from sing.cli.lazy import LazyGroup
from sing.errors import CheckFailed

_FOLDER = click.Path(path_type=Path)
_force = click.option("--force", is_flag=True, help="Replace what is there.")
_jobs = click.option(
    "--jobs", type=click.IntRange(min=1), help="How many to work on at once (default: all cores)."
)


@click.group(
    cls=LazyGroup,
    commands_at={
        name: f"sing.cli.data:{name}"
        for name in ("info", "check", "fetch", "render", "split", "pack")
    },
    summaries={
        "info": "What a dataset holds: instruments, pitches, velocities, split.",
        "check": "Find every fault of a dataset's labels and audio.",
        "fetch": "Download a part of NSynth.",
        "render": "Render General MIDI instruments in NSynth's form.",
        "split": "Hold out (instrument, pitch) pairs (Section 5.1).",
        "pack": "Decode the audio once into a file that training reads fast.",
    },
)
def data() -> None:
    """Datasets of notes in the form of NSynth's json/wav release."""


@click.command()
@click.argument("dataset", type=_FOLDER)
def info(dataset: Path) -> None:
    """Print what DATASET holds: notes by family, source and split, pitches, velocities, size."""
    from sing.data.describe import describe
    from sing.data.nsynth import open_dataset

    for line in describe(open_dataset(dataset)):
        click.echo(line)


@click.command()
@click.argument("dataset", type=_FOLDER)
@_jobs
@click.option("--limit", type=click.IntRange(min=1), help="Only the first notes by name.")
def check(dataset: Path, jobs: int | None, limit: int | None) -> None:
    """Print every fault of DATASET's labels and audio, a line each; exit 3 if there is one."""
    from sing.data.check import check as find_faults

    faults = find_faults(dataset, jobs=jobs, limit=limit)
    for fault in faults:
        click.echo(str(fault))
    if faults:
        counted = f"{len(faults):,} fault{'s' if len(faults) > 1 else ''}"
        raise CheckFailed(f"{dataset}: {counted}, listed above; mend or remove the files named")
    click.echo(f"{dataset}: no faults")


@click.command()
@click.argument("part", metavar="nsynth-train|nsynth-valid|nsynth-test")
@click.option(
    "--out", type=_FOLDER, default=Path("data"), show_default=True, help="Folder of datasets."
)
@click.option("--url", help="Another address of the same archive, such as a mirror's.")
@_force
def fetch(part: str, out: Path, url: str | None, force: bool) -> None:
    """Download and unpack a part of NSynth into OUT; run again to go on after a cut."""
    from sing.data.fetch import fetch as fetch_part

    click.echo(fetch_part(part, out, url=url, force=force))


@click.command()
@click.option("--out", type=_FOLDER, help="The dataset's folder (default: data/SIZE).")
@click.option(
    "--size",
    default="demo",
    show_default=True,
    help="tests (260 notes), demo (3,920) or large (about 15,700).",
)
@click.option("--soundfont", type=_FOLDER, help="A General MIDI .sf2 file instead of TimGM6mb.")
@_jobs
@_force
def render(
    out: Path | None, size: str, soundfont: Path | None, jobs: int | None, force: bool
) -> None:
    """Render General MIDI instruments in NSynth's form; run again to go on after a stop."""
    from sing.data.demo import render_dataset

    folder = out or Path("data", size)
    click.echo(render_dataset(folder, size=size, soundfont=soundfont, jobs=jobs, force=force))


@click.command()
@click.argument("dataset", type=_FOLDER)
@click.option(
    "--policy",
    type=click.Choice(["paper", "reference"]),
    default="paper",
    show_default=True,
    help="The paper's 10 % of each instrument's pitches, or its public code's three sets.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=42, show_default=True, help="The draw's seed."
)
@click.option("--out", type=_FOLDER, help="The file (default: DATASET.split.csv).")
@_force
def split(dataset: Path, policy: str, seed: int, out: Path | None, force: bool) -> None:
    """Hold out (instrument, pitch) pairs of DATASET, all velocities together."""
    from sing import files
    from sing.data.describe import describe_split
    from sing.data.nsynth import open_dataset
    from sing.data.split import Policy, make_split, split_path, warn_unseen, write_split

    chosen: Policy = "reference" if policy == "reference" else "paper"
    path = out or split_path(dataset)
    if path.is_dir():
        raise click.UsageError(f"--out {path} is a folder; give a file")
    if path.suffix != ".csv":
        raise click.UsageError(f"--out {path} is not the name of a .csv file; give one")
    opened = open_dataset(dataset)
    files.check_file(path, force)
    parts = make_split(opened.notes, chosen, seed)
    write_split(path, parts)
    warn_unseen(parts)
    for line in describe_split(parts):
        click.echo(line)
    click.echo(path)


@click.command()
@click.argument("dataset", type=_FOLDER)
@_jobs
@_force
def pack(dataset: Path, jobs: int | None, force: bool) -> None:
    """Decode DATASET's audio into DATASET.pack; run again to go on after a stop."""
    from sing.data.nsynth import open_dataset
    from sing.data.pack import pack as pack_dataset

    click.echo(pack_dataset(open_dataset(dataset, prefer_pack=False), force=force, jobs=jobs))
