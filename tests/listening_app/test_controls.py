import random
from collections import Counter
from itertools import pairwise

import pytest
from study_settings import settings_of

from listening_app.controls import (
    gold_trial,
    practice_trials,
    trap_trial,
    with_controls,
)
from listening_app.spacing import Cell
from listening_app.trials import main_trial
from sing.notes import Note

NOTES = [Note("flute_acoustic_001", pitch, 100) for pitch in range(60, 72)]
PAIRED = ("preference", "abx", "ab", "cmos")


def has_repeats(trials):
    return any(one.note == other.note for one, other in pairwise(trials))


def sounds(draft):
    return dict(draft.slots)


def is_degraded(sound):
    return sound.system == "anchor-mnru-0"


def test_gold_of_mos_is_the_best_or_the_worst_in_turn():
    best, worst = (gold_trial(settings_of("mos"), "control", NOTES[0], turn) for turn in (0, 1))
    assert (sounds(best)["S"].system, best.expected) == ("truth", "5")
    assert is_degraded(sounds(worst)["S"])
    assert worst.expected == "1"


def test_without_a_reference_nothing_is_known_to_be_best():
    for turn in (0, 1):
        draft = gold_trial(settings_of("mos", reference=""), "control", NOTES[0], turn)
        assert is_degraded(sounds(draft)["S"])
        assert draft.expected == "1"


@pytest.mark.parametrize("test", ["preference", "ab"])
def test_gold_of_a_choice_is_the_slot_that_is_not_degraded(test):
    drafts = [gold_trial(settings_of(test), "control", NOTES[0], turn) for turn in range(4)]
    for draft in drafts:
        other = "B" if draft.expected == "A" else "A"
        assert sounds(draft)[draft.expected].system == "truth"
        assert is_degraded(sounds(draft)[other])
    assert {draft.expected for draft in drafts} == {"A", "B"}


def test_gold_of_abx_has_x_equal_to_what_is_expected():
    drafts = [gold_trial(settings_of("abx"), "control", NOTES[0], turn) for turn in range(4)]
    for draft in drafts:
        assert sounds(draft)["X"].system == sounds(draft)[draft.expected].system
    found = {(draft.expected, sounds(draft)["X"].system) for draft in drafts}
    assert len(found) == 4  # both answers, both sounds


def test_gold_of_cmos_is_much_worse_where_b_is_degraded():
    for turn in (0, 1):
        draft = gold_trial(settings_of("cmos"), "control", NOTES[0], turn)
        assert draft.expected == ("-3" if is_degraded(sounds(draft)["B"]) else "3")


def test_gold_of_mushra_has_one_clean_sound():
    settings = settings_of("mushra", anchors=["mnru-15"])
    places = set()
    for turn in range(4):
        draft = gold_trial(settings, "control", NOTES[0], turn)
        assert len(draft.slots) == 5
        clean = [name for name, sound in draft.slots[1:] if not is_degraded(sound)]
        assert clean == [draft.expected]
        assert len({sound for _, sound in draft.slots}) == 5  # no two files are the same
        places.add(draft.expected)
    assert len(places) == 4


def test_a_trap_of_mos_expects_as_many_points_as_beeps():
    drafts = [trap_trial(settings_of("mos"), "control", NOTES[0], turn) for turn in range(5)]
    assert {draft.expected for draft in drafts} == {"1", "2", "3", "4", "5"}
    for draft in drafts:
        assert sounds(draft)["S"].variant == int(draft.expected)
        assert draft.note.name.startswith("beeps_synthetic_00")


@pytest.mark.parametrize("test", [*PAIRED, "mushra"])
def test_a_trap_of_the_others_expects_the_beeps(test):
    expected = set()
    for turn in range(4):
        draft = trap_trial(settings_of(test), "control", NOTES[0], turn)
        slot = draft.expected
        if test == "cmos":
            slot = {"-3": "A", "3": "B"}[slot]
        expected.add(slot)
        assert sounds(draft)[slot].system == "beeps"
        if test == "abx":
            assert sounds(draft)["X"].system == "beeps"
    assert len(expected) > 1


def test_practice_has_both_ends_of_the_scale_and_the_beeps():
    settings = settings_of("mos", practice={"trials": 5})
    drafts = practice_trials(settings, NOTES)
    assert [draft.expected for draft in drafts[:2]] == ["5", "1"]
    assert {sounds(draft)["S"].system for draft in drafts[2:4]} == {"truth", "sing"}
    assert sounds(drafts[4])["S"].system == "beeps"
    assert {draft.kind for draft in drafts} == {"practice"}


@pytest.mark.parametrize("test", ["mos", *PAIRED, "mushra"])
@pytest.mark.parametrize("count", [0, 1, 6])
def test_practice_is_as_long_as_asked_for(test, count):
    settings = settings_of(test, practice={"trials": count}, controls={"traps": 0})
    assert len(practice_trials(settings, NOTES)) == count


def main_of(settings, notes):
    return [main_trial(settings, Cell(n, (n % 3,)), notes) for n in range(len(notes))]


def test_controls_stand_among_the_main_trials_and_never_first():
    settings = settings_of("mos", controls={"gold": 2, "traps": 1})
    main = main_of(settings, NOTES[:6])
    for sheet in range(30):
        trials = with_controls(settings, main, NOTES[6:], sheet, random.Random(sheet))
        assert [draft for draft in trials if draft.kind == "main"] == main
        assert Counter(draft.kind for draft in trials)["control"] == 3
        assert trials[0].kind == "main"
        assert not has_repeats(trials)


def test_kinds_of_gold_and_their_notes_are_balanced_over_the_sheets():
    settings = settings_of("mos", controls={"gold": 2, "traps": 0})
    met = Counter()
    for sheet in range(12):
        trials = with_controls(
            settings, main_of(settings, NOTES[:6]), NOTES[6:], sheet, random.Random(sheet)
        )
        met.update((d.note, d.expected) for d in trials if d.kind == "control")
    assert len(met) == 12  # each of six notes, good and bad
    assert set(met.values()) == {2}


def test_places_of_controls_differ_between_sheets():
    settings = settings_of("mos", controls={"gold": 0, "traps": 1})
    places = Counter()
    for sheet in range(100):
        trials = with_controls(
            settings, main_of(settings, NOTES[:6]), NOTES[6:], sheet, random.Random(sheet)
        )
        places[[draft.kind for draft in trials].index("control")] += 1
    assert set(places) == {1, 2, 3, 4, 5, 6}


def test_without_other_notes_a_control_stays_apart_from_its_note():
    settings = settings_of("ab", controls={"gold": 2, "traps": 1})
    main = [main_trial(settings, Cell(n, (0, 0)), NOTES[:4]) for n in range(4)]
    for sheet in range(30):
        trials = with_controls(settings, main, NOTES[:4], sheet, random.Random(sheet))
        assert not has_repeats(trials)


def test_two_notes_are_enough_for_controls_and_one_is_not():
    settings = settings_of("ab", controls={"gold": 3, "traps": 0})
    main = [main_trial(settings, Cell(n, (0, 0)), NOTES[:2]) for n in (0, 1, 0, 1)]
    assert not has_repeats(with_controls(settings, main, NOTES[:2], 0, random.Random(0)))
    with pytest.raises(ValueError, match="two notes or more"):
        with_controls(settings, main[:1], NOTES[:1], 0, random.Random(0))
