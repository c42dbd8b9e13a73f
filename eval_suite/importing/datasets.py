"""The dataset that a command is given: a folder, or `demo` for the embedded one, and its notes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sing.data.nsynth import Dataset, open_dataset
from sing.data.split import split_of
from sing.errors import SingError
from sing.generate.selection import listed_notes
from sing.notes import Note
from sing.run import DEMO


@dataclass(frozen=True)
class NamedDataset:
    """An open dataset, and how a system records that it belongs to it: a path, or `demo`."""

    dataset: Dataset
    recorded: str


def open_named_dataset(folder: Path) -> NamedDataset:
    """The dataset in a folder, or the embedded one for `demo` where there is no such folder."""
    if folder == Path(DEMO) and not folder.exists():
        from sing.data.demo import demo_dataset  # scipy.signal is slow to load

        return NamedDataset(open_dataset(demo_dataset()), DEMO)
    return NamedDataset(open_dataset(folder), str(folder.resolve()))


def part_of_dataset(dataset: Dataset, part: str) -> tuple[Note, ...]:
    """The notes of train, valid or test, or all, sorted by name. Raises SingError for none."""
    notes = dataset.notes if part == "all" else split_of(dataset).part(part)
    if not notes:
        raise SingError(f"{dataset.folder}: no {part} notes in its split; choose another --split")
    return notes


def listed_in_dataset(dataset: Dataset, listed: str) -> tuple[Note, ...]:
    """The notes of a list, sorted by name. Raises SingError for one that the dataset lacks."""
    notes = listed_notes(listed)
    lacking = [note.name for note in notes if note not in dataset]
    if lacking:
        raise SingError(
            f"{listed}: {len(lacking):,} notes are not in {dataset.folder}, such as {lacking[0]}; "
            "remove them, or give the dataset that has them"
        )
    return tuple(sorted(notes, key=lambda note: note.name))
