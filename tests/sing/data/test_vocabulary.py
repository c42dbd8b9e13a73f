import json

import numpy as np
import pytest

from sing.data.vocabulary import Vocabulary, ranges, read_vocabulary, write_vocabulary
from sing.errors import SingError
from sing.notes import VELOCITIES, Note

PUBLIC = Vocabulary(
    ("bass_acoustic_000", "flute_synthetic_003"),
    121,
    VELOCITIES,
    {25: 0, 50: 1, 75: 2, 100: 4, 127: 5},
    tuple(range(121)),
)


def test_notes_become_rows_in_the_order_instrument_pitch_velocity():
    notes = [Note("b", 84, 127), Note("a", 36, 25), Note("b", 60, 75)]
    vocabulary = Vocabulary.of(notes)
    assert vocabulary.instruments == ("a", "b")
    np.testing.assert_array_equal(vocabulary.encode(notes), [[1, 84, 2], [0, 36, 0], [1, 60, 1]])
    assert vocabulary.encode(notes).dtype == np.int64
    assert vocabulary.encode([]).shape == (0, 3)


def test_tables_of_the_public_model_have_six_velocity_rows():  # facts of the public code
    assert PUBLIC.velocity_row_count == 6
    assert PUBLIC.pitch_rows == 121
    encoded = PUBLIC.encode([Note("bass_acoustic_000", 120, v) for v in VELOCITIES])
    assert encoded[:, 2].tolist() == [0, 1, 2, 4, 5]


def test_real_notes_need_506_instruments_and_121_pitches(real_notes):
    vocabulary = Vocabulary.of(real_notes)
    assert vocabulary.instrument_count == 506
    assert vocabulary.pitch_rows == 121
    assert vocabulary.velocity_row_count == 5
    encoded = vocabulary.encode(real_notes)
    for note, (instrument, pitch, velocity) in zip(real_notes[::997], encoded[::997], strict=True):
        assert vocabulary.instruments[instrument] == note.instrument
        assert pitch == note.pitch
        assert VELOCITIES[velocity] == note.velocity


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (
            Note("bass_acoustic_001", 60, 25),
            "instrument 'bass_acoustic_001': unknown to the model; "
            "did you mean 'bass_acoustic_000'?",
        ),
        (
            Note("tuba", 60, 25),
            "instrument 'tuba': unknown to the model; "
            "known: bass_acoustic_000, flute_synthetic_003",
        ),
        (
            Note("bass_acoustic_000", 121, 25),
            "pitch 121: unknown to the model; known: 0 to 120",
        ),
        (
            Note("bass_acoustic_000", 60, 26),
            "velocity 26: unknown to the model; known: 25, 50, 75, 100, 127",
        ),
    ],
)
def test_an_unknown_note_is_refused_saying_which_exist(note, message):
    with pytest.raises(SingError) as raised:
        PUBLIC.encode([Note("bass_acoustic_000", 60, 25), note])
    assert str(raised.value) == message


@pytest.mark.parametrize("pitch", [47, 50, 73])
def test_a_pitch_that_was_not_trained_is_unknown_also_between_those_that_were(pitch):
    vocabulary = Vocabulary.of([Note("a", pitch, 25) for pitch in (72, 48, 60, 48)])
    assert vocabulary.pitch_rows == 73
    with pytest.raises(SingError, match=rf"^pitch {pitch}: .*; known: 48, 60, 72$"):
        vocabulary.encode([Note("a", pitch, 25)])


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (range(36, 85), "36 to 84"),
        ((48, 60, 72), "48, 60, 72"),
        ((21, 22, 36, 37, 38, 40), "21, 22, 36 to 38, 40"),
        ((60,), "60"),
        ((), ""),
    ],
)
def test_numbers_are_shown_as_ranges(numbers, text):
    assert ranges(numbers) == text


def test_no_notes_make_no_vocabulary():
    with pytest.raises(SingError, match="no notes"):
        Vocabulary.of([])


def test_a_vocabulary_survives_its_file(tmp_path):
    write_vocabulary(tmp_path / "vocabulary.json", PUBLIC)
    assert read_vocabulary(tmp_path / "vocabulary.json") == PUBLIC


FIRST_FORMAT = {
    "format": 1,
    "instruments": ["a"],
    "lowest_pitch": 36,
    "pitches": 85,
    "velocities": [25, 127],
    "velocity_rows": [0, 1],
}


def test_a_file_of_the_first_format_knows_every_pitch_from_its_lowest_on(tmp_path):
    path = tmp_path / "vocabulary.json"
    path.write_text(json.dumps(FIRST_FORMAT))
    notes = [Note("a", pitch, velocity) for pitch in range(36, 85) for velocity in (25, 127)]
    assert read_vocabulary(path) == Vocabulary.of(notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lowest_pitch": 85}, "known_pitches must be sorted, without doubles, at least one"),
        ({"lowest_pitch": -(10**12)}, "known_pitches must have rows of their own"),
        ({"pitches": 10**12}, "pitches must be 1 to 128"),
        ({"lowest_pitch": "36"}, "format 1 needs the whole numbers pitches and lowest_pitch"),
        ({"lowest_pitch": None}, "format 1 needs the whole numbers pitches and lowest_pitch"),
    ],
)
def test_a_wrong_file_of_the_first_format_is_refused(tmp_path, change, message):
    path = tmp_path / "vocabulary.json"
    path.write_text(json.dumps(FIRST_FORMAT | change))
    with pytest.raises(SingError) as raised:
        read_vocabulary(path)
    assert str(raised.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instrumens": []}, "no key 'instrumens'; did you mean 'instruments'?"),
        ({"pitches": "121"}, "pitches = '121': input should be a valid integer"),
        ({"pitches": 129}, "pitches must be 1 to 128"),
        ({"pitches": 120}, "known_pitches must have rows of their own"),
        ({"known_pitches": [60, 48]}, "known_pitches must be sorted"),
        ({"known_pitches": []}, "known_pitches must be sorted"),
        ({"lowest_pitch": 36}, "no key 'lowest_pitch'"),
        ({"format": 3}, "format 3, this version reads 1 and 2"),
        ({"instruments": ["b", "a"]}, "instruments must be sorted"),
        ({"velocity_rows": [0, 1, 2, 2, 5]}, "velocity_rows must give each velocity a row"),
        ({"velocity_rows": [0, 1]}, "velocity_rows must give each velocity a row"),
        ({"velocities": []}, "velocities must be sorted"),
    ],
)
def test_a_wrong_vocabulary_file_is_refused_naming_the_key(tmp_path, change, message):
    path = tmp_path / "vocabulary.json"
    write_vocabulary(path, PUBLIC)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(SingError) as raised:
        read_vocabulary(path)
    assert str(raised.value).startswith(f"{path}: {message}")


def test_a_missing_key_is_named(tmp_path):
    path = tmp_path / "vocabulary.json"
    path.write_text("{}")
    with pytest.raises(SingError, match="no key 'format'; add it"):
        read_vocabulary(path)
