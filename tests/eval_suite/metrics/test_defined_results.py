"""Every metric on what is no ordinary note: silence, clipping, DC, NaN, single samples."""

import numpy as np
import pytest

from eval_suite.metrics.metric import parse_metric
from eval_suite.metrics.registry import REGISTRY

SECONDS = np.arange(64_000) / 16_000
TONE = (0.4 * np.sin(2 * np.pi * 261.6 * SECONDS) * np.exp(-SECONDS)).astype(np.float32)
OTHER = (0.2 * np.sin(2 * np.pi * 270 * SECONDS) * np.exp(-SECONDS / 3)).astype(np.float32)
SILENCE = np.zeros(64_000, dtype=np.float32)
OFFSET = np.full(64_000, 0.5, dtype=np.float32)
NOISE = 0.1 * np.random.default_rng(0).standard_normal(64_000).astype(np.float32)
DIRECTED = {"itakura_saito", "multi_resolution_stft"}
"""Metrics that say what the estimate costs against the reference, and not the reverse."""

every_metric = pytest.mark.parametrize(
    "name", [name for name, definition in REGISTRY.items() if not definition.needs_classifier]
)


def value(name: str, reference: np.ndarray, estimate: np.ndarray) -> float:
    values = parse_metric(name)(reference[None], estimate[None], [60])
    assert values.shape == (1,)
    assert values.dtype == np.float64
    return values.item()


def perfect(name: str) -> float:
    return 1.0 if REGISTRY[name].better == "higher" else 0.0


@every_metric
@pytest.mark.parametrize(
    "waveform", [TONE, SILENCE, OFFSET, NOISE], ids=["tone", "silence", "offset", "noise"]
)
def test_equal_waveforms_have_the_perfect_value(name: str, waveform: np.ndarray):
    assert value(name, waveform, waveform.copy()) == perfect(name)


@every_metric
@pytest.mark.parametrize("other", [TONE, OFFSET, NOISE], ids=["tone", "offset", "noise"])
def test_beside_silence_every_value_is_a_number_from_0_up(name: str, other: np.ndarray):
    for found in (value(name, SILENCE, other), value(name, other, SILENCE)):
        assert np.isfinite(found)
        assert found >= 0


@every_metric
def test_silence_is_not_taken_for_a_tone(name: str):
    found = value(name, TONE, SILENCE)
    assert found < 1 if REGISTRY[name].better == "higher" else found > 0


@pytest.mark.parametrize(
    ("name", "expected", "tolerance"),
    [
        ("wav_mse", 0.4**2 / 2 * (1 - np.exp(-8)) / 8, 1e-4),
        ("pitch_error", 1200, 0),
        ("pitch_within_50", 0, 0),
        ("attack_error", 0.016, 0.002),
        ("decay_error", np.log(10) + 0.02, 0.01),
    ],
)
def test_silence_beside_a_tone_has_the_value_that_its_definition_gives(
    name: str, expected: float, tolerance: float
):
    assert value(name, TONE, SILENCE) == pytest.approx(expected, abs=tolerance)


@every_metric
def test_a_clipped_tone_has_a_value_and_keeps_its_pitch_and_times(name: str):
    loud = 4 * OTHER  # a peak of 0.8
    clipped = loud.clip(-0.5, 0.5)
    found = value(name, loud, clipped)
    assert np.isfinite(found)
    if name == "pitch_error":
        assert found < 1
    elif name == "pitch_within_50":
        assert found == 1
    elif name in {"attack_error", "decay_error"}:
        assert 0 <= found < 0.5
    else:
        assert found > 0


@every_metric
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_an_error_that_names_it(name: str, bad: float):
    broken = TONE.copy()
    broken[[100, 200]] = bad
    for pair in ((TONE, broken), (broken, TONE)):
        with pytest.raises(ValueError, match=f"sample 100 is {bad}"):
            value(name, *pair)


@every_metric
@pytest.mark.parametrize("samples", [0, 1, 1023])
def test_a_waveform_shorter_than_a_frame_is_an_error(name: str, samples: int):
    with pytest.raises(ValueError, match="expected"):
        value(name, TONE[:samples], TONE[:samples])


@every_metric
def test_the_reference_comes_first(name: str):
    forth, back = value(name, TONE, OTHER), value(name, OTHER, TONE)
    if name in DIRECTED:
        assert abs(forth / back - 1) > 0.01
    else:
        assert forth == pytest.approx(back, rel=1e-6)


@every_metric
def test_a_batch_holds_one_value_a_note(name: str):
    reference, estimate = np.stack([TONE, OTHER, TONE]), np.stack([OTHER, TONE, TONE])
    values = parse_metric(name)(reference, estimate, [60, 60, 60])
    alone = [value(name, *pair) for pair in zip(reference, estimate, strict=True)]
    assert values.tolist() == alone


def test_huge_samples_are_numbers_too():
    assert value("pitch_error", TONE, np.float32(1e25) * TONE) < 0.1
