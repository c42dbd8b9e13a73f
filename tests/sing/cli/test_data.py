from pathlib import Path

import numpy as np
import pytest
from forked_commands import run_command

from sing.audio import write_waveform
from sing.data.nsynth import open_dataset, write_examples
from sing.data.split import make_split, read_split
from sing.notes import Note


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "audio").mkdir(parents=True)
    notes = [
        Note(instrument, pitch, velocity)
        for instrument in ("bass_acoustic_000", "flute_synthetic_003")
        for pitch in (48, 60, 72)
        for velocity in (25, 127)
    ]
    for note in notes:
        write_waveform(folder / "audio" / f"{note.name}.wav", np.full(64_000, note.pitch / 128))
    write_examples(folder, notes)
    return folder


def test_info_counts_what_is_there(sing, dataset):
    outcome = sing("data", "info", dataset)
    assert outcome.code == 0
    lines = [line.split() for line in outcome.out.splitlines()]
    assert ["notes", "12"] in lines
    assert ["instruments", "2"] in lines
    assert ["pitches", "3,", "from", "48", "to", "72"] in lines
    assert ["velocities", "25", "127"] in lines
    assert ["size", "1.5", "MB,", "audio", "files"] in lines  # 12 x 128,044 bytes
    assert ["bass", "6", "notes", "1", "instrument(s)"] in lines
    assert ["synthetic", "6", "notes", "1", "instrument(s)"] in lines
    assert ["train", "8", "notes", "4", "(instrument,", "pitch)"] in lines
    assert ["test", "4", "notes", "2", "(instrument,", "pitch)"] in lines


def test_info_reads_the_split_and_the_pack_beside_the_dataset(sing, dataset):
    sing("data", "split", dataset, "--policy", "reference", "--seed", 5)
    sing("data", "pack", dataset)
    outcome = sing("data", "info", dataset)
    assert f"split          {dataset}.split.csv" in outcome.out
    assert "1.5 MB, packed in notes.pack" in outcome.out


def test_check_passes_a_sound_dataset(sing, dataset):
    assert sing("data", "check", dataset) == (0, f"{dataset}: no faults\n".encode(), "")


def test_check_lists_faults_on_stdout_and_exits_3(sing, dataset):
    path = dataset / "audio" / "bass_acoustic_000-060-127.wav"
    path.unlink()
    outcome = sing("data", "check", dataset, "--jobs", 2)
    assert outcome.code == 3
    assert outcome.out == f"{path}: missing\n"
    assert outcome.err == (
        f"error: {dataset}: 1 fault, listed above; mend or remove the files named\n"
    )


def test_split_writes_the_file_and_says_what_it_holds(sing, dataset):
    outcome = sing("data", "split", dataset)
    path = dataset.with_name("notes.split.csv")
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == str(path)
    assert read_split(path) == make_split(open_dataset(dataset).notes, "paper", 42)


def test_split_names_what_training_never_hears(sing, dataset):
    write_examples(dataset, [Note("solo", pitch, 25) for pitch in (60, 61)])
    outcome = sing("data", "split", dataset, "--seed", 1)
    (held,) = read_split(dataset.with_name("notes.split.csv")).test
    assert f"never in training, pitches: {held.pitch}\n" in outcome.err
    assert f"pitches: {held.pitch}; instruments: none" in outcome.out


def test_split_does_not_overwrite_without_force(sing, dataset):
    sing("data", "split", dataset)
    path = dataset.with_name("notes.split.csv")
    before = path.read_bytes()
    outcome = sing("data", "split", dataset, "--policy", "reference")
    assert outcome.code == 2
    assert outcome.err == (
        f"error: {path}: the file exists; pass --force to replace it, or choose another --out\n"
    )
    assert path.read_bytes() == before
    assert sing("data", "split", dataset, "--policy", "reference", "--force").code == 0
    assert path.read_bytes() != before


def test_pack_prints_its_folder_and_changes_no_sample(sing, dataset):
    before = open_dataset(dataset)
    expected = before.waveforms(before.notes)
    outcome = sing("data", "pack", dataset, "--jobs", 1)
    assert (outcome.code, outcome.out) == (0, f"{dataset}.pack\n")
    packed = open_dataset(Path(f"{dataset}.pack"))
    np.testing.assert_array_equal(packed.waveforms(packed.notes), expected)


def test_fetch_from_nowhere_is_one_line(sing, tmp_path):
    url = "http://127.0.0.1:9/nsynth-test.jsonwav.tar.gz"
    outcome = sing("data", "fetch", "nsynth-test", "--out", tmp_path / "data", "--url", url)
    assert outcome.code == 2
    assert outcome.err == (
        f"error: {url}: cannot be reached (Connection refused); check the address and the net\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fetch", "nsynth-test", "--url", "http://[::1"], "http://[::1: not an http or https"),
        (["render", "--size", "tests", "--out", "/proc/x"], "/proc/x/provenance.json: cannot be"),
    ],
)
def test_an_address_or_a_place_that_cannot_be_used_ends_in_one_line(sing, words, message):
    outcome = sing("data", *words)
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith(f"error: {message}")
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["info", "nowhere"], "nowhere: there is no such folder; check the path"),
        (["info", "notes/audio"], "notes/audio: no examples.json, so not a dataset"),
        (["check", "notes/examples.json"], "a file; a dataset is a folder with examples.json"),
        (["split", "nowhere"], "nowhere: there is no such folder"),
        (["split", "notes", "--policy", "papr"], "'papr' is not one of 'paper', 'reference'"),
        (["split", "notes", "--out", "notes"], "--out notes is a folder; give a file"),
        (["split", "notes", "--out", "notes/examples.json"], "not the name of a .csv file"),
        (["pack", "nowhere"], "nowhere: there is no such folder"),
        (["fetch", "nsynth-tset"], "no such part of NSynth; did you mean 'nsynth-test'?"),
        (["render", "--size", "dmeo"], "did you mean 'demo'?"),
        (["render", "--soundfont", "notes/examples.json", "--out", "r"], "examples.json"),
        (["chek", "notes"], "no command 'chek'; did you mean 'check'?"),
        (["check", "notes", "--jobs", "0"], "0 is not in the range x>=1"),
        (["info"], "Missing argument 'DATASET'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(sing, dataset, monkeypatch, words, message):
    monkeypatch.chdir(dataset.parent)
    before = sorted(dataset.parent.rglob("*"))
    outcome = sing("data", *words)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    left = [path for path in sorted(dataset.parent.rglob("*")) if not path.name.endswith(".lock")]
    assert left == before


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_while_rendering_is_one_line_and_the_rest_can_be_resumed(tmp_path, jobs):
    folder = tmp_path / "r"
    command = ["sing", "data", "render", "--size", "tests", "--jobs", jobs, "--out", folder]
    ran = run_command(command, largest_file=100_000)
    assert ran.exit_code == 2
    assert "Traceback" not in ran.stderr
    error = ran.stderr.splitlines()[-1]
    assert error.startswith(f"error: {folder}/audio/")
    assert error.endswith(".wav: the disk is full; free some space and run the command again")
    assert list((folder / "audio").iterdir()) == []
    assert not (folder / "examples.json").exists()
