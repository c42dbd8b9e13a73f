"""Pitch errors: tones detuned by known amounts, and what has no pitch (decisions/0008)."""

import librosa
import numpy as np
import pytest

from eval_suite.metrics.metric import parse_metric
from eval_suite.metrics.pitch import fundamental
from eval_suite.metrics.spectra import Spectra
from sing.notes import Note

ERROR, WITHIN = parse_metric("pitch_error"), parse_metric("pitch_within_50")
SECONDS = np.arange(64_000) / 16_000
SILENCE = np.zeros(64_000, dtype=np.float32)


def frequency(pitch: int) -> float:
    return Note("flute", pitch, 100).frequency


def tone(pitch: int, cents: float = 0, orders: tuple[int, ...] = (1, 2, 3, 4, 5)) -> np.ndarray:
    """A decaying tone of the partials below 8 kHz."""
    base = frequency(pitch) * 2 ** (cents / 1200)
    partials = [
        np.sin(2 * np.pi * base * order * SECONDS + order) / order
        for order in orders
        if base * order < 7_900
    ]
    return (0.1 * np.sum(partials, axis=0) * np.exp(-SECONDS)).astype(np.float32)


def noise(seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(64_000).astype(np.float32)


def error(reference: np.ndarray, estimate: np.ndarray, pitch: int) -> float:
    return ERROR(reference[None], estimate[None], [pitch]).item()


@pytest.mark.parametrize("pitch", [21, 27, 36, 48, 60, 69, 84, 96, 105, 108, 115])
@pytest.mark.parametrize("orders", [(1,), (1, 2, 3, 4, 5)], ids=["sine", "harmonics"])
def test_a_detuning_is_measured_within_half_a_cent(pitch: int, orders: tuple[int, ...]):
    reference = tone(pitch, orders=orders)
    for cents in (30, -49, 51, -400):
        found = error(reference, tone(pitch, cents, orders), pitch)
        assert found == pytest.approx(abs(cents), abs=0.5)
        within = WITHIN(reference[None], tone(pitch, cents, orders)[None], [pitch])
        assert within.item() == (abs(cents) <= 50)


@pytest.mark.parametrize("pitch", [45, 57, 69, 76])
def test_the_fundamental_is_that_of_librosas_yin(pitch: int):
    waveform = tone(pitch, cents=17)
    low, high = frequency(pitch) / 2.1, frequency(pitch) * 2.1
    track = librosa.yin(waveform, fmin=low, fmax=high, sr=16_000, frame_length=4096)
    found = fundamental(Spectra(waveform, pitch))[0]
    # librosa's difference function shrinks with the lag, which makes its pitches a little sharp.
    assert abs(1200 * np.log2(found / np.median(track[4:-4]))) < 4


@pytest.mark.parametrize("cents", [1200, -1200, 2400])
def test_an_octave_is_the_largest_error(cents: int):
    assert error(tone(60), tone(60, cents), 60) == pytest.approx(1200, abs=0.5)
    assert error(tone(60), tone(60, cents), 60) <= 1200


def test_the_pitch_of_a_tone_without_its_fundamental_is_still_that():
    assert error(tone(45), tone(45, orders=(2, 3, 4, 5)), 45) < 2


def test_the_reference_is_measured_and_not_taken_from_the_label():
    # A detuned instrument, played back as it is, makes no error; one in tune does.
    assert error(tone(60, cents=80), tone(60, cents=80), 60) == 0
    assert error(tone(60, cents=80), tone(60), 60) == pytest.approx(80, abs=0.5)


def test_a_noisy_attack_and_an_offset_do_not_count():
    attack = noise() * np.exp(-SECONDS / 0.02, dtype=np.float32)
    assert error(tone(60), tone(60) + 3 * attack + np.float32(0.2), 60) < 1


@pytest.mark.parametrize("unpitched", [SILENCE, noise(), SILENCE + np.float32(0.5)])
def test_what_has_no_pitch_is_an_octave_from_every_pitch_and_at_none_from_its_like(unpitched):
    assert error(tone(60), unpitched, 60) == 1200
    assert error(unpitched, tone(60), 60) == 1200
    for other in (SILENCE, noise(1), SILENCE + np.float32(0.5)):
        assert error(unpitched, other, 60) == 0
        assert WITHIN(unpitched[None], other[None], [60]).item() == 1


def test_a_tone_below_80_db_is_silence():
    assert error(tone(60), tone(60) * np.float32(1e-5), 60) == 1200
    assert error(tone(60), tone(60) * np.float32(1e-2), 60) < 0.1


def test_every_midi_pitch_has_a_result():
    for pitch in (0, 12, 120, 127):
        assert error(noise(), tone(60), pitch) in {0, 1200}


def test_the_pitch_of_the_note_must_be_known():
    with pytest.raises(ValueError, match="MIDI pitch"):
        ERROR(tone(60)[None], tone(60)[None])
