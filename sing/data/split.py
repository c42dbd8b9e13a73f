"""Splits for pitch completion (Section 5.1): which (instrument, pitch) pairs a model never hears.

A pair is held out with all its velocities, so no pair is ever on two sides.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sing import files, log
from sing.data.nsynth import Dataset
from sing.data.packed import SUFFIX as PACK_SUFFIX
from sing.errors import SingError, suggestion
from sing.notes import Note

SPLITS = ("train", "valid", "test")

Policy = Literal["paper", "reference"]

DEFAULT_SEED = 42

_COLUMNS = ("note", "split")


@dataclass(frozen=True)
class Split:
    """The notes of each part, sorted by name."""

    train: tuple[Note, ...]
    valid: tuple[Note, ...]
    test: tuple[Note, ...]

    def part(self, name: str) -> tuple[Note, ...]:
        """The notes of `train`, `valid` or `test`. Raises SingError for another name."""
        if name not in SPLITS:
            raise SingError(f"split '{name}': there is none; {suggestion(name, SPLITS)}")
        notes: tuple[Note, ...] = getattr(self, name)
        return notes


@dataclass(frozen=True)
class Unseen:
    """Pitches and instruments of valid or test that never occur in train; empty when all do."""

    pitches: tuple[int, ...]
    instruments: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.pitches or self.instruments)


def make_split(notes: Iterable[Note], policy: Policy = "paper", seed: int = DEFAULT_SEED) -> Split:
    """Split notes in the way of the paper or of its public code; the order of `notes` is nothing.

    `paper`: of each instrument's n distinct pitches, n / 10 rounded half up, but at least one if
    there are two, go to test; valid is empty (decisions/0002). The draw is seeded per instrument,
    and a pitch that would be left in no training note is passed over while there is another.
    `reference`: each pair, in the order of the names, goes to valid, to test (10 % each) or to
    train by one draw of one generator.
    """
    ordered = _by_name(notes)
    part_of = _reference_parts(ordered, seed) if policy == "reference" else _paper(ordered, seed)
    return _collect((note, part_of.get(note.pair, "train")) for note in ordered)


def held_out_count(pitches: int) -> int:
    """How many of an instrument's distinct pitches the paper's policy holds out."""
    return max((pitches + 5) // 10, min(pitches - 1, 1))


def _paper(notes: list[Note], seed: int) -> dict[tuple[str, int], str]:
    pitches_of: dict[str, set[int]] = {}
    for note in notes:
        pitches_of.setdefault(note.instrument, set()).add(note.pitch)
    in_training = Counter(pitch for pitches in pitches_of.values() for pitch in pitches)
    part_of = {}
    for instrument in sorted(pitches_of):
        order = sorted(pitches_of[instrument])
        random.Random(f"{seed}/{instrument}").shuffle(order)
        # A stable sort: pitches that another instrument still trains on come first, as drawn.
        order.sort(key=lambda pitch: in_training[pitch] < 2)
        for pitch in order[: held_out_count(len(order))]:
            in_training[pitch] -= 1
            part_of[instrument, pitch] = "test"
    return part_of


def _reference_parts(notes: list[Note], seed: int) -> dict[tuple[str, int], str]:
    generator = random.Random(seed)
    part_of = {}
    for pair in dict.fromkeys(note.pair for note in notes):
        draw = generator.random()
        part_of[pair] = "valid" if draw < 0.1 else "test" if draw < 0.2 else "train"
    return part_of


def unseen(split: Split) -> Unseen:
    """The pitches and instruments that a model would be asked for without having heard them."""
    held = (*split.valid, *split.test)
    pitches = {note.pitch for note in held} - {note.pitch for note in split.train}
    instruments = {note.instrument for note in held} - {note.instrument for note in split.train}
    return Unseen(tuple(sorted(pitches)), tuple(sorted(instruments)))


def warn_unseen(split: Split) -> Unseen:
    """Log a warning that names what of valid and test never occurs in train, and return it."""
    found = unseen(split)
    if found.pitches:
        log.warning("held out but never in training, pitches: %s", _listed(found.pitches))
    if found.instruments:
        log.warning("held out but never in training, instruments: %s", _listed(found.instruments))
    return found


def split_path(dataset_folder: Path) -> Path:
    """Where a dataset's split lies: X.split.csv beside X, also for its pack X.pack."""
    folder = dataset_folder if dataset_folder.name else Path(os.path.abspath(dataset_folder))
    return folder.parent / (folder.name.removesuffix(PACK_SUFFIX) + ".split.csv")


def write_split(path: Path, split: Split) -> None:
    """Write a split as CSV (columns note, split), its rows sorted by note."""
    part_of = {note.name: part for part in SPLITS for note in split.part(part)}
    files.write_csv(path, _COLUMNS, ({"note": n, "split": part_of[n]} for n in sorted(part_of)))


def read_split(path: Path) -> Split:
    """Read a split file.

    Raises SingError with the line for a doubled note, an unknown split, or a note whose
    (instrument, pitch) is on another side already.
    """
    part_of: dict[tuple[str, int], tuple[str, int]] = {}
    line_of: dict[Note, int] = {}
    placed = []
    for line, row in enumerate(files.read_csv(path, _COLUMNS), start=2):
        part = row["split"]
        try:
            note = Note.parse(row["note"])
        except SingError as error:
            raise SingError(f"{path}: line {line}: {error}") from None
        if part not in SPLITS:
            raise SingError(f"{path}: line {line}: no split '{part}'; {suggestion(part, SPLITS)}")
        if note in line_of:
            raise SingError(
                f"{path}: line {line}: {note.name} is on line {line_of[note]} already; remove one"
            )
        side, first = part_of.setdefault(note.pair, (part, line))
        if side != part:
            raise SingError(
                f"{path}: line {line}: {note.name} is in {part}, but line {first} puts pitch "
                f"{note.pitch} of {note.instrument} in {side}; keep all its velocities together"
            )
        line_of[note] = line
        placed.append((note, part))
    return _collect(placed)


def split_of(dataset: Dataset) -> Split:
    """The split beside the dataset, or else the paper's policy with seed 42; warns as it must.

    Raises SingError when the file holds a note that the dataset lacks.
    """
    path = split_path(dataset.folder)
    if path.exists():
        split = read_split(path)
        log.info("%s: the split of this file", path)
        _match(path, split, dataset)
    else:
        split = make_split(dataset.notes)
    warn_unseen(split)
    return split


def _match(path: Path, split: Split, dataset: Dataset) -> None:
    placed = [note for part in SPLITS for note in split.part(part)]
    foreign = [note.name for note in placed if note not in dataset]
    if foreign:
        raise SingError(
            f"{path}: {len(foreign):,} notes are not in {dataset.folder}, such as {foreign[0]}; "
            "make the split again with sing data split --force"
        )
    left_out = len(dataset.notes) - len(placed)
    if left_out:
        log.warning("%s: %s notes of %s are in no part", path, f"{left_out:,}", dataset.folder)


def _collect(placed: Iterable[tuple[Note, str]]) -> Split:
    parts: Mapping[str, list[Note]] = {name: [] for name in SPLITS}
    for note, part in placed:
        parts[part].append(note)
    return Split(*(tuple(_by_name(parts[name])) for name in SPLITS))


def _by_name(notes: Iterable[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: note.name)


def _listed(values: tuple[int, ...] | tuple[str, ...], most: int = 12) -> str:
    rest = f" and {len(values) - most:,} more" if len(values) > most else ""
    return ", ".join(map(str, values[:most])) + rest
