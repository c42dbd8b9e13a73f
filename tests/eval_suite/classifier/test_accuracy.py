"""Right, wrong, and not to be judged."""

import numpy as np

from eval_suite.classifier.accuracy import correctness, counted
from eval_suite.classifier.classes import UNKNOWN, Classes
from sing.notes import Note

CLASSES = Classes((60, 61), ("bass", "reed"))
NOTES = [
    Note("bass_acoustic_000", 60, 50),
    Note("reed_acoustic_001", 61, 50),
    Note("reed_acoustic_001", 90, 50),
    Note("organ_acoustic_002", 60, 50),
]


def test_classes_are_the_sorted_pitches_and_families_of_notes():
    assert Classes.of(NOTES) == Classes((60, 61, 90), ("bass", "organ", "reed"))
    assert CLASSES.of_notes(NOTES).tolist() == [[0, 0], [1, 1], [UNKNOWN, 1], [0, UNKNOWN]]


def test_a_note_of_an_unknown_pitch_or_family_is_neither_right_nor_wrong():
    heard = correctness(CLASSES, np.array([60, 60, 60, 60]), ["bass"] * 4, NOTES)
    np.testing.assert_equal(heard, [[1, 1], [0, 0], [np.nan, 0], [1, np.nan]])


def test_counts_keep_unknown_notes_apart():
    found = counted(np.array([[1, 1], [0, 1], [np.nan, 0], [1, np.nan]]))
    pitch, family = found["pitch"], found["family"]
    assert (pitch.right, pitch.judged, pitch.unknown) == (2, 3, 1)
    assert (family.right, family.judged, family.unknown) == (2, 3, 1)
    assert pitch.share == 2 / 3
    assert counted(np.empty((0, 2)))["pitch"].share is None
