"""Balanced sheets: which rater hears which note of which system, at which position.

Counts differ by at most one: of stimuli over any number of first sheets, of systems within a
sheet, of positions over stimuli and over systems, and of the orders A B and B A (decisions/0014).
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from listening_app.equitable import Grouping, equitable_colouring
from listening_app.spacing import Cell, Condition, part_equal_notes


@dataclass(frozen=True)
class Plan:
    """The size of a study: of `notes` notes, conditions (systems, pairs of them), and sheets.

    `choices` are the numbers of values of each part of a condition: (3,) for three systems,
    (3, 2) for three pairs in two orders, (3, 2, 2) when X is A or B besides.
    """

    notes: int
    choices: tuple[int, ...]
    trials_per_sheet: int
    ratings: int
    surplus: float

    @property
    def needed_sheets(self) -> int:
        """So many finished sheets, the first ones, give every stimulus its ratings."""
        return math.ceil(self._trials / self.trials_per_sheet)

    @property
    def sheets(self) -> int:
        """How many sheets are drawn."""
        return math.ceil(self._trials * (1 + self.surplus) / self.trials_per_sheet)

    @property
    def _trials(self) -> int:
        return self.notes * self.choices[0] * self.ratings


def draw_sheets(plan: Plan, rng: random.Random) -> list[list[Cell]]:
    """The main trials of each sheet, in order.

    Raises ValueError when a sheet is longer than there are notes times systems (or pairs).
    """
    length = plan.trials_per_sheet
    if length > plan.notes * plan.choices[0] or plan.notes < 2:
        raise ValueError(f"{length} trials a sheet of {plan.notes} notes x {plan.choices[0]}")
    notes = _deal_notes(plan, rng)
    sheet = [number // length for number in range(len(notes))]
    conditions = _conditions(plan, notes, sheet, rng)
    positions = _positions(plan, notes, sheet, conditions, rng)
    sheets: list[list[Cell]] = [[] for _ in range(plan.sheets)]
    for item in sorted(range(len(notes)), key=lambda item: (sheet[item], positions[item])):
        sheets[sheet[item]].append(Cell(notes[item], conditions[item]))
    if length > plan.notes:
        part_equal_notes(sheets, rng)
    return sheets


def _deal_notes(plan: Plan, rng: random.Random) -> list[int]:
    """The notes of all trials, sheet after sheet: shuffled rounds of all notes.

    Where a round begins within a sheet, notes that the sheet has least often come first, so that
    a sheet repeats a note only when it has had them all.
    """
    length = plan.trials_per_sheet
    dealt: list[int] = []
    while len(dealt) < plan.sheets * length:
        round_of_notes = list(range(plan.notes))
        rng.shuffle(round_of_notes)
        heard = len(dealt) % length
        had = Counter(dealt[len(dealt) - heard :])
        first = sorted(round_of_notes, key=lambda note: had[note])[: (length - heard) % length]
        rest = [note for note in round_of_notes if note not in set(first)]
        dealt += [*first, *rest]
    return dealt[: plan.sheets * length]


def _conditions(
    plan: Plan, notes: Sequence[int], sheet: Sequence[int], rng: random.Random
) -> list[Condition]:
    """A condition for each trial, drawn part by part."""
    conditions: list[Condition] = [() for _ in notes]
    for colours in plan.choices:
        stimuli = list(zip(notes, conditions, strict=True))
        turns = [turn // colours for turn in _turns(stimuli)]
        right: list[Grouping] = [
            list(zip(stimuli, turns, strict=True)),
            stimuli,
            *_beginnings(conditions),
        ]
        left: list[Grouping] = [
            *(list(zip(sheet, group, strict=True)) for group in _beginnings(conditions)),
            [0] * len(notes),
        ]
        if not conditions[0]:  # nobody hears a stimulus twice
            left.insert(0, list(zip(sheet, notes, strict=True)))
        start = [rng.randrange(colours) for _ in notes]
        part = equitable_colouring(left, right, start, colours, rng)
        conditions = [(*old, value) for old, value in zip(conditions, part, strict=True)]
    return conditions


def _positions(
    plan: Plan,
    notes: Sequence[int],
    sheet: Sequence[int],
    conditions: Sequence[Condition],
    rng: random.Random,
) -> list[int]:
    """A position from 0 for each trial, every one once in a sheet."""
    length = plan.trials_per_sheet
    start: list[int] = []
    for _ in range(plan.sheets):
        start += rng.sample(range(length), length)
    right: list[Grouping] = [list(zip(notes, conditions, strict=True)), *_beginnings(conditions)]
    return equitable_colouring([sheet], right, start, length, rng)


def _beginnings(conditions: Sequence[Condition]) -> list[list[Condition]]:
    """Groups by whole conditions, by all but the last part, and so on down to one of all."""
    depth = len(conditions[0])
    return [[condition[:cut] for condition in conditions] for cut in range(depth, -1, -1)]


def _turns(groups: Sequence[Hashable]) -> list[int]:
    """For each item how many of its group came before it."""
    seen: Counter[Hashable] = Counter()
    turns = []
    for group in groups:
        turns.append(seen[group])
        seen[group] += 1
    return turns
