"""Silence, noise and the nearest training pitch."""

import numpy as np
import pytest

from eval_suite.baselines.trivial import NearestPitch, Silence, WhiteNoise, nearest_pitches
from eval_suite.sources import DatasetSource
from sing.data.nsynth import Dataset
from sing.notes import Note

A, B = "bass_synthetic_000", "flute_acoustic_001"


def test_silence_is_zero_for_every_note():
    found = Silence().sounds([Note(A, 60, 50), Note("unknown", 1, 1)])
    assert found.waveforms.shape == (2, 64_000)
    assert not found.waveforms.any()
    assert not found.faults


def test_white_noise_is_gaussian_at_minus_20_db_and_flat():
    notes = [Note(A, pitch, 50) for pitch in range(8)]
    noise = WhiteNoise(seed=0).sounds(notes).waveforms.astype(np.float64)
    levels = 20 * np.log10(np.sqrt((noise**2).mean(axis=1)))
    np.testing.assert_allclose(levels, -20, atol=0.1)
    # Gaussian: the fourth moment is three times the squared variance.
    assert (noise**4).mean() / (noise**2).mean() ** 2 == pytest.approx(3, rel=0.02)
    power = np.abs(np.fft.rfft(noise, axis=1)) ** 2
    low, high = power[:, 1:16_000].mean(), power[:, 16_000:-1].mean()
    assert low / high == pytest.approx(1, rel=0.02)


def test_white_noise_depends_on_the_note_and_the_seed_and_not_on_the_batch():
    first, second = Note(A, 60, 50), Note(A, 61, 50)
    both = WhiteNoise(seed=1).sounds([second, first]).waveforms
    alone = WhiteNoise(seed=1).sounds([first]).waveforms
    np.testing.assert_array_equal(both[1], alone[0])
    assert abs(np.corrcoef(both)[0, 1]) < 0.02
    other_seed = WhiteNoise(seed=2).sounds([first]).waveforms
    assert abs(np.corrcoef(alone[0], other_seed[0])[0, 1]) < 0.02


@pytest.mark.parametrize(
    ("note", "training", "expected"),
    [
        (Note(A, 60, 50), [Note(A, 57, 50), Note(A, 62, 50)], Note(A, 62, 50)),
        (Note(A, 60, 50), [Note(A, 62, 50), Note(A, 58, 50)], Note(A, 58, 50)),  # a tie: lower
        (Note(A, 60, 50), [Note(A, 61, 75), Note(A, 80, 50)], Note(A, 80, 50)),  # own velocity
        (Note(A, 60, 50), [Note(B, 60, 50), Note(A, 90, 50)], Note(A, 90, 50)),  # own instrument
        (Note(A, 60, 50), [Note(A, 60, 50), Note(A, 72, 50)], Note(A, 72, 50)),  # never itself
        (Note(A, 60, 50), [Note(A, 64, 75), Note(A, 61, 127)], Note(A, 64, 75)),  # next velocity
    ],
)
def test_nearest_pitch_is_of_the_same_instrument_and_velocity(
    note: Note, training: list[Note], expected: Note
):
    assert nearest_pitches([note], training) == {note: expected}


def test_nearest_pitch_plays_the_training_notes_and_says_where_there_is_none(dataset: Dataset):
    note, stand_in, stranger = (
        Note(A, 62, 50),
        Note(A, 61, 50),
        Note("organ_electronic_009", 60, 50),
    )
    stand_ins = nearest_pitches([note, stranger], [stand_in, Note(B, 60, 50)])
    found = NearestPitch(DatasetSource(dataset), stand_ins).sounds([stranger, note])
    np.testing.assert_array_equal(found.waveforms[1], dataset.waveforms([stand_in])[0])
    assert list(found.faults) == [0]
    assert "no training note of this instrument" in found.faults[0]
