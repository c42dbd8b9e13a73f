import json

import numpy as np
import pytest

from sing.data.vocabulary import Vocabulary, read_vocabulary, write_vocabulary
from sing.errors import SingError
from sing.notes import VELOCITIES, Note

PUBLIC = Vocabulary(
    ("bass_acoustic_000", "flute_synthetic_003"),
    121,
    VELOCITIES,
    {25: 0, 50: 1, 75: 2, 100: 4, 127: 5},
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


def test_a_pitch_below_all_that_were_trained_is_unknown():
    vocabulary = Vocabulary.of([Note("a", 36, 25), Note("a", 84, 25)])
    with pytest.raises(SingError, match="known: 36 to 84"):
        vocabulary.encode([Note("a", 35, 25)])


def test_no_notes_make_no_vocabulary():
    with pytest.raises(SingError, match="no notes"):
        Vocabulary.of([])


def test_a_vocabulary_survives_its_file(tmp_path):
    write_vocabulary(tmp_path / "vocabulary.json", PUBLIC)
    assert read_vocabulary(tmp_path / "vocabulary.json") == PUBLIC


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instrumens": []}, "unknown key 'instrumens'; did you mean 'instruments'?"),
        ({"pitches": "121"}, "pitches: Input should be a valid integer"),
        ({"pitches": 129}, "0 <= lowest_pitch < pitches <= 128 does not hold"),
        ({"format": 2}, "format 2, this version reads 1"),
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
    with pytest.raises(SingError, match="format: Field required"):
        read_vocabulary(path)
