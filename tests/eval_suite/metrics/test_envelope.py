"""Attack and decay times of envelopes in closed form."""

import numpy as np
import pytest

from eval_suite.metrics.envelope import envelope_times
from eval_suite.metrics.metric import parse_metric
from eval_suite.metrics.spectra import Spectra

ATTACK, DECAY = parse_metric("attack_error"), parse_metric("decay_error")
SECONDS = np.arange(64_000) / 16_000
WINDOW = 0.02  # seconds; what the smoothing can add


def shaped(levels: np.ndarray, frequency: float = 440, offset: float = 0) -> np.ndarray:
    return (0.2 * levels * np.sin(2 * np.pi * frequency * SECONDS) + offset).astype(np.float32)


def times(waveform: np.ndarray) -> tuple[float, float]:
    attack, decay = envelope_times(Spectra(waveform)).tolist()
    return attack, decay


@pytest.mark.parametrize("time_constant", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("frequency", [27.5, 440, 4000])
def test_an_exponential_decay_reaches_minus_20_db_after_ln_10_time_constants(
    time_constant: float, frequency: float
):
    levels = np.exp(-SECONDS / time_constant)
    attack, decay = times(shaped(levels, frequency))
    assert attack < WINDOW
    # The smoothing delays the end of the note by its window.
    assert decay == pytest.approx(np.log(10) * time_constant + WINDOW, abs=WINDOW)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0])
def test_a_linear_attack_takes_eight_tenths_of_its_ramp(seconds: float):
    attack, decay = times(shaped(np.minimum(SECONDS / seconds, 1)))
    assert attack == pytest.approx(0.8 * seconds, abs=WINDOW)
    # From the onset at a tenth of the ramp to the end of the file.
    assert decay == pytest.approx(4 - 0.1 * seconds, abs=WINDOW)


def test_a_later_onset_changes_neither():
    levels = np.minimum(SECONDS / 0.3, 1) * np.exp(-SECONDS / 0.2)
    late = np.roll(levels, 8000)
    late[:8000] = 0
    early, later = times(shaped(levels, 400)), times(shaped(late, 400))
    assert later == pytest.approx(early, abs=0.002)


def test_errors_are_the_differences_of_the_times():
    fast = shaped(np.exp(-SECONDS / 0.2))
    slow = shaped(np.minimum(SECONDS / 0.5, 1) * np.exp(-SECONDS / 0.2))
    (attack, decay), (other_attack, other_decay) = times(fast), times(slow)
    assert ATTACK(fast[None], slow[None]).item() == pytest.approx(other_attack - attack)
    assert DECAY(fast[None], slow[None]).item() == pytest.approx(abs(other_decay - decay))
    assert other_attack > attack


def test_a_tremolo_or_the_pulses_of_a_low_note_do_not_end_it():
    tremolo = 0.5 + 0.5 * np.cos(2 * np.pi * 5 * SECONDS)
    assert times(shaped(tremolo))[1] > 3.8
    pulses = np.zeros(64_000, dtype=np.float32)
    pulses[::640] = 0.5  # 25 Hz: nothing between the windows of 20 ms
    assert times(pulses)[1] > 3.8


def test_an_offset_is_not_sound():
    levels = np.exp(-SECONDS / 0.2)
    assert times(shaped(levels, offset=0.3)) == pytest.approx(times(shaped(levels)), abs=0.002)
    assert times(shaped(0 * levels, offset=0.3)) == (0, 0)
    assert times(shaped(0 * levels)) == (0, 0)
    assert times(shaped(1e-4 * levels)) == (0, 0)  # -94 dB of full scale
