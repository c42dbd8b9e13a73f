"""Rainbowgrams of tones whose frequency, level and phase are known, against physics."""

import librosa
import matplotlib as mpl
import numpy as np
import pytest
import soundfile

from eval_suite import rainbowgram
from eval_suite.rainbowgram import (
    PAPER,
    Settings,
    constant_q,
    intensity,
    phase_advance,
    rainbow,
    rainbowgrams,
)

SECONDS = np.arange(64_000) / 16_000
STEADY = slice(30, -30)
"""Frames that the beginning and the end of a note do not reach."""


def tone(*frequencies: float, level: float = 0.2) -> np.ndarray:
    parts = [np.sin(2 * np.pi * frequency * SECONDS) for frequency in frequencies]
    return (level * np.sum(parts, axis=0)).astype(np.float32)


def wrap(turns: float) -> float:
    """Turns of a circle as a phase over pi, in [-1, 1]."""
    return 2 * (turns - np.round(turns))


def nearest_bin(frequency: float, settings: Settings = PAPER) -> int:
    return int(np.argmin(np.abs(np.log(settings.frequencies / frequency))))


def advance_of(frequency: float, settings: Settings = PAPER) -> np.ndarray:
    transform = constant_q(tone(frequency)[None], settings)[0]
    return phase_advance(transform, settings)[nearest_bin(frequency, settings), STEADY]


def test_the_constants_are_the_published_ones():  # facts of the NSynth paper's figure
    assert Settings().bins == 240
    assert Settings().lowest_hz == pytest.approx(65.406, abs=1e-3)
    assert Settings.wide().bins == 320
    assert Settings.wide().lowest_hz == pytest.approx(27.5)
    assert Settings().frequencies[40] == pytest.approx(130.813, abs=1e-3)
    assert Settings().repeat_hz == 62.5


@pytest.mark.parametrize("frequency", [100.0, 220.0, 440.0, 1000.0, 1015.0, 2500.0, 3777.7])
def test_a_steady_partial_has_the_colour_of_its_frequency(frequency):
    expected = wrap(frequency * 256 / 16_000)
    np.testing.assert_allclose(advance_of(frequency), expected, atol=2e-3)


def test_colours_repeat_every_62_5_hz():
    np.testing.assert_allclose(advance_of(700.0), advance_of(762.5), atol=2e-3)
    assert np.abs(advance_of(700.0) - advance_of(715.0)).min() > 0.4


@pytest.mark.parametrize("index", [0, 55, 130, 239])
def test_demodulated_a_partial_at_its_bin_is_in_the_middle_of_the_map(index):
    settings = Settings(demodulated=True)
    centre = settings.frequencies[index]
    np.testing.assert_allclose(advance_of(centre, settings), 0, atol=2e-3)


def test_demodulated_colour_is_the_distance_from_the_bin_in_units_of_31_25_hz():
    settings = Settings(demodulated=True)
    frequency = settings.frequencies[200] + 5.0
    np.testing.assert_allclose(advance_of(frequency, settings), 5 / 31.25, atol=2e-3)


def test_a_rising_tone_rises_in_the_picture_and_changes_colour_as_its_frequency():
    slope = 50.0  # Hz a second, from 800 Hz
    sweep = 0.2 * np.sin(2 * np.pi * (800 * SECONDS + slope / 2 * SECONDS**2))
    transform = constant_q(sweep[None].astype(np.float32))[0]
    advance = phase_advance(transform)
    loudest = np.abs(transform).argmax(axis=0)[STEADY]
    assert (np.diff(loudest) >= 0).all()
    for frame in range(40, 210, 17):
        frequency = 800 + slope * (frame - 0.5) * 256 / 16_000
        expected = wrap(frequency * 256 / 16_000)
        row = nearest_bin(frequency)
        assert abs(wrap((advance[row, frame] - expected) / 2)) < 0.02


def test_the_first_frame_has_no_advance():
    assert (phase_advance(constant_q(tone(440)[None])[0])[:, 0] == 0).all()


def test_the_brightest_row_is_the_tones_own():
    picture = rainbowgrams(tone(440)[None])[0]
    brightness = picture.astype(int).sum(axis=2)[:, STEADY].sum(axis=1)
    assert brightness.argmax() == nearest_bin(440)
    # A4 lies 33 semitones above C2.
    assert nearest_bin(440) == round(33 * 40 / 12)


def test_intensity_falls_from_one_at_the_maximum_to_zero_70_db_below():
    decay = 20.0  # dB a second
    note = tone(440, level=0.9) * 10 ** (-decay * SECONDS / 20)
    levels = intensity(constant_q(note[None].astype(np.float32))[0])
    assert levels.max() == 1
    assert levels.min() == 0
    fading = levels[nearest_bin(440)]
    frames = np.arange(40, 200)
    seconds = (frames - 40) * 256 / 16_000
    np.testing.assert_allclose(fading[frames], fading[40] - decay * seconds / 70, atol=2e-3)
    dark = 40 + int(fading[40] * 70 / decay * 62.5) + 1
    assert dark < 230
    assert (fading[dark:] == 0).all()


