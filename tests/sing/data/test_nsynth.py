import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sing.data.nsynth import open_dataset, write_examples
from sing.errors import SingError
from sing.notes import Note

FIRST = "bass_acoustic_000-048-025"


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / "examples.json"
    records = json.loads(path.read_text())
    records[FIRST] = {**records[FIRST], **changes}
    path.write_text(json.dumps(records))


def test_notes_come_sorted_and_their_sound_as_written(make_dataset):
    dataset = open_dataset(make_dataset())
    names = [note.name for note in dataset.notes]
    assert names == sorted(names)
    assert len(names) == 12
    chosen = [dataset.notes[5], dataset.notes[0], dataset.notes[5]]
    waveforms = dataset.waveforms(chosen)
    assert waveforms.dtype == np.float32
    for waveform, note in zip(waveforms, chosen, strict=True):
        expected, _ = soundfile.read(dataset.audio_path(note))
        np.testing.assert_array_equal(waveform, expected)


def test_real_flac_notes_are_read_bit_for_bit(nsynth, tmp_path):
    shutil.copytree(nsynth / "notes", tmp_path / "real" / "audio")
    notes = [Note.parse(path.stem) for path in sorted((nsynth / "notes").glob("*.flac"))]
    write_examples(tmp_path / "real", notes)
    dataset = open_dataset(tmp_path / "real")
    assert len(dataset.notes) == 7
    for note, waveform in zip(dataset.notes, dataset.waveforms(dataset.notes), strict=True):
        samples, _ = soundfile.read(nsynth / "notes" / f"{note.name}.flac", dtype="int16")
        np.testing.assert_array_equal(waveform * 32768, samples)


def test_a_wav_comes_before_a_flac(make_dataset):
    folder = make_dataset()
    dataset = open_dataset(folder)
    note = dataset.notes[0]
    soundfile.write(folder / "audio" / f"{note.name}.flac", np.zeros(64_000), 16_000)
    assert dataset.audio_path(note).suffix == ".wav"
    dataset.audio_path(note).unlink()
    assert dataset.audio_path(note).suffix == ".flac"


def test_membership_is_asked_with_in(make_dataset):
    dataset = open_dataset(make_dataset())
    assert dataset.notes[3] in dataset
    assert Note("bass_acoustic_000", 49, 25) not in dataset


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pitch": 49}, "pitch is 49, the name says 48"),
        ({"pitch": 48.0}, "pitch is 48.0, the name says 48"),
        ({"pitch": None}, "pitch is null, the name says 48"),
        ({"velocity": "25"}, 'velocity is "25", the name says 25'),
        ({"instrument_str": "bass_acoustic_001"}, 'instrument_str is "bass_acoustic_001"'),
    ],
)
def test_a_label_that_its_name_contradicts_is_refused(make_dataset, changes, message):
    folder = make_dataset()
    rewrite(folder, **changes)
    with pytest.raises(SingError) as raised:
        open_dataset(folder)
    assert str(raised.value).startswith(f"{folder}/examples.json: '{FIRST}': {message}")
    assert "sing data check" in str(raised.value)


def test_a_doubled_note_is_refused(make_dataset):
    path = make_dataset() / "examples.json"
    text = path.read_text()
    record = json.dumps(json.loads(text)[FIRST])
    path.write_text('{"' + FIRST + '": ' + record + "," + text.lstrip()[1:])
    with pytest.raises(SingError, match=f"'{FIRST}' stands there twice"):
        open_dataset(path.parent)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("\xff", "not JSON"),
        ("[]", "holds no note"),
        ("{}", "holds no note"),
        ("3", "not NSynth's form"),
        ('["a"]', "not NSynth's form"),
        ('{"a": 1}', "not NSynth's form"),
    ],
)
def test_a_file_that_is_no_table_of_notes_is_refused(tmp_path, text, message):
    (tmp_path / "examples.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SingError) as raised:
        open_dataset(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path}/examples.json: {message}")


def test_a_wrong_path_is_refused_saying_what_is_there(make_dataset, tmp_path):
    folder = make_dataset()
    with pytest.raises(SingError, match="there is no such folder"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(SingError, match="a file; a dataset is a folder"):
        open_dataset(folder / "examples.json")
    with pytest.raises(SingError, match=rf"no examples.json.*did you mean {folder}\?"):
        open_dataset(tmp_path)
    with pytest.raises(SingError, match=r"no examples\.json, so not a dataset"):
        open_dataset(folder / "audio")


def test_a_missing_file_is_named_when_it_is_read(make_dataset):
    dataset = open_dataset(make_dataset())
    path = dataset.audio_path(dataset.notes[0])
    path.unlink()
    with pytest.raises(SingError, match=f"{path}: there is no such file"):
        dataset.waveforms(dataset.notes[:1])


@pytest.mark.slow
def test_a_dataset_of_full_size_opens_in_seconds(real_notes, tmp_path):  # 289,205 notes
    notes = [*real_notes, *(Note("x" + n.instrument, n.pitch, n.velocity) for n in real_notes)]
    write_examples(tmp_path, notes[:289_205])
    start = time.process_time()
    assert len(open_dataset(tmp_path).notes) == 289_205
    assert time.process_time() - start < 20  # 3 to 4 s on one core
