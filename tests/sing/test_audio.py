import numpy as np
import pytest
import soundfile

from sing import audio
from sing.errors import SingError


def test_every_sixteen_bit_sample_survives_reading_and_writing(tmp_path):
    samples = np.resize(np.arange(-32_768, 32_768, dtype=np.int16), 64_000)
    samples[0] = 32_767
    assert audio.write_waveform(tmp_path / "note.wav", audio.from_pcm16(samples)) == 0
    np.testing.assert_array_equal(audio.read_pcm16(tmp_path / "note.wav"), samples)
    read = audio.read_waveform(tmp_path / "note.wav")
    np.testing.assert_array_equal(read, samples / np.float32(32_768))


def test_samples_beyond_full_scale_are_clipped_and_counted(tmp_path):
    waveform = np.zeros(64_000)
    waveform[[0, 1, 2, 3]] = 1.5, -1.5, 1.0, -1.0
    assert audio.write_waveform(tmp_path / "note.wav", waveform) == 3
    assert audio.read_pcm16(tmp_path / "note.wav")[:4].tolist() == [
        32_767,
        -32_768,
        32_767,
        -32_768,
    ]


@pytest.mark.parametrize("length", [0, 1, 256, 16_001, 64_000])
def test_files_are_byte_for_byte_what_libsndfile_writes(tmp_path, length):
    samples = np.random.default_rng(0).integers(-32_768, 32_768, length, dtype=np.int16)
    soundfile.write(tmp_path / "theirs.wav", samples, 16_000, format="WAV", subtype="PCM_16")
    assert audio.write_waveform(tmp_path / "ours.wav", audio.from_pcm16(samples)) == 0
    assert (tmp_path / "ours.wav").read_bytes() == (tmp_path / "theirs.wav").read_bytes()


def test_more_than_one_channel_is_never_written(tmp_path):
    with pytest.raises(ValueError, match=r"shape \(64000, 2\), expected one axis"):
        audio.write_waveform(tmp_path / "note.wav", np.zeros((64_000, 2)))
    assert not (tmp_path / "note.wav").exists()


def test_nan_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="NaN"):
        audio.write_waveform(tmp_path / "note.wav", np.full(64_000, np.nan))
    assert not (tmp_path / "note.wav").exists()


@pytest.mark.parametrize(
    ("samples", "rate", "fault"),
    [
        (np.zeros(64_000), 44_100, "44,100 Hz, expected 16,000 Hz"),
        (np.zeros((64_000, 2)), 16_000, "2 channels, expected mono"),
        (np.zeros(59_904), 16_000, "59,904 samples, expected 64,000"),
        (np.full(64_000, np.nan), 16_000, "NaN"),
    ],
)
def test_what_is_no_note_is_named(tmp_path, samples, rate, fault):
    path = tmp_path / "note.wav"
    soundfile.write(path, samples, rate, subtype="FLOAT")
    with pytest.raises(SingError, match=fault) as caught:
        audio.read_waveform(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_missing_and_foreign_files_are_named(tmp_path):
    with pytest.raises(SingError, match="there is no such file"):
        audio.read_waveform(tmp_path / "none.wav")
    (tmp_path / "text.wav").write_text("not audio")
    with pytest.raises(SingError, match="cannot be read as audio"):
        audio.read_waveform(tmp_path / "text.wav")


def test_genuine_nsynth_notes_are_read(nsynth):
    waveform = audio.read_waveform(nsynth / "notes" / "keyboard_acoustic_004-058-127.flac")
    assert waveform.shape == (64_000,)
    assert 0.1 < np.abs(waveform).max() <= 1


def test_plain_files_are_read_as_the_general_reader_reads_them(tmp_path, monkeypatch, nsynth):
    flac = nsynth / "notes" / "bass_acoustic_000-036-075.flac"
    samples, _ = soundfile.read(flac, dtype="int16")
    path = tmp_path / "note.wav"
    soundfile.write(path, samples, 16_000, subtype="PCM_16")
    fast = audio.read_pcm16(path), audio.read_waveform(path)
    monkeypatch.setattr(audio, "_read_canonical", lambda _: None)
    np.testing.assert_array_equal(fast[0], audio.read_pcm16(path))
    np.testing.assert_array_equal(fast[1], audio.read_waveform(path))
    np.testing.assert_array_equal(fast[0], samples)
