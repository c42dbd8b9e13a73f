"""Sources are known by what they hold, and a broken waveform is a fault of its note alone."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eval_suite.sources import DatasetSource, RunSource, SystemSource, open_source
from sing.config import load_config
from sing.data.nsynth import Dataset
from sing.data.split import split_of
from sing.data.vocabulary import Vocabulary
from sing.errors import SingError
from sing.generate.folder import Order, write_generated
from sing.notes import Note
from sing.run import build_networks, save_weights, write_run
from sing.systems import System, read_system


@pytest.fixture
def run_folder(dataset: Dataset, tmp_path: Path) -> Path:
    """An untrained tiny run for the small dataset."""
    folder, config = tmp_path / "runs" / "untrained", load_config("tiny")
    vocabulary = Vocabulary.of(dataset.notes)
    write_run(folder, config, vocabulary, split_of(dataset), dataset=str(dataset.folder))
    save_weights(folder / "model.safetensors", build_networks(config, vocabulary).state_dict())
    return folder


def test_a_folder_is_known_by_what_it_holds(
    dataset: Dataset, make_system: Callable[..., System], run_folder: Path, tmp_path: Path
):
    make_system(tmp_path / "systems" / "half")
    assert isinstance(open_source(tmp_path / "systems" / "half"), SystemSource)
    assert isinstance(open_source(dataset.folder), DatasetSource)
    assert isinstance(open_source(run_folder), RunSource)
    assert open_source(run_folder).name == "untrained"


def test_demo_is_the_shipped_run_unless_a_folder_of_that_name_holds_a_source(
    make_system: Callable[..., System], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_source(Path("demo")), RunSource)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "notes.txt").touch()
    assert isinstance(open_source(Path("demo")), RunSource)
    make_system(tmp_path / "demo")
    assert isinstance(open_source(Path("demo")), SystemSource)


def test_what_holds_no_source_is_refused_with_what_was_expected(tmp_path: Path):
    (tmp_path / "file.wav").touch()
    (tmp_path / "empty").mkdir()
    for name, message in {
        "absent": "there is no such folder; check the path",
        "file.wav": "a file; a source is a system, run or dataset folder",
        "empty": "not a source; expected system.json .*config.toml .*examples.json",
    }.items():
        with pytest.raises(SingError, match=message):
            open_source(tmp_path / name)


def test_one_missing_file_of_a_dataset_is_the_fault_of_one_note(dataset: Dataset):
    notes = [dataset.notes[0], Note("bass_synthetic_000", 99, 50), dataset.notes[1]]
    found = DatasetSource(dataset).sounds(notes)
    np.testing.assert_array_equal(found.waveforms[[0, 2]], dataset.waveforms(dataset.notes[:2]))
    assert not found.waveforms[1].any()
    assert list(found.faults) == [1]
    assert "bass_synthetic_000-099-050.wav: there is no such file" in found.faults[1]


def test_a_run_gives_what_sing_generate_would_have_stored(
    run_folder: Path, dataset: Dataset, tmp_path: Path
):
    notes = dataset.notes[:3]
    run = open_source(run_folder)
    assert isinstance(run, RunSource)
    folder = write_generated(Order(run.run, notes, tmp_path / "systems" / "stored"))
    stored = SystemSource(read_system(folder)).sounds(notes)
    found = run.sounds(notes)
    assert found.waveforms.any()
    np.testing.assert_array_equal(found.waveforms, stored.waveforms)


def test_a_run_covers_the_notes_of_its_vocabulary(run_folder: Path):
    run = open_source(run_folder)
    assert run.covers(Note("bass_synthetic_000", 60, 50))
    assert not run.covers(Note("organ_electronic_009", 60, 50))
    assert not run.covers(Note("bass_synthetic_000", 60, 127))


def test_a_run_that_generates_a_nan_is_at_fault_and_does_not_pass_it_on(run_folder: Path):
    run = open_source(run_folder)
    assert isinstance(run, RunSource)
    broken = run.run.networks().state_dict()
    broken["decoder.synthesis.weight"] *= np.nan
    save_weights(run_folder / "model.safetensors", broken)
    found = run.sounds([Note("bass_synthetic_000", 60, 50)])
    assert "generated a NaN or an infinity for bass_synthetic_000-060-050" in found.faults[0]
    assert not found.waveforms.any()


def test_a_source_that_has_worked_can_still_be_sent_to_a_worker(
    run_folder: Path, dataset: Dataset, make_system: Callable[..., System], tmp_path: Path
):
    notes = [note for note in dataset.notes if note.pitch == 62]
    system = SystemSource(make_system(tmp_path / "systems" / "half", notes=notes))
    for source in (open_source(run_folder), DatasetSource(dataset), system):
        before = source.sounds(notes)
        pickled = pickle.dumps(source)
        assert len(pickled) < 20_000  # the weights and the waveforms stay where they are
        np.testing.assert_array_equal(
            pickle.loads(pickled).sounds(notes).waveforms, before.waveforms
        )


def test_the_hashes_change_with_the_files_that_identify_a_source(run_folder: Path):
    before = open_source(run_folder).facts()["sha256"]
    weights = run_folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
    after = open_source(run_folder).facts()["sha256"]
    assert before["config.toml"] == after["config.toml"]
    assert before["model.safetensors"] != after["model.safetensors"]
