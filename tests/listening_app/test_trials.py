import random
from collections import Counter
from itertools import product

import pytest
from study_settings import settings_of

from listening_app.sheets import Plan, draw_sheets
from listening_app.spacing import Cell
from listening_app.trials import choices_of, compared_pairs, main_trial, main_trials
from sing.notes import Note

NOTES = [Note("flute_acoustic_001", pitch, 100) for pitch in range(60, 66)]


def drawn(settings, length=3):
    rng = random.Random(5)
    plan = Plan(len(NOTES), choices_of(settings), length, settings.ratings_per_stimulus, 0.0)
    sheets = main_trials(settings, draw_sheets(plan, rng), NOTES, rng)
    return [draft for sheet in sheets for draft in sheet]


def systems(draft):
    return {name: sound.system for name, sound in draft.slots}


def test_mos_hears_one_system_at_a_time():
    for draft in drawn(settings_of("mos")):
        assert [name for name, _ in draft.slots] == ["S"]
        assert draft.expected == ""


def test_preference_hears_the_reference_and_both_systems_in_both_orders():  # Section 5.3.2
    drafts = drawn(settings_of("preference"))
    for draft in drafts:
        assert [name for name, _ in draft.slots] == ["X", "A", "B"]
        assert systems(draft)["X"] == "truth"
        assert {systems(draft)["A"], systems(draft)["B"]} == {"sing", "wavenet"}
        assert draft.expected == ""
    first = Counter(systems(draft)["A"] for draft in drafts)
    assert first["sing"] == first["wavenet"]


def test_in_abx_x_is_a_copy_of_what_is_expected():
    drafts = drawn(settings_of("abx"))
    for draft in drafts:
        assert [name for name, _ in draft.slots] == ["A", "B", "X"]
        slots = dict(draft.slots)
        assert slots["X"].system == slots[draft.expected].system
        assert slots["X"] != slots[draft.expected]  # another file
    right = Counter(draft.expected for draft in drafts)
    assert abs(right["A"] - right["B"]) <= 1


def test_all_pairs_are_compared_unless_some_are_named():
    assert len(compared_pairs(settings_of("ab"))) == 3
    assert compared_pairs(settings_of("preference")) == (("sing", "wavenet"),)
    named = settings_of("ab", pairs=[["truth", "sing"]])
    assert compared_pairs(named) == (("truth", "sing"),)


@pytest.mark.parametrize("test", ["ab", "cmos"])
def test_two_systems_stand_side_by_side_in_both_orders(test):
    met = Counter((systems(draft)["A"], systems(draft)["B"]) for draft in drawn(settings_of(test)))
    assert len(met) == 6
    assert max(met.values()) - min(met.values()) <= 1


def test_mushra_rates_every_system_a_hidden_reference_and_anchors():  # ITU-R BS.1534
    drafts = drawn(settings_of("mushra", anchors=["lowpass-3500", "mnru-15"]))
    everything = {"truth", "sing", "wavenet", "anchor-lowpass-3500", "anchor-mnru-15"}
    for draft in drafts:
        assert [name for name, _ in draft.slots] == ["REF", "S1", "S2", "S3", "S4", "S5"]
        heard = systems(draft)
        assert heard.pop("REF") == "truth"
        assert set(heard.values()) == everything
        assert heard[draft.expected] == "truth"
    placed = Counter((name, system) for draft in drafts for name, system in systems(draft).items())
    counts = [placed[f"S{n}", system] for n, system in product(range(1, 6), everything)]
    assert max(counts) - min(counts) <= 1


def test_on_each_note_a_mushra_system_meets_every_slot_equally_often():
    drafts = drawn(settings_of("mushra"))
    for note in NOTES:
        placed = Counter(
            (name, sound.system)
            for draft in drafts
            if draft.note == note
            for name, sound in draft.slots[1:]
        )
        counts = [placed[f"S{n}", s] for n, s in product((1, 2, 3), ("truth", "sing", "wavenet"))]
        assert max(counts) - min(counts) <= 1


def test_a_cell_is_the_note_and_system_of_its_numbers():
    draft = main_trial(settings_of("mos"), Cell(2, (1,)), NOTES)
    assert (draft.note, draft.slots[0][1].system) == (NOTES[2], "sing")
