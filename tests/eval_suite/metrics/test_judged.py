"""What the shipped classifier says of notes, as metrics and as features of distances."""

import numpy as np
import pytest

from eval_suite.classifier.judge import open_classifier
from eval_suite.columns import choose_columns
from eval_suite.metrics.judged import judged_features
from eval_suite.metrics.spectra import Spectra
from sing.errors import SingError

SECONDS = np.arange(64_000) / 16_000


@pytest.fixture(scope="module")
def organ() -> np.ndarray:
    """Eight harmonics of C4 (MIDI 60), steady like a drawbar organ, [1, 64000]."""
    partials = range(1, 9)
    note = sum(np.sin(2 * np.pi * 261.626 * n * SECONDS) / n for n in partials)
    return (0.2 * note).astype(np.float32)[None]


def metric(name: str):
    (found,) = choose_columns([name]).metrics
    return found


def test_the_pitch_that_is_heard_is_right_or_wrong(organ: np.ndarray):
    silence = np.zeros_like(organ)
    accuracy = metric("pitch_accuracy")
    assert accuracy(silence, organ, pitches=[60]).tolist() == [1.0]
    assert accuracy(silence, organ, pitches=[61]).tolist() == [0.0]


def test_the_family_that_is_heard_is_one_of_the_known_ones(organ: np.ndarray):
    accuracy = metric("family_accuracy")
    families = open_classifier().classes.families
    judged = [accuracy(organ, organ, families=[family]).item() for family in families]
    assert sorted(judged) == [0.0] * (len(families) - 1) + [1.0]


def test_what_the_classifier_never_heard_is_said(organ: np.ndarray):
    with pytest.raises(ValueError, match="does not know the pitch 9"):
        metric("pitch_accuracy")(organ, organ, pitches=[9])
    with pytest.raises(ValueError, match="does not know the family kazoo"):
        metric("family_accuracy")(organ, organ, families=["kazoo"])


def test_features_are_the_classifier_s_own(organ: np.ndarray):
    classifier = open_classifier()
    found = judged_features(Spectra(organ[0]), classifier)
    np.testing.assert_array_equal(found, classifier.judge(organ).features[0])


def test_a_classifier_that_nothing_asks_is_refused(tmp_path):
    with pytest.raises(SingError, match="no metric asks for one"):
        choose_columns(["wav_mse"], tmp_path)
    with pytest.raises(SingError, match="did you mean 'kernel_distance'"):
        choose_columns(["kernel_distanc"])


def test_all_is_every_metric_and_distance_and_the_default_is_the_papers():
    everything = choose_columns(["all"])
    assert {one.name for one in everything.distances} == {"frechet_distance", "kernel_distance"}
    assert len(everything.metrics) == 16
    assert choose_columns([]).classifier is None
