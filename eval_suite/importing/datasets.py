"""The notes of a dataset that a command is asked for: a part of its split, or those of a list."""

from __future__ import annotations

from sing.data.nsynth import Dataset
from sing.data.split import split_of
from sing.errors import SingError
from sing.generate.selection import listed_notes
from sing.notes import Note


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
