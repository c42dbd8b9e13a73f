"""What the shipped classifier is held to: sure of real notes, and not put off by trifles."""

import numpy as np
import pytest
import soxr

from eval_suite.classifier.accuracy import correctness
from eval_suite.classifier.folder import shipped_classifier
from eval_suite.classifier.judge import open_classifier
from eval_suite.metrics.distribution import frechet_distance, kernel_distance
from sing import files
from sing.data.nsynth import open_dataset
from sing.data.split import make_split, read_split

DISTANCES = (frechet_distance, kernel_distance)


@pytest.fixture(scope="module")
def classifier():
    return open_classifier()


@pytest.fixture(scope="module")
def test_notes(demo_cache):
    """Every other held-out note of the demo dataset and its waveform."""
    dataset = open_dataset(demo_cache / "demo-1")
    notes = make_split(dataset.notes).test[::2]
    return notes, dataset.waveforms(notes)


@pytest.fixture
def heard(classifier, test_notes):
    """The features of changed test notes, and the share of right pitches and families."""
    notes, waveforms = test_notes

    def hear(change=lambda waveforms: waveforms):
        found = classifier.judge(change(waveforms).astype(np.float32))
        right = correctness(classifier.classes, found.pitch, found.family, notes)
        return found.features, right.mean(0)

    return hear


def noisy(decibels: float):
    """White noise so many dB below each note."""

    def change(waveforms: np.ndarray) -> np.ndarray:
        levels = np.sqrt((waveforms**2).mean(1, keepdims=True)) * 10 ** (-decibels / 20)
        return waveforms + levels * np.random.default_rng(0).normal(size=waveforms.shape)

    return change


def detuned(cents: float):
    def change(waveforms: np.ndarray) -> np.ndarray:
        rate = 16_000 * 2 ** (cents / 1200)
        longer = np.pad(waveforms, ((0, 0), (0, 4_000)))
        return np.array([soxr.resample(one, rate, 16_000)[:64_000] for one in longer])

    return change


def test_it_is_small_and_says_that_it_is_right_of_nineteen_notes_in_twenty(classifier):
    size = sum(path.stat().st_size for path in shipped_classifier().iterdir())
    assert size < 1.5 * 2**20
    found = classifier.card.accuracy["test"]
    assert found["pitch"].share > 0.95
    assert found["family"].share > 0.95
    assert not {*read_split(shipped_classifier() / "split.csv").train} & {
        *read_split(shipped_classifier() / "split.csv").test
    }
    assert files.read_json(shipped_classifier() / "provenance.json")["dataset"] == "demo"


@pytest.mark.slow
def test_its_split_is_that_of_the_demo_dataset(demo_cache):
    notes = open_dataset(demo_cache / "demo-1").notes
    assert read_split(shipped_classifier() / "split.csv") == make_split(notes)


@pytest.mark.slow
def test_it_is_as_good_on_the_held_out_notes_as_it_says(heard, classifier):
    _, shares = heard()
    said = [classifier.card.accuracy["test"][head].share for head in ("pitch", "family")]
    assert shares == pytest.approx(said, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("change", [noisy(30), detuned(10), detuned(-25)])
def test_what_a_listener_hardly_notices_changes_few_answers(heard, change):
    _, shares = heard(change)
    assert shares.min() > 0.9


@pytest.mark.slow
def test_a_note_that_is_a_semitone_sharp_has_the_wrong_pitch_and_the_right_family(heard):
    _, (pitch, family) = heard(detuned(100))
    assert pitch < 0.1
    assert family > 0.85


@pytest.mark.slow
def test_distances_rise_with_noise_and_silence_is_the_farthest(heard):
    reference, _ = heard()
    levels = [heard(noisy(decibels))[0] for decibels in (40, 30, 20, 10)]
    silence, _ = heard(np.zeros_like)
    for distance in DISTANCES:
        found = [distance(reference, features) for features in (*levels, silence)]
        assert found == sorted(found)
