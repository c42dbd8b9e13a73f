"""Sheets that are longer than there are notes: no note is heard twice in a row.

Such a sheet repeats notes, and positions that are balanced may put two of a kind side by side.
Trials change places until none do, at the least cost to the balance.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 20
TRIES = 20


Condition = tuple[int, ...]
"""A system, or a pair of systems, its order, and which of the two X is: by number."""


@dataclass(frozen=True)
class Cell:
    """A main trial before it has sounds: the number of its note, and its condition."""

    note: int
    condition: Condition


def part_equal_notes(sheets: Sequence[list[Cell]], rng: random.Random) -> None:
    """Reorder the sheets in place so that no two trials of a note are neighbours.

    Trials of one system change places among themselves where that is enough, which leaves systems
    and positions as they were; other sheets are ordered anew and then improved.
    Needs two notes or more, each in a sheet at most once more often than any other.
    """
    stuck = [cells for cells in sheets if not _exchange_within_systems(cells, rng)]
    if not stuck:
        return
    for cells in stuck:
        _interleave(cells, rng)
    placed = Counter(
        (position, cell.condition[0]) for cells in sheets for position, cell in enumerate(cells)
    )
    for _ in range(SWEEPS):
        swaps = [_improve(cells, placed, rng) for cells in sheets]
        if not any(swaps):
            return


def _exchange_within_systems(cells: list[Cell], rng: random.Random) -> bool:
    """Exchange cells of one system until no note follows itself; False when that is not found."""
    meetings = _meetings(cells)
    for _ in range(TRIES * len(cells)):
        if not meetings:
            return True
        position = rng.choice([p for p in range(1, len(cells)) if _meetings(cells[p - 1 : p + 1])])
        position -= rng.randrange(2)
        system = cells[position].condition[0]
        other = rng.choice([p for p, cell in enumerate(cells) if cell.condition[0] == system])
        cells[position], cells[other] = cells[other], cells[position]
        found = _meetings(cells)
        if found <= meetings or rng.random() < 0.1:  # a step back now and then leads out of a trap
            meetings = found
        else:
            cells[position], cells[other] = cells[other], cells[position]
    return not meetings


def _meetings(cells: Sequence[Cell]) -> int:
    """How often a note follows itself."""
    return sum(one.note == other.note for one, other in pairwise(cells))


def _interleave(cells: list[Cell], rng: random.Random) -> None:
    """Put the cells into an order without meetings: the note with most cells left goes first."""
    left: dict[int, list[Cell]] = {}
    for cell in cells:
        left.setdefault(cell.note, []).append(cell)
    last = None
    for position in range(len(cells)):
        open_notes = [note for note in left if left[note] and note != last]
        most = max(len(left[note]) for note in open_notes)
        last = rng.choice([note for note in open_notes if len(left[note]) == most])
        cells[position] = left[last].pop(0)


def _improve(cells: list[Cell], placed: Counter[tuple[int, int]], rng: random.Random) -> int:
    """Swap cells where systems are spread over positions more evenly then; the count of swaps."""
    swaps = 0
    order = [(one, other) for other in range(len(cells)) for one in range(other)]
    rng.shuffle(order)
    for one, other in order:
        first, second = cells[one].condition[0], cells[other].condition[0]
        if first == second:
            continue
        # Moving one from a count of m to one of n changes the sum of squares by 2 (n - m + 1).
        gain = placed[one, first] - placed[one, second] + placed[other, second]
        gain -= placed[other, first]
        if gain <= 2:
            continue
        cells[one], cells[other] = cells[other], cells[one]
        if _meetings(cells[max(0, one - 1) : one + 2]) or _meetings(
            cells[max(0, other - 1) : other + 2]
        ):
            cells[one], cells[other] = cells[other], cells[one]
            continue
        placed.subtract([(one, first), (other, second)])
        placed.update([(one, second), (other, first)])
        swaps += 1
    return swaps
