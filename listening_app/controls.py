"""Trials whose answer is known: gold items, trap items, and practice.

A gold item is a clean sound, or one that we degrade beyond doubt, or both side by side. A trap
is a series of beeps: what to answer then is told beforehand (`controls.trap_text`), so whoever does
not listen cannot know. There is no spoken instruction, because we have no voice to speak it with.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from listening_app.anchors import ANCHOR, BEEPS, WORST
from listening_app.settings import Settings
from listening_app.spacing import Cell
from listening_app.stimuli import Sound
from listening_app.study import Kind
from listening_app.trials import (
    Draft,
    choices_of,
    main_trial,
    pair_trial,
    rating_trial,
    reordered,
)
from sing.notes import Note

_BEEP_PITCH, _BEEP_VELOCITY = 81, 100
_BEEPS_TO_CHOOSE = 3


def clean_system(settings: Settings) -> str:
    """The system that gold items take as clean: the reference, or else the first."""
    return settings.reference or next(iter(settings.systems))


def beeps_note(count: int) -> Note:
    """What tables call a clip of so many beeps."""
    return Note(f"beeps_synthetic_{count:03d}", _BEEP_PITCH, _BEEP_VELOCITY)


def gold_trial(settings: Settings, kind: Kind, note: Note, turn: int) -> Draft:
    """A trial with a plain answer; even and odd turns have different ones.

    mos: the reference deserves the highest score, or the degraded note the lowest (the latter
    alone when there is no reference). Others: a clean sound beside degraded ones.
    """
    lowest, highest = settings.limits
    clean = Sound("system", clean_system(settings), note)
    worst = Sound("anchor", f"{ANCHOR}{WORST}", note)
    if settings.test == "mos":
        if settings.reference and turn % 2 == 0:
            return Draft(kind, note, (("S", clean),), str(highest))
        return Draft(kind, note, (("S", worst),), str(lowest))
    if settings.test == "mushra":
        width = _width(settings)
        others = [Sound("anchor", worst.system, note, number) for number in range(width - 1)]
        draft = rating_trial(kind, settings.reference, note, [None, *others])
        return _rotated(draft, turn)
    if settings.test == "preference":
        clean = Sound("copy", settings.reference, note)
    is_swapped = turn % 2
    draft = pair_trial(settings, kind, note, (clean, worst), (is_swapped, turn // 2 % 2))
    if settings.test == "abx":
        return draft
    if settings.test == "cmos":
        return Draft(kind, note, draft.slots, str(highest if is_swapped else lowest))
    return Draft(kind, note, draft.slots, "B" if is_swapped else "A")


def trap_trial(settings: Settings, kind: Kind, note: Note, turn: int) -> Draft:
    """A trial with beeps, beside the clean `note` where the test has several sounds.

    mos: as many points as beeps. Others: the beeps are to be chosen.
    """
    lowest, highest = settings.limits
    if settings.test == "mos":
        count = turn % highest + 1
        sound = Sound("trap", BEEPS, beeps_note(count), count)
        return Draft(kind, sound.note, (("S", sound),), str(count))
    trap = Sound("trap", BEEPS, beeps_note(_BEEPS_TO_CHOOSE), _BEEPS_TO_CHOOSE)
    clean = Sound("system", clean_system(settings), note)
    if settings.test == "mushra":
        sounds: list[Sound | None] = [trap]
        sounds += [
            Sound("anchor", f"{ANCHOR}{WORST}", note, n) for n in range(_width(settings) - 1)
        ]
        draft = rating_trial(kind, settings.reference, note, sounds)
        return _rotated(Draft(kind, note, draft.slots, "S1"), turn)
    is_swapped = turn % 2
    slots = pair_trial(settings, kind, note, (trap, clean), (is_swapped, is_swapped)).slots
    if settings.test == "cmos":
        return Draft(kind, note, slots, str(highest if is_swapped else lowest))
    return Draft(kind, note, slots, "B" if is_swapped else "A")


def practice_trials(settings: Settings, notes: Sequence[Note]) -> list[Draft]:
    """The practice trials: a good one, a bad one, systems in turn, and beeps if there are traps."""
    count = settings.practice.trials
    has_traps = settings.controls.traps > 0 and count > 1
    drafts = []
    for number in range(count):
        note = notes[number % len(notes)]
        if has_traps and number == count - 1:
            drafts.append(trap_trial(settings, "practice", note, 1))
        elif number < 2:
            drafts.append(gold_trial(settings, "practice", note, number))
        else:
            drafts.append(_ordinary(settings, note, number - 2))
    return drafts


def with_controls(
    settings: Settings, main: Sequence[Draft], notes: Sequence[Note], sheet: int, rng: random.Random
) -> list[Draft]:
    """A sheet's main trials with its gold and trap trials among them, never at the beginning.

    The kinds of gold, the counts of beeps and the notes take turns over the sheets.
    No note is heard twice in a row; raises ValueError when `notes` are fewer than two.
    """
    gold, traps = settings.controls.gold, settings.controls.traps
    heard = {draft.note for draft in main}
    fresh = [note for note in notes if note not in heard] or list(notes)
    turns = [*((gold_trial, sheet * gold + number) for number in range(gold))]
    turns += [(trap_trial, sheet * traps + number) for number in range(traps)]
    rng.shuffle(turns)
    trials = list(main)
    for number, (make, turn) in enumerate(turns):
        # Shifted by one in each round, so that a note meets good and bad turns alike.
        first = turn + turn // len(fresh)
        candidates = [
            make(settings, "control", fresh[(first + step) % len(fresh)], turn)
            for step in range(len(fresh))
        ]
        _insert(trials, candidates, (number, len(turns)), rng)
    return trials


def _insert(
    trials: list[Draft], candidates: Sequence[Draft], share: tuple[int, int], rng: random.Random
) -> None:
    """Put a candidate into the given one of equal parts of the sheet, apart from its own note."""
    number, parts = share
    everywhere = range(1, len(trials) + 1)
    part = [*everywhere][number * len(trials) // parts : (number + 1) * len(trials) // parts]
    rest = [place for place in everywhere if place not in part]
    rng.shuffle(part)
    rng.shuffle(rest)
    for place in (*part, *rest):
        for draft in candidates:
            if draft.note not in {other.note for other in trials[place - 1 : place + 1]}:
                trials.insert(place, draft)
                return
    raise ValueError("controls need two notes or more")


def _ordinary(settings: Settings, note: Note, turn: int) -> Draft:
    """A practice trial such as the main ones, of the systems in turn."""
    first, *orders = choices_of(settings)
    condition = (turn % first, *(turn % order for order in orders))
    draft = main_trial(settings, Cell(0, condition), [note])
    draft = _rotated(draft, turn) if settings.test == "mushra" else draft
    return Draft("practice", note, draft.slots, draft.expected)


def _width(settings: Settings) -> int:
    """How many sounds a mushra trial rates."""
    return len(settings.systems) + len(settings.anchors)


def _rotated(draft: Draft, turn: int) -> Draft:
    width = len(draft.slots) - 1
    return reordered(draft, [(place + turn) % width for place in range(width)])
