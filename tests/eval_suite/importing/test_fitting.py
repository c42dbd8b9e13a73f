"""Lengths, BS.1770's own reference level, and runs that were killed."""

import numpy as np
import pytest
import soundfile

from eval_suite.importing.fitting import fit_length, killed_at, matching_gain
from eval_suite.importing.reading import zero_tail


def sine(amplitude: float, frequency: float = 997.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(64_000) / 16_000)


@pytest.mark.parametrize("samples", [1, 59_904, 64_000, 64_512])
def test_a_waveform_is_padded_or_cut_at_its_end(samples):
    waveform = np.arange(1, samples + 1, dtype=np.float64)
    fitted = fit_length(waveform)
    assert fitted.shape == (64_000,)
    kept = min(samples, 64_000)
    assert np.array_equal(fitted[:kept], waveform[:kept])
    assert not fitted[kept:].any()


def test_the_gain_is_the_difference_of_levels_and_none_for_silence():
    assert matching_gain(sine(0.1), sine(0.4)) == pytest.approx(20 * np.log10(0.25), abs=1e-6)
    assert matching_gain(sine(0.1), np.zeros(64_000)) is None
    assert matching_gain(np.zeros(64_000), sine(0.1)) is None


def stopped(waveform: np.ndarray, reference: np.ndarray | None = None) -> float | None:
    return killed_at(zero_tail(waveform, 16_000), reference)


def test_a_genuine_note_that_breaks_off_is_noticed_and_the_whole_one_is_not(nsynth):
    for path in sorted((nsynth / "notes").iterdir()):
        note, _ = soundfile.read(path)
        assert stopped(note, note) is None, path.name
        assert stopped(note) is None, path.name
        killed = np.where(np.arange(64_000) < 12_345, note, 0)
        assert stopped(killed, note) == pytest.approx(12_345 / 16_000, abs=0.01), path.name
        assert stopped(killed) == pytest.approx(12_345 / 16_000, abs=0.01), path.name


def test_a_note_that_has_faded_out_may_end_in_zeros():
    fading = sine(0.5) * np.exp(-8 * np.arange(64_000) / 16_000)
    faded = np.where(np.abs(fading) < 2e-4, 0, fading)  # mu-law's exact zero
    assert zero_tail(faded, 16_000).seconds > 2
    assert stopped(faded) is None
    assert stopped(faded, fading) is None


def test_a_reference_that_stops_at_once_clears_a_note_that_does_so_too():
    gated = np.where(np.arange(64_000) < 48_000, sine(0.5), 0)
    assert stopped(gated) == 3.0
    assert stopped(gated, gated) is None


def test_silence_to_the_end_is_a_killed_run_unless_the_reference_is_silent():
    silent = np.zeros(64_000)
    assert stopped(silent) == 0
    assert stopped(silent, sine(0.1)) == 0
    assert stopped(silent, silent) is None


def test_short_tails_are_nobodys_business():
    assert stopped(np.where(np.arange(64_000) < 60_100, sine(0.5), 0)) is None
