"""Who rates which note: the layouts of listening studies, for simulation and planning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Design:
    """The ratings that one system gets: participant and note of each, as numbers from 0, [T]."""

    participant: NDArray[np.int64]
    note: NDArray[np.int64]

    @property
    def ratings(self) -> int:
        """How many ratings there are, T."""
        return len(self.participant)

    @property
    def participants(self) -> int:
        """How many participants there are, those without a rating between others included."""
        return int(self.participant.max(initial=-1)) + 1

    @property
    def notes(self) -> int:
        """How many notes there are."""
        return int(self.note.max(initial=-1)) + 1


def crossed(participants: int, notes: int) -> Design:
    """Every participant rates every note, as 60 workers may have done in Section 5.3."""
    _check(participants, notes)
    first, second = np.indices((participants, notes)).reshape(2, -1)
    return Design(first, second)


def crowd(participants: int, notes: int, notes_each: int, seed: int) -> Design:
    """A crowd: every participant rates `notes_each` notes, which are used equally often."""
    _check(participants, notes, notes_each)
    return _dealt(np.full(participants, notes_each), notes, seed)


def skewed(participants: int, notes: int, ratings: int, seed: int) -> Design:
    """A crowd in which few participants do most of the work: the k-th does 1 / k of the first's.

    About `ratings` ratings in all; each participant rates a note at most once, and at least one.
    """
    _check(participants, notes)
    if not participants <= ratings <= participants * notes:
        raise ValueError(f"{ratings} ratings: expected {participants} to {participants * notes}")
    low, high = 1.0, float(participants * notes)
    for _ in range(60):
        first = (low + high) / 2
        notes_each = np.clip(np.round(first / np.arange(1, participants + 1)), 1, notes)
        low, high = (first, high) if notes_each.sum() < ratings else (low, first)
    return _dealt(notes_each.astype(np.int64), notes, seed)


def _dealt(notes_each: NDArray[np.int64], notes: int, seed: int) -> Design:
    """Each participant's notes are those used least so far, ties broken by chance."""
    generator = np.random.default_rng(seed)
    used = np.zeros(notes, dtype=np.int64)
    hands = []
    for count in notes_each.tolist():
        hand = np.lexsort((generator.random(notes), used))[:count]
        used[hand] += 1
        hands.append(np.sort(hand))
    first = np.repeat(np.arange(len(notes_each)), notes_each)
    return Design(first, np.concatenate(hands))


def _check(participants: int, notes: int, notes_each: int = 1) -> None:
    if participants < 1 or notes < 1 or not 1 <= notes_each <= notes:
        raise ValueError(
            f"{participants} participants, {notes} notes, {notes_each} notes each: expected at "
            "least one of each, and not more notes each than there are"
        )
