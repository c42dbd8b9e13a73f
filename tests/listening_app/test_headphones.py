import io
from collections import Counter

import numpy as np
import pyloudnorm
import pytest
import soundfile
import soxr

from listening_app import headphone_sounds as sounds
from listening_app.headphones import CHECK_COLUMNS, CHECKS, read_checks
from listening_app.stimuli import Names
from sing import files
from sing.errors import SingError

RATE = 44_100


def interval(clip, number):
    """The sound number 1 to 3 of a clip: each is a second, after gaps of half a second."""
    start = round((number - 1) * 1.5 * RATE)
    return clip[start : start + RATE]


def level(waveform):
    return 10 * np.log10(np.mean(waveform**2) + 1e-20)


def band(waveform, low, high):
    spectrum = np.fft.rfft(waveform)
    frequencies = np.fft.rfftfreq(len(waveform), 1 / RATE)
    return spectrum[(frequencies >= low) & (frequencies <= high)]


def test_over_headphones_the_softest_tone_is_the_right_one():  # Woods et al. 2017
    clip = sounds.antiphase_clip(quietest=2, inverted=3)
    for ear in (0, 1):
        levels = [level(interval(clip, number)[:, ear]) for number in (1, 2, 3)]
        assert levels[0] == pytest.approx(levels[2])
        assert levels[0] - levels[1] == pytest.approx(6.0)


def test_over_loudspeakers_the_antiphase_tone_is_the_softest():  # Woods et al. 2017
    clip = sounds.antiphase_clip(quietest=2, inverted=3)
    in_the_room = [level(interval(clip, number).sum(axis=1)) for number in (1, 2, 3)]
    assert in_the_room.index(min(in_the_room)) == 2


def test_the_tones_are_of_200_hertz():
    tone = interval(sounds.antiphase_clip(1, 2), 3)[:, 0]
    assert np.abs(np.fft.rfft(tone)).argmax() == 200  # bins of 1 Hz


def test_only_the_target_has_a_pitch_between_the_ears():  # Milne et al. 2020
    clip = sounds.huggins_clip(2, np.random.default_rng(0))
    for number in (1, 3):
        assert np.allclose(interval(clip, number)[:, 0], interval(clip, number)[:, 1])
    left, right = interval(clip, 2).T
    inside = [band(ear, 570, 630) for ear in (left, right)]
    outside = [band(ear, 700, 5000) for ear in (left, right)]
    assert np.vdot(*inside).real / np.vdot(inside[0], inside[0]).real == pytest.approx(-1, abs=0.05)
    assert np.vdot(*outside).real / np.vdot(outside[0], outside[0]).real > 0.99


def test_each_ear_alone_hears_no_difference():  # Milne et al. 2020: the pitch is in the head
    clip = sounds.huggins_clip(2, np.random.default_rng(0))
    for ear in (0, 1):
        powers = [
            np.mean(np.abs(band(interval(clip, number)[:, ear], 564, 636)) ** 2)
            for number in (1, 2, 3)
        ]
        assert max(powers) / min(powers) < 2  # chance of white noise in 72 bins


def test_the_sound_check_is_as_loud_as_the_study():
    clip = sounds.sound_check_clip(-26.0)
    assert np.array_equal(clip[:, 0], clip[:, 1])
    mono = soxr.resample(clip[:, 0], RATE, 16_000)
    assert pyloudnorm.Meter(16_000).integrated_loudness(mono) == pytest.approx(-26, abs=0.1)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checks")
    rows = sounds.write_checks(folder / "checks", Names("a study"), -26.0)
    files.write_csv(folder / CHECKS, CHECK_COLUMNS, rows)
    return folder


def test_there_are_six_trials_of_each_test_and_each_answer_is_right_twice(written):
    checks = read_checks(written)
    for trials in (checks.antiphase, checks.huggins):
        assert Counter(check.target for check in trials) == {1: 2, 2: 2, 3: 2}
    assert checks.sound.target == 0


def test_files_are_what_the_table_says_and_tell_nothing_else(written):
    checks = read_checks(written)
    for check in checks.antiphase:
        clip, rate = soundfile.read(io.BytesIO(check.path.read_bytes()))
        levels = [level(interval(clip, number)[:, 0]) for number in (1, 2, 3)]
        assert rate == RATE
        assert levels.index(min(levels)) + 1 == check.target
    for check in checks.huggins:
        clip, _ = soundfile.read(check.path)
        differ = [np.abs(np.subtract(*interval(clip, n).T)).max() > 0.01 for n in (1, 2, 3)]
        assert differ.index(True) + 1 == check.target
        assert sum(differ) == 1
    trials = [*checks.antiphase, *checks.huggins]
    assert len({check.path.stat().st_size for check in trials}) == 1
    assert len({check.path.read_bytes()[:44] for check in trials}) == 1


def test_another_study_has_other_names_and_the_same_study_the_same_bytes(written, tmp_path):
    first = {path.name: path.read_bytes() for path in (written / "checks").iterdir()}
    sounds.write_checks(tmp_path / "same", Names("a study"), -26.0)
    sounds.write_checks(tmp_path / "other", Names("another study"), -26.0)
    same = {path.name: path.read_bytes() for path in (tmp_path / "same").iterdir()}
    assert same == first
    assert not {path.name for path in (tmp_path / "other").iterdir()} & set(first)


def test_a_missing_check_is_one_line(written, tmp_path):
    (tmp_path / "checks").mkdir()
    (tmp_path / CHECKS).write_text((written / CHECKS).read_text())
    with pytest.raises(SingError, match="a sound is missing from disk; restore it"):
        read_checks(tmp_path)
