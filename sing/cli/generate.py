"""`sing generate`, `sing reconstruct` and `sing stream`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sing.notes import Note

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)
_AUDIO = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif")

_run = click.argument("run_name", metavar="RUN")
_split = click.option(
    "--split", type=click.Choice(("train", "valid", "test")), help="The notes of this part."
)
_notes = click.option(
    "--notes",
    "listed",
    metavar="CSV",
    help="The notes of a file with a column 'note', or of paper-100.",
)
_limit = click.option("--limit", type=click.IntRange(1), help="Only the first notes by name.")
_device = click.option("--device", help="cpu, cuda or cuda:N; a GPU when there is one.")
_force = click.option("--force", is_flag=True, help="Replace what is there.")
_folder = click.option(
    "--out", type=_PATH, required=True, help="The system folder, such as systems/NAME."
)


def _batch_options(command: _Command) -> _Command:
    """Add --batch-size, --device, --limit, --resume and --force."""
    resume = click.option("--resume", is_flag=True, help="Go on with an unfinished folder.")
    size = click.option(
        "--batch-size",
        type=click.IntRange(1, 65_536),
        default=8,
        show_default=True,
        help="Notes at once.",
    )
    for option in (_force, resume, _limit, _device, size):
        command = option(command)
    return command


def _key_options(command: _Command) -> _Command:
    """Add --instrument, --pitch and --velocity."""
    velocity = click.option("--velocity", type=int, help="MIDI velocity: 25, 50, 75, 100 or 127.")
    pitch = click.option("--pitch", type=int, help="MIDI pitch: 60 is middle C.")
    instrument = click.option("--instrument", help="An instrument's name, see sing info RUN.")
    for option in (velocity, pitch, instrument):
        command = option(command)
    return command


def _note(instrument: str | None, pitch: int | None, velocity: int | None) -> Note | None:
    """The note that the three options name; None when none of them is given."""
    from sing.notes import Note

    if instrument is None and pitch is None and velocity is None:
        return None
    if instrument is None or pitch is None or velocity is None:
        raise click.UsageError("--instrument, --pitch and --velocity go together; give all three")
    return Note(instrument, pitch, velocity)


@contextlib.contextmanager
def _pipe_that_may_close(raw: IO[bytes]) -> Iterator[None]:
    """End quietly when the reader of standard output goes away; name a full disk."""
    from sing import files

    try:
        yield
    except OSError as error:
        # Python writes what is left in the buffer when it exits, and would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), raw.fileno())
        if not isinstance(error, BrokenPipeError):
            raise files.readable(error, Path("standard output")) from error


@click.command()
@_run
@_split
@_notes
@_key_options
@click.option(
    "--out",
    type=_PATH,
    required=True,
    help="The system folder, such as systems/NAME; or NAME.wav for a single note.",
)
@_batch_options
def generate(
    run_name: str,
    split: str | None,
    listed: str | None,
    instrument: str | None,
    pitch: int | None,
    velocity: int | None,
    out: Path,
    batch_size: int,
    device: str | None,
    limit: int | None,
    resume: bool,
    force: bool,
) -> None:
    """Generate notes with RUN, a run folder or `demo`, into a system folder.

    Give one of --split, --notes, or --instrument with --pitch and --velocity. A stopped command
    goes on with --resume, to the same bytes.
    """
    from sing.generate.folder import Order, write_generated, write_single
    from sing.generate.selection import choose_notes, find_run, warn_unfinished
    from sing.processes import pick_device

    single = _note(instrument, pitch, velocity)
    if sum(given is not None for given in (split, listed, single)) != 1:
        raise click.UsageError(
            "give the notes by --split, by --notes, or by --instrument, --pitch and --velocity"
        )
    if out.suffix.lower() in _AUDIO and (single is None or out.suffix.lower() != ".wav"):
        raise click.UsageError(
            f"--out {out}: name a .wav file for one note, or a folder for a system of notes"
        )
    where = pick_device(device)
    run = find_run(run_name)
    warn_unfinished(run)
    if single is not None and out.suffix.lower() == ".wav":
        click.echo(write_single(run, single, out, where, force))
        return
    notes = [single] if single is not None else choose_notes(run, split, listed, limit)
    click.echo(write_generated(Order(run, notes, out, batch_size, where, resume, force)))


@click.command()
@_run
@_split
@_notes
@click.option("--data", type=_PATH, help="The dataset; that of the run if left out.")
@_folder
@_batch_options
def reconstruct(
    run_name: str,
    split: str | None,
    listed: str | None,
    data: Path | None,
    out: Path,
    batch_size: int,
    device: str | None,
    limit: int | None,
    resume: bool,
    force: bool,
) -> None:
    """Pass recorded notes through the autoencoder of RUN: Table 1's autoencoder rows.

    Without --split and --notes the notes of the test part. The decoder is that of phase one,
    before fine tuning changed it (Section 4.3).
    """
    from sing.generate.folder import Order, write_reconstructed
    from sing.generate.selection import choose_notes, find_run
    from sing.processes import pick_device

    if split is not None and listed is not None:
        raise click.UsageError("--split and --notes are two ways to name the notes; give one")
    where = pick_device(device)
    run = find_run(run_name)
    notes = choose_notes(run, split, listed, limit)
    order = Order(run, notes, out, batch_size, where, resume, force)
    click.echo(write_reconstructed(order, data))


@click.command()
@_run
@_key_options
@click.option(
    "--out",
    default="-",
    metavar="FILE",
    help="A wav file; else raw samples to standard output.",
)
@_device
@_force
def stream(
    run_name: str,
    instrument: str | None,
    pitch: int | None,
    velocity: int | None,
    out: str,
    device: str | None,
    force: bool,
) -> None:
    """Generate one note with RUN, 256 samples at a time, as soon as they are final.

    Standard output gets raw 16-bit samples at 16 kHz: pipe it to aplay -f S16_LE -r 16000. The
    time to the first block and the real-time factor are printed at the end.
    """
    from sing.generate.playback import stream_raw, stream_wav
    from sing.generate.selection import find_run, warn_unfinished
    from sing.processes import pick_device

    note = _note(instrument, pitch, velocity)
    if note is None:
        raise click.UsageError("give the note by --instrument, --pitch and --velocity")
    raw = sys.stdout.buffer
    if out == "-" and raw.isatty():
        raise click.UsageError(
            "these are no letters for a terminal; pipe them to aplay -f S16_LE -r 16000, or give "
            "--out NOTE.wav"
        )
    where = pick_device(device)
    run = find_run(run_name)
    warn_unfinished(run)
    if out == "-":
        with _pipe_that_may_close(raw):
            stream_raw(run, note, raw, where)
    else:
        click.echo(stream_wav(run, note, Path(out), where, force))
