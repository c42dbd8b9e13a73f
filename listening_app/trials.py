"""Main trials of each test: which sound is in which slot, and what answer is right, if any."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from listening_app.anchors import ANCHOR
from listening_app.equitable import Grouping, equitable_colouring
from listening_app.settings import Settings
from listening_app.spacing import Cell, Condition
from listening_app.stimuli import Sound
from listening_app.study import Kind
from sing.notes import Note


@dataclass(frozen=True)
class Draft:
    """A trial whose slots hold sounds that have no file yet."""

    kind: Kind
    note: Note
    slots: tuple[tuple[str, Sound], ...]
    expected: str = ""


def compared_systems(settings: Settings) -> tuple[str, ...]:
    """The systems that are rated or chosen from: all, or all but an open reference."""
    if settings.test in ("preference", "mushra"):
        return tuple(name for name in settings.systems if name != settings.reference)
    return tuple(settings.systems)


def compared_pairs(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The pairs that a test of pairs compares: those of study.toml, or else all."""
    return settings.pairs or tuple(combinations(compared_systems(settings), 2))


def choices_of(settings: Settings) -> tuple[int, ...]:
    """How many values each part of a condition has, for `listening_app.sheets.Plan`."""
    if settings.test == "mos":
        return (len(settings.systems),)
    if settings.test == "mushra":
        return (1,)
    orders = (2, 2) if settings.test == "abx" else (2,)
    return (len(compared_pairs(settings)), *orders)


def main_trials(
    settings: Settings, sheets: Sequence[Sequence[Cell]], notes: Sequence[Note], rng: random.Random
) -> list[list[Draft]]:
    """The main trials of every sheet."""
    drafts = [[main_trial(settings, cell, notes) for cell in cells] for cells in sheets]
    return _shuffle_ratings(drafts, rng) if settings.test == "mushra" else drafts


def main_trial(settings: Settings, cell: Cell, notes: Sequence[Note]) -> Draft:
    """The trial of one note and condition."""
    note = notes[cell.note]
    if settings.test == "mos":
        system = list(settings.systems)[cell.condition[0]]
        return Draft("main", note, (("S", Sound("system", system, note)),))
    if settings.test == "mushra":
        sounds = [Sound("system", system, note) for system in compared_systems(settings)]
        sounds += [Sound("anchor", f"{ANCHOR}{name}", note) for name in settings.anchors]
        return rating_trial("main", settings.reference, note, [*sounds, None])
    one, other = compared_pairs(settings)[cell.condition[0]]
    pair = (Sound("system", one, note), Sound("system", other, note))
    return pair_trial(settings, "main", note, pair, cell.condition[1:])


def pair_trial(
    settings: Settings, kind: Kind, note: Note, pair: tuple[Sound, Sound], order: Condition
) -> Draft:
    """A trial of two sounds: `order` says whether they are swapped, and in abx which one X is."""
    a, b = reversed(pair) if order[0] else pair
    if settings.test == "preference":
        reference = Sound("reference", settings.reference, note)
        return Draft(kind, note, (("X", reference), ("A", a), ("B", b)))
    if settings.test == "abx":
        original, expected = (b, "B") if order[1] else (a, "A")
        x = replace(original, kind="copy")
        return Draft(kind, note, (("A", a), ("B", b), ("X", x)), expected)
    return Draft(kind, note, (("A", a), ("B", b)))


def rating_trial(kind: Kind, reference: str, note: Note, sounds: Sequence[Sound | None]) -> Draft:
    """A trial of many sounds against an open reference; None is the hidden copy of it.

    The right slot, which deserves the highest score, is the copy's.
    """
    hidden = Sound("copy", reference, note)
    slots = [(f"S{number}", sound or hidden) for number, sound in enumerate(sounds, start=1)]
    open_reference = ("REF", Sound("reference", reference, note))
    return Draft(kind, note, (open_reference, *slots), _slot_of(slots, hidden))


def reordered(draft: Draft, order: Sequence[int]) -> Draft:
    """The trial with its sounds in other slots: slot `order[i]` gets what slot i had."""
    reference, *slots = draft.slots
    moved: dict[int, tuple[str, Sound]] = {}
    for (name, sound), place in zip(slots, order, strict=True):
        moved[place] = (f"S{place + 1}", sound)
        if name == draft.expected:
            expected = f"S{place + 1}"
    return replace(
        draft, slots=(reference, *(moved[place] for place in sorted(moved))), expected=expected
    )


def _shuffle_ratings(drafts: list[list[Draft]], rng: random.Random) -> list[list[Draft]]:
    """Put every system equally often into every slot, over all trials and on each note."""
    trials = [(number, draft) for number, draft in enumerate(d for sheet in drafts for d in sheet)]
    width = len(trials[0][1].slots) - 1
    of_trial = [number for number, _ in trials for _ in range(width)]
    of_sound = [sound for _, draft in trials for _, sound in draft.slots[1:]]
    of_system = [(sound.kind, sound.system) for sound in of_sound]
    start = [place for _ in trials for place in rng.sample(range(width), width)]
    right: list[Grouping] = [of_sound, of_system, [0] * len(of_sound)]
    places = equitable_colouring([of_trial], right, start, width, rng)
    shuffled = [
        reordered(draft, places[number * width : (number + 1) * width]) for number, draft in trials
    ]
    remaining = iter(shuffled)
    return [[next(remaining) for _ in sheet] for sheet in drafts]


def _slot_of(slots: Sequence[tuple[str, Sound]], wanted: Sound) -> str:
    places: Mapping[Sound, str] = {sound: name for name, sound in slots}
    return places.get(wanted, "")