def test_the_picture_does_not_depend_on_the_level():
    loud, soft = rainbowgrams(np.stack([tone(440, 900), tone(440, 900, level=0.02)]))
    assert np.abs(loud.astype(int) - soft)[:, STEADY].max() <= 2


@pytest.mark.parametrize("level", [0.0, 1e-9])
def test_silence_is_black(level):
    silent = np.full((1, 64_000), level, dtype=np.float32)
    assert (rainbowgrams(silent) == 0).all()


def test_an_impulse_is_dark_where_nothing_sounds():
    click = np.zeros((1, 64_000), dtype=np.float32)
    click[0, 32_000] = 1 / 32_768  # the softest sample that 16 bits can hold
    picture = rainbowgrams(click)[0]
    assert picture[:, 125].any()
    assert (picture[:, :60] == 0).all()


def test_pixels_are_the_map_times_the_intensity():
    transform = constant_q(tone(440, 1000)[None])[0]
    colours = mpl.colormaps["rainbow"](mpl.colors.Normalize(-1, 1)(phase_advance(transform)))
    expected = colours[..., :3] * intensity(transform)[..., None] * 255
    assert np.abs(rainbowgram.picture(transform) - expected).max() <= 0.51


def test_the_map_runs_from_violet_by_green_to_red():
    ends = rainbow(np.array([-1.0, 0.0, 1.0]))
    np.testing.assert_allclose(ends, [[0.5, 0, 1], [0.5, 1, 0.7], [1, 0, 0]], atol=0.02)


def test_the_transform_is_that_of_the_published_recipe():  # as the NSynth paper's code has it
    note = tone(196, 392, 1176)
    expected = librosa.cqt(
        note, sr=16_000, hop_length=256, fmin=librosa.note_to_hz("C2"), n_bins=240,
        bins_per_octave=40, filter_scale=0.8, sparsity=0,
    )  # fmt: skip
    ours = constant_q(note[None], sparsity=0)[0]
    np.testing.assert_allclose(ours, expected, atol=1e-6 * np.abs(expected).max())
    unwrapped = np.diff(np.unwrap(np.angle(expected)), axis=1) / np.pi
    loud = np.abs(expected[:, 1:]) > 1e-2 * np.abs(expected).max()
    np.testing.assert_allclose(phase_advance(ours)[:, 1:][loud], unwrapped[loud], atol=1e-3)
    decibels = librosa.amplitude_to_db(np.abs(expected), ref=np.max, amin=1e-13**0.5, top_db=70)
    np.testing.assert_allclose(intensity(ours), decibels / 70 + 1, atol=1e-4)


def test_a_batch_gives_what_its_notes_give_alone(monkeypatch):
    notes = np.stack([tone(110 * order, 441 * order) for order in (1, 2, 3, 5, 7)])
    monkeypatch.setattr(rainbowgram, "BATCH", 2)
    together = rainbowgrams(notes)
    assert together.shape == (5, 240, 251, 3)
    alone = np.concatenate([rainbowgrams(note[None]) for note in notes])
    assert np.abs(together.astype(int) - alone).max() <= 1


def test_no_note_gives_no_picture():
    assert rainbowgrams(np.zeros((0, 64_000), np.float32)).shape == (0, 240, 251, 3)


def test_the_wide_range_shows_a_fundamental_below_c2():
    low = tone(41.2, level=0.5)  # E1, a bass guitar's lowest string
    settings = Settings.wide()
    picture = rainbowgrams(low[None], settings)[0].astype(int).sum(axis=2)
    assert picture.shape == (320, 251)
    row = picture[:, 60:-60].sum(axis=1).argmax()
    assert settings.frequencies[row] == pytest.approx(41.2, rel=0.02)


def test_a_broken_waveform_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        rainbowgrams(np.full((1, 64_000), np.nan, np.float32))
    with pytest.raises(ValueError, match=r"\[B, T\]"):
        rainbowgrams(np.zeros(64_000, np.float32))


def test_a_genuine_note_shows_its_partials_in_their_colours(nsynth):
    note, _ = soundfile.read(nsynth / "notes/keyboard_acoustic_004-058-127.flac", dtype="float32")
    transform = constant_q(note[None])[0]
    advance, levels = phase_advance(transform), intensity(transform)
    fundamental = 440 * 2 ** ((58 - 69) / 12)
    for order in (1, 2, 3):
        near = nearest_bin(fundamental * order)
        row = near - 2 + levels[near - 2 : near + 3, 30].argmax()
        colours = advance[row, 20:100]
        expected = wrap(fundamental * order * 256 / 16_000)
        cents = 25  # a piano's strings are stretched
        allowed = fundamental * order * (2 ** (cents / 1200) - 1) / 31.25
        assert abs(wrap((np.median(colours) - expected) / 2)) < allowed
        assert np.std(colours) < 0.1
    assert levels[near + 8, 60] < 0.2  # dark between the partials
