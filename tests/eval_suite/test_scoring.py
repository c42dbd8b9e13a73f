"""Scoring a batch: pitches reach the metrics, and a reference's features are computed once."""

from pathlib import Path

import numpy as np
import pytest

from eval_suite.metrics import pitch
from eval_suite.metrics.features import Feature
from eval_suite.metrics.metric import Metric, parse_metrics
from eval_suite.plan import Plan
from eval_suite.scoring import score_batch
from eval_suite.sources import SystemSource
from sing.notes import Note
from sing.systems import SystemWriter

NOTES = tuple(Note("flute_acoustic_001", pitch, 100) for pitch in (30, 60, 90))
SECONDS = np.arange(64_000) / 16_000


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Three notes of a reference and of two systems, 30 cents sharp and silent."""

    def source(name: str, cents: float, level: float) -> SystemSource:
        writer = SystemWriter(tmp_path / name, name, "test")
        for note in NOTES:
            cycles = note.frequency * 2 ** (cents / 1200) * SECONDS
            writer.write(note, level * np.sin(2 * np.pi * cycles))
        return SystemSource(writer.finish(NOTES))

    systems = (source("sharp", 30, 0.3), source("silent", 0, 0))
    metrics = parse_metrics(("pitch_error", "pitch_within_50", "wav_mse"))
    return Plan(source("reference", 0, 0.3), systems, NOTES, metrics, 0, "cpu")


def test_a_metric_of_pitch_looks_for_each_note_around_its_own_pitch(plan: Plan):
    scores = score_batch(plan, 0)
    np.testing.assert_allclose(scores.values[0, :, 0], 30, atol=0.5)
    assert scores.values[0, :, 1].tolist() == [1, 1, 1]
    assert scores.values[1, :, :2].tolist() == [[1200, 0]] * 3
    np.testing.assert_allclose(scores.values[1, :, 2], 0.3**2 / 2, rtol=1e-3)
    assert not scores.reasons


def test_a_metric_that_overflows_has_a_reason_beside_another_that_cannot_be_told(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
):
    def of_pair(metric, _):
        if metric.column == "pitch_error":
            raise ValueError("no pitch")
        return np.inf if metric.column == "wav_mse" else 1.0

    monkeypatch.setattr(Metric, "of_pair", of_pair)
    scores = score_batch(plan, 0)
    assert np.isnan(scores.values[0, 0]).tolist() == [True, False, True]
    assert scores.reasons[0, 0].startswith("pitch_error: no pitch; wav_mse: too large")


def test_a_feature_of_the_reference_is_computed_once_for_all_systems_and_metrics(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
):
    measured = []

    def counted(spectra):
        measured.append(spectra.pitch)
        return pitch.fundamental(spectra)

    monkeypatch.setattr(pitch, "FUNDAMENTAL", Feature("counted", 1, counted, needs_pitch=True))
    score_batch(plan, 0)
    assert measured == [30] * 3 + [60] * 3 + [90] * 3  # the reference and two systems
