"""Files of every kind that users have, made from closed forms and from a genuine note."""

import os

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from eval_suite.importing.reading import length_at_sample_rate, read_sound, zero_tail
from sing.audio import wav_header
from sing.errors import SingError

ONE_BIT = 1 / 32_768


def sine(rate: int, seconds: float = 4.0, frequency: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def middle(waveform: np.ndarray) -> np.ndarray:
    """Without the ends, at which a resampling filter lacks one side."""
    return waveform[1_000:-1_000]


def test_sixteen_bit_mono_at_16_khz_comes_back_bit_for_bit(nsynth):
    path = nsynth / "notes" / "bass_acoustic_000-048-075.flac"
    sound = read_sound(path)
    samples, _ = soundfile.read(path, dtype="int16")
    assert np.array_equal(sound.waveform * 32_768, samples)
    assert (sound.encoding, sound.sample_rate, sound.channels) == ("FLAC PCM_16", 16_000, 1)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_becomes_16_khz(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", sine(rate), rate, subtype="FLOAT")
    sound = read_sound(tmp_path / "a.wav")
    assert len(sound.waveform) == 64_000 == length_at_sample_rate(tmp_path / "a.wav")
    assert sound.samples == 4 * rate
    np.testing.assert_allclose(middle(sound.waveform), middle(sine(16_000)), atol=2e-5)


def test_resampling_keeps_out_what_lies_above_8_khz(tmp_path):
    soundfile.write(tmp_path / "a.wav", sine(48_000, frequency=9_000), 48_000, subtype="FLOAT")
    assert np.abs(middle(read_sound(tmp_path / "a.wav").waveform)).max() < 1e-5


def test_a_genuine_note_survives_stereo_at_44_khz(nsynth, tmp_path):
    note, _ = soundfile.read(nsynth / "notes" / "keyboard_acoustic_004-058-127.flac")
    high = resample_poly(note, 441, 160, window=("kaiser", 12.0))
    soundfile.write(tmp_path / "a.wav", np.stack([high, high], axis=1), 44_100, subtype="FLOAT")
    sound = read_sound(tmp_path / "a.wav")
    assert sound.channels == 2
    error = middle(sound.waveform - note)
    assert np.square(error).mean() < 1e-5 * np.square(note).mean()


@pytest.mark.parametrize(
    ("name", "subtype", "tolerance"),
    [
        ("a.wav", "PCM_U8", 1 / 128),
        ("a.wav", "PCM_24", 2**-23),
        ("a.wav", "FLOAT", 1e-7),
        ("a.WAV", "DOUBLE", 0),
        ("a.aiff", "PCM_16", ONE_BIT),
        ("a.flac", "PCM_24", 2**-23),
        ("a.ogg", "VORBIS", 0.02),
        ("a.mp3", "MPEG_LAYER_III", 0.02),
    ],
)
def test_any_encoding_and_bit_depth_is_read(tmp_path, name, subtype, tolerance):
    soundfile.write(tmp_path / name, sine(16_000), 16_000, subtype=subtype)
    sound = read_sound(tmp_path / name)
    assert sound.encoding.endswith(subtype)
    assert len(sound.waveform) == 64_000
    assert np.abs(middle(sound.waveform) - middle(sine(16_000))).max() <= tolerance


def test_channels_are_averaged_and_float_samples_are_not_normalised(tmp_path):
    left, right = np.full(64_000, 3.0), np.full(64_000, -0.5)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), 16_000, subtype="FLOAT")
    assert (read_sound(tmp_path / "a.wav").waveform == 1.25).all()


def test_zeros_at_the_end_are_measured_at_the_files_own_rate():
    waveform = sine(44_100)
    waveform[44_100:] = 0
    waveform[44_099] = 0.25
    tail = zero_tail(waveform, 44_100)
    assert (tail.start, tail.seconds) == (1.0, 3.0)
    assert tail.level_before == pytest.approx(0.5, abs=0.01)
    assert zero_tail(np.zeros(16_000), 16_000).seconds == 1.0
    assert zero_tail(sine(16_000) + 0.6, 16_000).seconds == 0.0


def wav(samples: np.ndarray) -> bytes:
    return wav_header(len(samples)) + np.asarray(samples, dtype="<i2").tobytes()


FULL = wav(np.ones(64_000))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read as audio"),
        (b"this is a letter to a friend, and no waveform at all", "cannot be read as audio"),
        (wav(np.ones(0)), "holds no samples"),
        (FULL[:-30_000], "cut short, 30,000 bytes"),
        (wav(np.ones(61 * 16_000)), "61 s long"),
    ],
)
def test_files_that_are_no_note_are_told_apart(tmp_path, content, reason):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(SingError, match=reason):
        read_sound(tmp_path / "a.wav")


@pytest.mark.parametrize("name", ["a.flac", "a.mp3"])
def test_compressed_files_that_are_cut_short_are_noticed(tmp_path, name, capfd):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 64_000)
    soundfile.write(tmp_path / name, noise, 16_000)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(SingError, match=r"cut short|cannot be read"):
        read_sound(tmp_path / name)


def test_a_header_written_before_the_length_was_known_is_no_fault(tmp_path):
    streamed = bytearray(FULL)
    streamed[4:8] = streamed[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "a.wav").write_bytes(bytes(streamed))
    assert len(read_sound(tmp_path / "a.wav").waveform) == 64_000


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_sample_that_is_not_finite_is_an_error(tmp_path, value):
    samples = sine(16_000)
    samples[100] = value
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    with pytest.raises(SingError, match="1 samples are NaN or infinite"):
        read_sound(tmp_path / "a.wav")


def test_a_missing_file_or_a_pipe_is_an_error_and_no_wait(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(SingError, match=r"a.wav: not a regular file; check the path"):
        read_sound(tmp_path / "a.wav")
    with pytest.raises(SingError, match=r"b.wav: there is no such file; check the path"):
        read_sound(tmp_path / "b.wav")
    assert length_at_sample_rate(tmp_path / "b.wav") is None
