"""Every metric's values on fixed pairs of waveforms, as they were when they were recorded.

After a change that is meant to change values, `python tests/eval_suite/metrics/test_regression.py`
records them anew; the difference of the file belongs into the review.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from eval_suite.metrics.metric import parse_metric
from eval_suite.metrics.registry import REGISTRY
from sing.notes import Note

TESTS = Path(__file__).resolve().parents[2]
RECORDED = TESTS / "data" / "metrics" / "values.json"
NSYNTH = TESTS.parents[1] / "shared" / "data" / "nsynth"
SECONDS = np.arange(64_000) / 16_000
ABSOLUTE = {"pitch_error": 0.01}  # cents; elsewhere what a float32 sum leaves

Pair = tuple[np.ndarray, np.ndarray, int]


def tone(pitch: float, decay: float = 1.0, attack: float = 0.01, level: float = 0.2) -> np.ndarray:
    base = 440 * 2 ** ((pitch - 69) / 12)
    partials = [
        np.sin(2 * np.pi * base * order * SECONDS) / order
        for order in range(1, 9)
        if base * order < 7_500
    ]
    shape = np.minimum(SECONDS / attack, 1) * np.exp(-SECONDS / decay)
    return level * np.sum(partials, axis=0) * shape


def noise(seed: int, level: float = 0.1) -> np.ndarray:
    return level * (2 * np.random.default_rng(seed).random(64_000) - 1)


def pairs() -> dict[str, Pair]:
    made = {
        "detuned by 30 cents": (tone(57), tone(57.3), 57),
        "half the amplitude": (tone(60), tone(60) / 2, 60),
        "noise added": (tone(64), tone(64) + noise(1, 0.02), 64),
        "slower": (tone(52, 0.5, 0.02), tone(52, 1.5, 0.3), 52),
        "an octave up": (tone(48), tone(60), 48),
        "clipped": (tone(62, level=0.5), tone(62, level=0.5).clip(-0.3, 0.3), 62),
        "lowest": (tone(21), tone(20.8, 2.0), 21),
        "highest": (tone(108), tone(108.4, 0.8), 108),
        "noises": (noise(2), noise(3, 0.3), 69),
        "to silence": (tone(60), np.zeros(64_000), 60),
    }
    return {
        name: (reference.astype(np.float32), estimate.astype(np.float32), pitch)
        for name, (reference, estimate, pitch) in made.items()
    }


def real_pairs(nsynth: Path) -> dict[str, Pair]:
    """WaveNet's output beside the note that it was made from, and two notes of NSynth."""

    def read(relative: str) -> np.ndarray:
        waveform = soundfile.read(nsynth / relative, dtype="float32")[0]
        return np.pad(waveform, (0, 64_000 - len(waveform)))

    keyboard = "keyboard_acoustic_004-058-127"
    organ, bass = "organ_electronic_028-048-050", "bass_acoustic_000-048-075"
    return {
        "wavenet": (
            read(f"notes/{keyboard}.flac"),
            read(f"wavenet/gen_{keyboard}.flac"),
            Note.parse(keyboard).pitch,
        ),
        "two instruments": (read(f"notes/{organ}.flac"), read(f"notes/{bass}.flac"), 48),
    }


def values(pair: Pair) -> dict[str, float]:
    reference, estimate, pitch = pair
    return {
        name: parse_metric(name)(reference[None], estimate[None], [pitch]).item()
        for name, definition in REGISTRY.items()
        if not definition.needs_classifier  # tests/eval_suite/metrics/test_judged.py
    }


def assert_recorded(found: dict[str, dict[str, float]]) -> None:
    recorded = json.loads(RECORDED.read_text())
    for pair, of_metrics in found.items():
        assert recorded[pair].keys() == of_metrics.keys(), pair
        for name, value in of_metrics.items():
            expected = pytest.approx(recorded[pair][name], rel=1e-4, abs=ABSOLUTE.get(name, 1e-9))
            assert value == expected, (pair, name)


def test_values_on_synthetic_notes_are_the_recorded_ones():
    assert_recorded({name: values(pair) for name, pair in pairs().items()})


def test_values_on_real_notes_are_the_recorded_ones(nsynth: Path):
    assert_recorded({name: values(pair) for name, pair in real_pairs(nsynth).items()})


def record() -> None:
    """Write the file. Needs the real notes too."""
    everything = {**pairs(), **real_pairs(NSYNTH)}
    rounded = {
        name: {metric: float(f"{value:.9g}") for metric, value in values(pair).items()}
        for name, pair in everything.items()
    }
    RECORDED.write_text(json.dumps(rounded, indent=1) + "\n")


if __name__ == "__main__":
    record()
