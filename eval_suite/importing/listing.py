"""What a folder of outputs holds: which file is which note, and which are doubled or neither."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eval_suite.importing.names import EXAMPLE, NoteFinder
from sing import files
from sing.errors import SingError
from sing.notes import Note

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif")
"""The kinds of file that are looked at, in upper or lower case."""


@dataclass(frozen=True)
class SourceFile:
    """One file to import: where it is, what to call it in reports, and its note."""

    path: Path
    shown: str
    note: Note
    repaired: bool = False


@dataclass(frozen=True)
class Listing:
    """The files to import, sorted by note; `copies` are equal to one of them byte for byte."""

    sources: tuple[SourceFile, ...]
    unrecognised: dict[str, str]
    copies: tuple[str, ...]


def list_folder(folder: Path, finder: NoteFinder, leave_out: Path) -> Listing:
    """Find the notes of all audio files below `folder`, without those below `leave_out`.

    Raises SingError when there is no such folder, no file with a note in its name, or two
    different files for one note.
    """
    require_folder(folder)
    found, unrecognised = [], {}
    for path in sorted(_audio_files(folder, leave_out.resolve())):
        shown = shown_name(path.relative_to(folder))
        try:
            named = finder.find(path.relative_to(folder))
        except SingError as error:
            unrecognised[shown] = str(error)
            continue
        found.append(SourceFile(path, shown, named.note, named.repaired))
    if not found:
        raise SingError(_nothing_found(folder, unrecognised))
    kept, copies = _without_copies(folder, found)
    return Listing(kept, unrecognised, copies)


def list_named(folder: Path, names: Path) -> Listing:
    """The files of a CSV with the columns file (relative to `folder`) and note.

    Raises SingError with the line for what is not a note's name, and for a note or file that is
    there twice.
    """
    require_folder(folder)
    line_of: dict[object, int] = {}
    found = []
    for line, row in enumerate(files.read_csv(names, ("file", "note")), start=2):
        try:
            note = Note.parse(row["note"])
        except SingError as error:
            raise SingError(f"{names}: line {line}: {error}") from None
        for what in (row["file"], note):
            if what in line_of:
                shown = what.name if isinstance(what, Note) else what
                raise SingError(
                    f"{names}: line {line}: {shown} is on line {line_of[what]} already; remove one"
                )
            line_of[what] = line
        found.append(SourceFile(folder / row["file"], row["file"], note))
    if not any(source.path.is_file() for source in found):
        raise SingError(
            f"{names}: none of its {len(found):,} files is in {folder}; write the paths in the "
            "column 'file' as seen from that folder"
        )
    return Listing(_by_note(found), {}, ())


def require_folder(folder: Path) -> None:
    """Raise SingError unless `folder` is one."""
    if not folder.exists():
        raise SingError(f"{folder}: there is no such folder; check the path")
    if not folder.is_dir():
        raise SingError(f"{folder}: a file; give the folder that it is in")


def shown_name(path: Path) -> str:
    """A path as text that can be written as UTF-8, whatever bytes its names are made of."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _audio_files(folder: Path, leave_out: Path) -> Iterator[Path]:
    """Files with an audio suffix; hidden ones (such as ._x.wav of a Mac's archives) are not."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and Path(parent, name).resolve() != leave_out
        ]
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(parent, name)


def _nothing_found(folder: Path, unrecognised: dict[str, str]) -> str:
    if not unrecognised:
        return f"{folder}: no audio file in it ({', '.join(SUFFIXES)}); check the path"
    example, reason = next(iter(unrecognised.items()))
    return (
        f"{folder}: no file with a note's name, such as {EXAMPLE}; found {example} ({reason}); "
        "rename the files, or list them with --names CSV"
    )


def _without_copies(
    folder: Path, found: Iterable[SourceFile]
) -> tuple[tuple[SourceFile, ...], tuple[str, ...]]:
    """One file a note, and the others that equal it. Raises SingError when two differ."""
    of_note: dict[Note, list[SourceFile]] = {}
    for source in found:
        of_note.setdefault(source.note, []).append(source)
    different, copies = [], []
    for first, *others in of_note.values():
        differing = [other for other in others if not _equal(first.path, other.path)]
        different += [(first, other) for other in differing[:1]]
        copies += [other.shown for other in others]
    if different:
        first, other = different[0]
        counted = "a note has" if len(different) == 1 else f"{len(different):,} notes have"
        raise SingError(
            f"{folder}: {counted} two files that differ, {first.note.name}: {first.shown} and "
            f"{other.shown}; remove one, or list the right ones with --names CSV"
        )
    return _by_note(sources[0] for sources in of_note.values()), tuple(sorted(copies))


def _equal(first: Path, other: Path) -> bool:
    if not (first.is_file() and other.is_file()):
        return False
    if first.stat().st_size != other.stat().st_size:
        return False
    return files.sha256(first) == files.sha256(other)


def _by_note(sources: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    return tuple(sorted(sources, key=lambda source: source.note.name))
