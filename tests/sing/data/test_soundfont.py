import subprocess
import sys
from pathlib import Path

import librosa
import numpy as np
import pytest
from scipy import signal

from sing.data import soundfont
from sing.data.soundfont import SoundFont
from sing.errors import SingError

PIANO, XYLOPHONE, ORGAN, SLOW_VOICE, ALTO_SAX = 0, 13, 20, 54, 65
HELD = 48_000  # samples until the key is let go


@pytest.fixture(scope="module")
def font() -> SoundFont:
    return SoundFont(soundfont.default_font())


@pytest.mark.parametrize("program", [PIANO, ORGAN, 33, 40, 56, 73])
@pytest.mark.parametrize("pitch", [36, 60, 84])
def test_notes_sound_at_their_pitch(font, program, pitch):
    held = font.note(program, pitch, 100)[4_000:24_000]
    frequencies = librosa.yin(held, fmin=50, fmax=1_300, sr=16_000)
    assert abs(12 * np.log2(np.median(frequencies) / librosa.midi_to_hz(pitch))) < 0.25


def test_a_note_is_the_same_whatever_was_played_before(font):
    fresh = font.note(PIANO, 60, 75)
    font.note(SLOW_VOICE, 48, 127)
    font.note(ORGAN, 84, 127)
    np.testing.assert_array_equal(font.note(PIANO, 60, 75), fresh)
    np.testing.assert_array_equal(SoundFont(soundfont.default_font()).note(PIANO, 60, 75), fresh)


def test_nothing_of_the_previous_note_is_left(font):
    font.note(SLOW_VOICE, 48, 127)
    xylophone = font.note(XYLOPHONE, 60, 100)  # dies away long before its key is let go
    assert np.abs(xylophone[HELD - 8_000 : HELD]).max() < 1e-4 * np.abs(xylophone).max()


def test_a_note_starts_at_once_is_held_three_seconds_and_ends_in_silence(font):
    waveform = font.note(ORGAN, 60, 100)
    envelope = np.abs(waveform).reshape(-1, 160).max(axis=1)  # 10 ms
    loud = envelope > 0.3 * envelope.max()
    assert waveform.shape == (64_000,)
    assert loud[:10].any()  # the attack, within 100 ms
    assert loud[20:300].all()
    assert not loud[310:].any()
    assert waveform[-1] == 0


def test_soft_notes_are_darker_and_softer(font):
    notes = [font.note(56, 60, velocity) for velocity in (25, 50, 75, 100, 127)]
    centroids = [librosa.feature.spectral_centroid(y=note, sr=16_000).mean() for note in notes]
    levels = [np.square(note).mean() for note in notes]
    assert (np.diff(centroids) > 0).all()
    assert (np.diff(levels) > 0).all()
    assert centroids[-1] > 1.1 * centroids[0]


def test_the_shelf_is_flat_at_full_velocity_and_15_db_down_at_none():
    frequencies = [0.0, 1_000.0, 7_999.9]  # Hz
    _, flat = signal.freqz(*soundfont.brightness_shelf(127), frequencies, fs=16_000)
    _, soft = signal.freqz(*soundfont.brightness_shelf(0), frequencies, fs=16_000)
    decibels = 20 * np.log10(np.abs(soft))
    np.testing.assert_allclose(np.abs(flat), 1, atol=1e-12)
    np.testing.assert_allclose(decibels[[0, 2]], [0, -15], atol=1e-3)
    # (g j + 1) / (j + 1) at the corner, g = -15 dB.
    assert decibels[1] == pytest.approx(20 * np.log10(abs(10**-0.75 * 1j + 1) / abs(1j + 1)))


def test_nothing_above_8_khz_folds_back():
    time = np.arange(4 * 48_000) / 48_000
    inside, outside = (
        soundfont._finish(np.sin(2 * np.pi * hz * time).astype(np.float32), 127)
        for hz in (7_000, 8_500)
    )
    middle = slice(8_000, 56_000)
    assert np.abs(inside[middle]).max() == pytest.approx(1, abs=1e-3)
    assert np.abs(outside[middle]).max() < 10 ** (-90 / 20)


def test_decimation_keeps_the_onset_in_its_place():
    rendered = np.zeros(4 * 48_000, dtype=np.float32)
    rendered[3 * 1_000] = 1
    assert np.abs(soundfont._finish(rendered, 127)).argmax() == 1_000


def test_an_instrument_has_one_gain_and_peaks_at_nine_tenths(font):
    notes = font.instrument(PIANO, (48, 60, 72), (25, 127))
    peak = max(np.abs(waveform).max() for waveform in notes.values())
    gains = [
        np.abs(waveform).max() / np.abs(font.note(PIANO, pitch, velocity)).max()
        for (pitch, velocity), waveform in notes.items()
    ]
    assert peak == pytest.approx(0.9)
    assert len(notes) == 6
    np.testing.assert_allclose(gains, gains[0], rtol=1e-5)


def test_the_gain_does_not_depend_on_the_order_of_the_pitches(font):
    forth, back = (font.instrument(PIANO, pitches, (100,)) for pitches in ((48, 72), (72, 48)))
    assert forth.keys() == back.keys()
    for key, waveform in forth.items():
        np.testing.assert_array_equal(waveform, back[key])


def test_keys_without_a_sample_are_left_out(font):
    assert not font.note(ALTO_SAX, 64, 127).any()  # a hole in this font
    notes = font.instrument(ALTO_SAX, (63, 64, 65), (25, 127))
    assert sorted(notes) == [(63, 25), (63, 127), (65, 25), (65, 127)]
    assert font.instrument(ALTO_SAX, (64,), (127,)) == {}


def test_a_font_without_the_program_is_an_error(font, monkeypatch):
    monkeypatch.setattr(font._synth, "sfpreset_name", lambda *_: None)
    with pytest.raises(SingError, match=r"TimGM6mb\.sf2: no program 0 in bank 0"):
        font.note(PIANO, 60, 100)


def test_a_wrong_file_is_named(tmp_path):
    with pytest.raises(SingError, match=r"absent\.sf2: there is no such file"):
        SoundFont(tmp_path / "absent.sf2")
    (tmp_path / "text.sf2").write_text("not a RIFF file", encoding="utf-8")
    with pytest.raises(SingError, match=r"text\.sf2: not a SoundFont"):
        SoundFont(tmp_path / "text.sf2")


def test_a_missing_engine_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "tinysoundfont", None)
    with pytest.raises(SingError, match=r"pip install --no-deps tinysoundfont==0\.3\.7"):
        SoundFont(Path("any.sf2"))


def test_another_font_in_the_place_of_the_pinned_one_is_refused(monkeypatch):
    monkeypatch.setattr(soundfont, "DEFAULT_FONT_SHA256", "0" * 64)
    with pytest.raises(SingError, match=r"not the TimGM6mb\.sf2"):
        soundfont.default_font()


def test_a_missing_default_font_is_an_error(monkeypatch):
    monkeypatch.setattr(soundfont, "find_spec", lambda _: None)
    with pytest.raises(SingError, match=r"TimGM6mb\.sf2: not found; pip install pretty_midi"):
        soundfont.default_font()


def test_the_default_font_is_found_without_importing_pretty_midi():
    program = (
        "import sys; from sing.data.soundfont import default_font; default_font();"
        "sys.exit('pretty_midi' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
