"""What a study is made of: the systems that study.toml names, and the notes that are heard."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from listening_app.settings import STUDY_TOML, Settings
from sing import files
from sing.data.nsynth import EXAMPLES, Dataset, open_dataset
from sing.data.packed import is_pack
from sing.errors import SingError
from sing.notes import Note, parse_lines
from sing.systems import System, read_system

PAPER_NOTES = "paper-100"
DEMO = "demo"


@dataclass(frozen=True)
class Source:
    """A system as study.toml names it: a system folder, or a dataset as the ground truth."""

    name: str
    origin: System | Dataset

    @property
    def notes(self) -> frozenset[Note]:
        """The notes that it has."""
        return frozenset(self.origin.notes)

    def waveform(self, note: Note) -> NDArray[np.float32]:
        """The note's waveform [64000]. Raises SingError when its file is missing or broken."""
        if isinstance(self.origin, System):
            return self.origin.waveform(note)
        waveform: NDArray[np.float32] = self.origin.waveforms([note])[0]
        return waveform

    def digest(self, notes: tuple[Note, ...]) -> str:
        """The SHA-256 of the notes' names and samples."""
        hashed = hashlib.sha256()
        for note in notes:
            hashed.update(note.name.encode() + self.waveform(note).astype("<f4").tobytes())
        return hashed.hexdigest()


@dataclass(frozen=True)
class Chosen:
    """The notes of a study: of its main trials, and of practice and controls.

    The two share no note unless the systems have no others.
    """

    main: tuple[Note, ...]
    other: tuple[Note, ...]


def open_sources(folder: Path, settings: Settings) -> dict[str, Source]:
    """The systems by name. Raises SingError when a folder holds no system and no dataset."""
    return {
        name: Source(name, _open(folder, name, where)) for name, where in settings.systems.items()
    }


def choose_notes(folder: Path, settings: Settings, sources: Mapping[str, Source]) -> Chosen:
    """The notes of the list, or as many as asked for, drawn from those that all systems have.

    Raises SingError when a system lacks a listed note, or when there are too few in common.
    """
    common = frozenset.intersection(*(source.notes for source in sources.values()))
    rng = random.Random(f"{settings.seed} notes")
    if settings.notes.list:
        main = _listed(folder, settings.notes.list)
        _check_present(folder, settings.notes.list, main, sources)
    else:
        if len(common) < settings.notes.count:
            raise SingError(
                f"{folder / STUDY_TOML}: notes.count = {settings.notes.count}: the systems have "
                f"{len(common)} notes in common; ask for fewer, or generate more"
            )
        main = rng.sample(_sorted(common), settings.notes.count)
    rest = _sorted(common.difference(main))
    wanted = settings.practice.trials + 2 * settings.controls.gold + settings.controls.traps
    # A single other note would be heard twice in a row.
    other = rng.sample(rest, min(max(wanted, 2), len(rest))) if len(rest) > 1 else main
    return Chosen(tuple(_sorted(main)), tuple(_sorted(other)))


def _open(folder: Path, name: str, where: str) -> System | Dataset:
    path = folder / where
    place = f"{folder / STUDY_TOML}: systems.{name}"
    if (path / "system.json").is_file():
        return read_system(path)
    if (path / EXAMPLES).is_file() or is_pack(path):
        return open_dataset(path)
    if (path / "config.toml").is_file():
        raise SingError(
            f"{place}: {path} is a run, not a system; make its sounds first: sing generate"
        )
    if where == DEMO:
        from sing.data.demo import demo_dataset  # scipy.signal is slow to load

        return open_dataset(demo_dataset())
    raise SingError(
        f"{place}: {path} is neither a system folder (system.json) nor a dataset ({EXAMPLES}); "
        "the path is seen from the study's folder"
    )


def _listed(folder: Path, source: str) -> list[Note]:
    if source == PAPER_NOTES:
        path = Path(str(resources.files("sing"))) / "configs" / "paper_100_notes.txt"
    else:
        path = folder / source
    if path.suffix == ".csv":
        names = [row["note"] for row in files.read_csv(path, ("note",))]
        first = 2
    else:
        names = _lines(path)
        first = 1
    notes = parse_lines(names, path, first)
    if len(notes) < 2:
        raise SingError(f"{path}: {len(notes)} notes; a study needs two or more")
    return notes


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split()
    except FileNotFoundError:
        raise SingError(f"{path}: there is no such file; check notes.list") from None
    except UnicodeDecodeError as error:
        raise SingError(f"{path}: not UTF-8 ({error}); save it as text") from None
    except OSError as error:
        raise files.readable(error, path) from None


def _check_present(
    folder: Path, source: str, notes: list[Note], sources: Mapping[str, Source]
) -> None:
    for name, system in sources.items():
        missing = [note for note in notes if note not in system.notes]
        if missing:
            raise SingError(
                f"{folder / STUDY_TOML}: notes.list = {source!r}: system '{name}' lacks "
                f"{len(missing)} of its {len(notes)} notes, such as {missing[0].name}; generate "
                f'them, list others, or draw notes.count of those that all have with list = ""'
            )


def _sorted(notes: frozenset[Note] | list[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: note.name)
