import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sing.data.check import check
from sing.data.nsynth import open_dataset, write_examples
from sing.data.pack import pack
from sing.errors import SingError
from sing.notes import Note

NAME = "bass_acoustic_000-060-127"


def wav(folder: Path) -> Path:
    return folder / "audio" / f"{NAME}.wav"


def faults_of(folder: Path) -> list[tuple[str, str]]:
    return [(fault.path.name, fault.problem) for fault in check(folder)]


def write(samples: np.ndarray, rate: int = 16_000, subtype: str = "PCM_16") -> Callable:
    return lambda folder: soundfile.write(wav(folder), samples, rate, subtype=subtype)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, shape)


def cut_wav(folder: Path) -> None:
    wav(folder).write_bytes(wav(folder).read_bytes()[:100_044])


def cut_flac(folder: Path) -> None:
    path = wav(folder).with_suffix(".flac")
    soundfile.write(path, noise(64_000), 16_000, format="FLAC")
    path.write_bytes(path.read_bytes()[:50_000])
    wav(folder).unlink()


def not_a_number(folder: Path) -> None:
    samples = noise(64_000)
    samples[[5, 70]] = np.nan, np.inf
    write(samples, subtype="FLOAT")(folder)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda folder: wav(folder).unlink(), "missing"),
        (cut_wav, "truncated: 100,044 of 128,044 bytes"),
        (lambda folder: wav(folder).write_bytes(b""), "truncated or no audio"),
        (lambda folder: wav(folder).write_bytes(b"no audio at all" * 99), "truncated or no audio"),
        (write(noise(64_000), 44_100), "wrong rate: 44,100 Hz, expected 16,000"),
        (write(noise(64_000, 2)), "2 channels, expected mono"),
        (write(noise(59_904)), "wrong length: 59,904 samples, expected 64,000"),
        (not_a_number, "2 samples are NaN or infinite"),
        (write(np.zeros(64_000)), "silent"),
        (write(np.full(64_000, 1 / 32_768)), "silent"),
    ],
)
def test_a_spoilt_file_is_found_and_named(make_dataset, spoil, problem):
    folder = make_dataset()
    assert check(folder) == []
    spoil(folder)
    ((name, found),) = faults_of(folder)
    assert name == f"{NAME}.wav"
    assert found.startswith(problem)


def test_a_cut_flac_is_found(make_dataset):
    folder = make_dataset()
    cut_flac(folder)
    ((name, problem),) = faults_of(folder)
    assert name == f"{NAME}.flac"
    assert "truncated" in problem


def test_several_faults_of_one_file_are_all_said(make_dataset):
    folder = make_dataset()
    write(np.zeros((32_000, 2)), 8_000)(folder)
    problems = [problem for _, problem in faults_of(folder)]
    assert problems == [
        "2 channels, expected mono",
        "silent",
        "wrong length: 32,000 samples, expected 64,000",
        "wrong rate: 8,000 Hz, expected 16,000",
    ]


def test_audio_without_an_entry_is_found(make_dataset):
    folder = make_dataset()
    write_examples(folder, open_dataset(folder).notes[1:])
    (folder / "audio" / "README").write_text("hello")
    assert faults_of(folder) == [
        ("README", "no entry in examples.json"),
        ("bass_acoustic_000-048-025.wav", "no entry in examples.json"),
    ]


@pytest.mark.parametrize(
    ("key", "changes", "problem"),
    [
        (NAME, {"note_str": "x"}, f'note_str is "x", the name says "{NAME}"'),
        (NAME, {"instrument_str": "bass"}, 'instrument_str is "bass", the name says'),
        (NAME, {"pitch": 61}, "pitch is 61, the name says 60"),
        (NAME, {"velocity": 100}, "velocity is 100, the name says 127"),
        (NAME, {"sample_rate": 44100}, "sample_rate is 44100, the name says 16000"),
        (NAME, {"instrument_family_str": "reed"}, 'instrument_family_str is "reed", the name'),
        (NAME, {"instrument_source_str": "synthetic"}, 'instrument_source_str is "synthetic"'),
    ],
)
def test_a_mislabelled_note_is_found(make_dataset, key, changes, problem):
    folder = make_dataset()
    path = folder / "examples.json"
    records = json.loads(path.read_text())
    records[key].update(changes)
    path.write_text(json.dumps(records))
    ((name, found),) = faults_of(folder)
    assert name == "examples.json"
    assert found.startswith(f'mislabelled: "{key}": {problem}')


def test_a_name_that_is_no_notes_and_a_doubled_one_are_found(make_dataset):
    folder = make_dataset()
    path = folder / "examples.json"
    records = json.loads(path.read_text())
    records["middle C"] = records.pop(NAME)
    wav(folder).rename(folder / "audio" / "middle C.wav")
    other = "bass_acoustic_000-048-025"
    doubled = f'{{"{other}": {json.dumps(records[other])}, {json.dumps(records)[1:]}'
    path.write_text(doubled)
    problems = [problem for _, problem in faults_of(folder)]
    assert len(problems) == 2
    assert problems[0] == f"'{other}' stands there 2 times"
    assert "\"middle C\": 'middle C': not a note name" in problems[1]


def test_a_pack_that_differs_from_the_files_is_found(make_dataset):
    folder = make_dataset()
    path = pack(open_dataset(folder))
    assert check(folder) == []
    rows = np.memmap(path / "samples.int16", dtype="<i2", mode="r+").reshape(-1, 64_000)
    rows[7, 123] += 1
    rows.flush()
    name = open_dataset(path).notes[7].name
    ((where, problem),) = faults_of(folder)
    assert where == "notes.pack"
    assert problem.startswith(f"{name}: the packed samples are not those of")


def test_a_stale_pack_is_found(make_dataset):
    folder = make_dataset()
    path = pack(open_dataset(folder))
    records = json.loads((folder / "examples.json").read_text())
    (folder / "examples.json").write_text(json.dumps(records))
    assert faults_of(folder) == [(path.name, "stale: made from another examples.json")]


def test_faults_are_sorted_and_do_not_depend_on_the_threads(make_dataset):
    folder = make_dataset()
    for path in list((folder / "audio").iterdir())[::2]:
        path.write_bytes(b"")
    assert check(folder, jobs=1) == check(folder, jobs=4) == sorted(check(folder))
    assert len(check(folder)) == 6


def test_a_limit_looks_at_the_first_notes_only(make_dataset):
    folder = make_dataset()
    for path in (folder / "audio").iterdir():
        path.unlink()
    assert len(check(folder, limit=5)) == 5


def test_what_is_no_dataset_cannot_be_checked(make_dataset, tmp_path):
    with pytest.raises(SingError, match="there is no such folder"):
        check(tmp_path / "nowhere")
    with pytest.raises(SingError, match="a pack; check the dataset that it was made from"):
        check(pack(open_dataset(make_dataset())))


def test_the_real_notes_are_without_fault(nsynth, tmp_path):
    paths = sorted((nsynth / "notes").glob("*.flac"))
    assert len(paths) == 7
    folder = tmp_path / "genuine"
    shutil.copytree(nsynth / "notes", folder / "audio")
    write_examples(folder, [Note.parse(path.stem) for path in paths])
    assert check(folder) == []
    (imported,) = (nsynth / "wavenet").glob("*.flac")
    shutil.copy(imported, folder / "audio" / paths[3].name)
    assert faults_of(folder) == [
        (paths[3].name, "wrong length: 59,904 samples, expected 64,000"),
    ]
