import numpy as np
import pytest

from listening_app.anchors import parse_anchor
from listening_app.degraded import beeps, degrade
from sing.errors import SingError


def sine(frequency):
    return 0.3 * np.sin(2 * np.pi * frequency * np.arange(64_000) / 16_000)


def decibels(estimate, reference):
    return 20 * np.log10(np.sqrt(np.mean(estimate**2)) / np.sqrt(np.mean(reference**2)))


@pytest.mark.parametrize("ratio", [0, 15, 30])
def test_modulated_noise_lies_so_many_decibels_below_the_note(ratio):  # ITU-T P.810
    note = sine(440) * np.exp(-np.arange(64_000) / 16_000)
    degraded = degrade(note, f"mnru-{ratio}", np.random.default_rng(0))
    assert decibels(degraded - note, note) == pytest.approx(-ratio, abs=0.2)


def test_modulated_noise_is_silent_where_the_note_is():
    note = np.concatenate([sine(440)[:32_000], np.zeros(32_000)])
    assert not degrade(note, "mnru-0", np.random.default_rng(0))[32_000:].any()


def test_a_low_pass_keeps_what_is_below_and_removes_what_is_above():
    rng = np.random.default_rng(0)
    assert decibels(degrade(sine(1000), "lowpass-3500", rng), sine(1000)) > -0.1
    assert decibels(degrade(sine(7000), "lowpass-3500", rng), sine(7000)) < -40


@pytest.mark.parametrize("count", [1, 5, 9])
def test_beeps_can_be_counted(count):
    power = np.convolve(beeps(count) ** 2, np.ones(160) / 160, mode="same")
    onsets = np.count_nonzero(np.diff((power > 0.01).astype(int)) == 1)
    assert onsets == count
    spectrum = np.abs(np.fft.rfft(beeps(count)))
    assert spectrum.argmax() * 16_000 / 64_000 == pytest.approx(880, abs=5)  # A5


@pytest.mark.parametrize("count", [0, 10])
def test_nobody_is_asked_to_count_more_beeps_than_a_clip_holds(count):
    with pytest.raises(ValueError, match="beeps"):
        beeps(count)


@pytest.mark.parametrize("name", ["lowpass-8000", "lowpass-99", "mnru-61", "hiss-3", "mnru", ""])
def test_what_is_no_anchor_is_said(name):
    with pytest.raises(SingError, match="is no anchor; write lowpass-HZ with 100 to 7,999 Hz"):
        parse_anchor(name)
