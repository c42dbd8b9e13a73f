"""A classifier at work: its answers depend on the waveform alone."""

import pickle
import shutil

import numpy as np
import pytest

from eval_suite.classifier.judge import describe, open_classifier
from sing import files
from sing.errors import SingError


@pytest.fixture
def waveforms(dataset):
    return dataset.waveforms(dataset.notes[::6])


@pytest.mark.slow
def test_a_judgement_has_features_pitches_and_families_of_known_classes(trained, waveforms):
    found = trained.judge(waveforms)
    assert found.features.shape == (8, 64)
    assert found.features.dtype == np.float32
    assert {*found.pitch.tolist()} <= {*range(60, 72)}
    assert {*found.family} <= {"bass", "flute"}


def test_a_note_is_judged_alike_in_any_company_and_process(trained, waveforms):
    together = trained.judge(waveforms)
    elsewhere = pickle.loads(pickle.dumps(trained))
    assert len(pickle.dumps(trained)) < 20_000  # the path, not the weights
    for row, waveform in enumerate(waveforms):
        alone = elsewhere.judge(waveform[None])
        assert (alone.features[0] == together.features[row]).all()
        assert alone.pitch[0] == together.pitch[row]


def test_loudness_does_not_count(trained, waveforms):
    loud, soft = trained.judge(waveforms), trained.judge(waveforms / 64)
    assert (loud.features == soft.features).all()


def test_silence_has_an_answer(trained):
    found = trained.judge(np.zeros((2, 64_000), np.float32))
    assert np.isfinite(found.features).all()
    assert (found.features[0] == found.features[1]).all()


def test_no_waveform_is_no_answer(trained):
    found = trained.judge(np.zeros((0, 64_000), np.float32))
    assert found.features.shape == (0, 64)
    assert found.family == []


@pytest.mark.parametrize("wrong", [np.zeros((1, 63_999)), np.zeros(64_000), np.ones((1, 1))])
def test_another_shape_is_refused(trained, wrong):
    with pytest.raises(ValueError, match="expected"):
        trained.judge(wrong.astype(np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_sample_that_is_not_finite_is_refused(trained, value):
    waveforms = np.zeros((2, 64_000), np.float32)
    waveforms[1, 100] = value
    with pytest.raises(ValueError, match="waveform 1"):
        trained.judge(waveforms)


def test_facts_identify_the_weights(trained):
    facts = trained.facts()
    weights = files.sha256(trained.folder / "model.safetensors")
    assert facts["sha256"]["model.safetensors"] == weights
    assert facts["test_accuracy"]["pitch"] == trained.card.accuracy["test"]["pitch"].share


def test_a_description_counts_right_answers_among_judged_notes(trained):
    lines = describe(trained)
    right = trained.card.accuracy["test"]["pitch"].right
    assert f"({right} of 12 notes)" in lines["pitch accuracy, test"]
    assert lines["pitches"] == "12 (MIDI 60-71)"
    assert lines["families"] == "bass, flute"


def copy_of(trained, tmp_path):
    return shutil.copytree(trained.folder, tmp_path / "copy")


def test_weights_of_another_training_are_refused(trained, tmp_path):
    folder = copy_of(trained, tmp_path)
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(SingError, match="not the weights"):
        open_classifier(folder).judge(np.zeros((1, 64_000), np.float32))


def test_a_missing_weights_file_is_one_line(trained, tmp_path):
    folder = copy_of(trained, tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(SingError, match="no such file"):
        open_classifier(folder).judge(np.zeros((1, 64_000), np.float32))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"format": 99}, "format 99"),
        ({"pitches": "many"}, "'pitches'"),
        ({"families": ["bass"]}, "does not fit"),
    ],
)
def test_a_card_that_cannot_be_is_one_line(trained, tmp_path, change, fault):
    folder = copy_of(trained, tmp_path)
    card = files.read_json(folder / "classifier.json")
    files.write_json(folder / "classifier.json", {**card, **change})
    with pytest.raises(SingError, match=fault):
        open_classifier(folder).judge(np.zeros((1, 64_000), np.float32))


def test_a_folder_without_a_classifier_is_one_line(tmp_path):
    with pytest.raises(SingError, match="not a classifier"):
        open_classifier(tmp_path)
