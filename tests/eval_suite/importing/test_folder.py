"""Whole imports: every kind of file in one folder, kills, and requests that cannot be met."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from folder_contents import contents

from eval_suite.importing.folder import ImportRequest, import_folder
from eval_suite.importing.records import read_records
from eval_suite.loudness import integrated_loudness
from sing import files
from sing.errors import CheckFailed, SingError
from sing.systems import read_system


@pytest.fixture
def folder(workplace: Path) -> Path:
    """An empty folder for outputs, and the name under which requests look for them."""
    (workplace / "outputs").mkdir()
    return Path("outputs")


def imported(folder: Path = Path("outputs"), **options) -> int:
    out = options.pop("out", Path("systems/wavenet"))
    return import_folder(ImportRequest(folder, "wavenet", out, **options))


def facts(out: str = "systems/wavenet") -> dict:
    return files.read_json(Path(out) / "system.json")


def test_the_genuine_wavenet_output_needs_no_options(workplace, nsynth):
    assert imported(nsynth / "wavenet") == 0
    system = read_system(Path("systems/wavenet"))
    assert (system.name, system.kind) == ("wavenet", "imported")
    (note,) = system.notes
    assert note.name == "keyboard_acoustic_004-058-127"
    original, _ = soundfile.read(nsynth / "wavenet" / f"gen_{note.name}.flac", dtype="float32")
    assert np.array_equal(system.waveform(note)[:59_904], original)
    assert not system.waveform(note)[59_904:].any()
    record = read_records(system.folder)[note.name]
    assert (record.samples, record.padded_samples, record.cut_samples) == (59_904, 4_096, 0)
    assert record.sha256 == files.sha256(nsynth / "wavenet" / record.file)
    assert facts()["changes"]["padded"] == 1
    assert facts()["imported_sha256"] == files.sha256(system.folder / "imported.csv")


def test_a_mixed_folder_is_imported_with_every_change_recorded(folder, dataset):
    first, second, third, fourth, fifth = dataset.notes[:5]
    waveforms = dataset.waveforms(dataset.notes[:5]).astype(np.float64)
    stereo = np.repeat(waveforms[0], 3)[:, None] * [0.5, 1.5]
    soundfile.write(folder / f"gen_{first.name}.wav", stereo, 48_000, subtype="FLOAT")
    soundfile.write(folder / f"{second.name}.AIFF", waveforms[1][:59_904], 16_000, format="AIFF")
    long = np.concatenate([waveforms[2], np.ones(512)])
    soundfile.write(folder / f"{third.name}_embeddings.wav", long, 16_000, subtype="PCM_24")
    soundfile.write(folder / f"{fourth.name}.wav", 4 * waveforms[3], 16_000, subtype="FLOAT")
    (folder / f"{fifth.name}.wav").write_text("not a waveform")
    assert imported() == 1
    records = read_records(Path("systems/wavenet"))
    assert list(records) == [note.name for note in (first, second, third, fourth)]
    assert facts()["changes"] == {
        "resampled": 1, "mixed_down": 1, "padded": 1, "cut": 1, "gain": 0, "name_repaired": 0,
    }  # fmt: skip
    assert records[third.name].cut_samples == 512
    system = read_system(Path("systems/wavenet"))
    third_written = system.waveform(third)
    assert np.array_equal(third_written, waveforms[2])
    clipped = int((np.rint(4 * waveforms[3] * 32_768) > 32_767).sum())
    clipped += int((np.rint(4 * waveforms[3] * 32_768) < -32_768).sum())
    assert facts()["clipped_samples"] == clipped > 0
    (failed,) = facts()["failed"]
    assert (failed["note"], failed["file"]) == (fifth.name, f"{fifth.name}.wav")
    assert "cannot be read as audio" in failed["reason"]


def test_clipped_samples_are_said_with_the_notes_that_have_them(folder, dataset, capfd):
    loud, soft = dataset.notes[:2]
    write_notes(folder, dataset, [soft])
    waveform = np.zeros(64_000)
    waveform[:1_234] = 2.0
    soundfile.write(folder / f"{loud.name}.wav", waveform, 16_000, subtype="FLOAT")
    imported()
    told = capfd.readouterr().err
    assert f"1,234 samples beyond full scale were clipped, in these notes: {loud.name}\n" in told
    assert soft.name not in told


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_broken_recording_of_the_dataset_does_not_cost_the_imported_note(
    folder, dataset, workplace, capfd, jobs
):
    whole, broken = dataset.notes[:2]
    own = shutil.copytree(dataset.folder, workplace / "own")
    (own / "audio" / f"{broken.name}.wav").write_bytes(b"torn")
    write_notes(folder, dataset, [whole, broken], gain=0.5)
    assert imported(data=own, match_loudness=True, jobs=jobs) == 0
    assert facts()["failed"] == []
    records = read_records(Path("systems/wavenet"))
    assert records[whole.name].gain_db == pytest.approx(20 * np.log10(2), abs=0.01)
    assert records[broken.name].gain_db is None
    told = capfd.readouterr().err
    assert "imported, but not compared with the reference: " in told
    assert f"{broken.name}.wav" in told


def write_notes(folder: Path, dataset, notes, gain: float = 1.0) -> None:
    for note in notes:
        waveform = gain * dataset.waveforms([note])[0]
        soundfile.write(folder / f"gen_{note.name}.wav", waveform, 16_000, subtype="FLOAT")


def test_missing_and_unknown_notes_are_told_against_the_dataset(folder, dataset, capfd):
    held = [note for note in dataset.notes if note.name.startswith("bass_synthetic_000-062")]
    write_notes(folder, dataset, held)
    shutil.copy(folder / f"gen_{held[0].name}.wav", folder / "gen_organ_acoustic_001-060-100.wav")
    assert imported(data=dataset.folder) == 0
    assert facts()["unknown"] == ["organ_acoustic_001-060-100"]
    assert len(facts()["missing"]) == 10  # of the 12 notes of the test split
    assert facts()["dataset"] == str(dataset.folder.resolve())
    told = capfd.readouterr().err
    assert "not in the dataset, imported all the same: organ_acoustic_001-060-100" in told
    assert "no file has them: bass_synthetic_000-065-050" in told


def test_a_list_chooses_the_notes_and_tells_the_missing_ones(folder, dataset):
    write_notes(folder, dataset, dataset.notes[:3])
    wanted = [note.name for note in dataset.notes[2:5]]
    Path("list.csv").write_text("\n".join(["note", *wanted]) + "\n")
    assert imported(listed="list.csv") == 0
    assert [note.name for note in read_system(Path("systems/wavenet")).notes] == wanted[:1]
    assert facts()["missing"] == wanted[1:]


def test_loudness_is_matched_only_when_asked_and_silence_is_left_alone(folder, dataset):
    loud, silent = dataset.notes[:2]
    write_notes(folder, dataset, [loud], gain=0.25)
    soundfile.write(folder / f"{silent.name}.wav", np.zeros(64_000), 16_000)
    imported(data=dataset.folder)
    assert read_records(Path("systems/wavenet"))[loud.name].gain_db is None
    imported(data=dataset.folder, match_loudness=True, out=Path("systems/matched"))
    records = read_records(Path("systems/matched"))
    assert records[loud.name].gain_db == pytest.approx(20 * np.log10(4), abs=0.01)
    assert records[silent.name].gain_db is None
    matched = read_system(Path("systems/matched"))
    reference = dataset.waveforms([loud])[0]
    assert integrated_loudness(matched.waveform(loud)) == pytest.approx(
        integrated_loudness(reference), abs=0.01
    )
    assert not matched.waveform(silent).any()


def test_killed_runs_are_flagged_with_the_place(folder, dataset, capfd):
    note = dataset.notes[0]
    waveform = dataset.waveforms([note])[0]
    waveform[16_000:] = 0
    soundfile.write(folder / f"gen_{note.name}.wav", waveform, 16_000, subtype="FLOAT")
    assert imported(data=dataset.folder) == 0
    assert facts()["killed"] == [note.name]
    assert read_records(Path("systems/wavenet"))[note.name].zero_tail_seconds == pytest.approx(3)
    assert f"{note.name} after 1.00 s" in capfd.readouterr().err


def test_the_instrument_makers_variants_are_warned_about(folder, dataset, capfd):
    soundfile.write(folder / f"{dataset.notes[0].name}.wav", np.full(60_000, 0.1), 16_000)
    assert imported() == 0
    assert "not comparable in level or alignment" in capfd.readouterr().err


def test_fit_refuse_names_the_first_file_of_another_length_and_writes_nothing(folder, dataset):
    write_notes(folder, dataset, dataset.notes[:2])
    soundfile.write(folder / f"{dataset.notes[2].name}.wav", np.full(59_904, 0.1), 16_000)
    with pytest.raises(SingError, match=rf"{dataset.notes[2].name}.wav: 59,904 samples"):
        imported(fit="refuse")
    assert not Path("systems").exists()
    (folder / f"{dataset.notes[2].name}.wav").unlink()
    assert imported(fit="refuse") == 0


def test_a_folder_of_broken_files_leaves_no_system(folder, dataset):
    (folder / f"{dataset.notes[0].name}.wav").write_bytes(b"")
    with pytest.raises(CheckFailed, match="not one of its 1 files"):
        imported()
    assert not Path("systems/wavenet").exists()


def test_the_files_to_import_are_never_overwritten(folder, dataset):
    write_notes(folder, dataset, dataset.notes[:1])
    imported()
    before = contents(Path("systems/wavenet"))
    with pytest.raises(SingError, match="would be lost"):
        imported(Path("systems/wavenet"), force=True)
    with pytest.raises(SingError, match="would be lost"):
        imported(Path("systems/wavenet/audio"), force=True)
    assert contents(Path("systems/wavenet")) == before


def test_force_replaces_an_import_and_nothing_else(folder, dataset, make_system):
    write_notes(folder, dataset, dataset.notes[:1])
    imported()
    with pytest.raises(SingError, match="pass --force"):
        imported()
    write_notes(folder, dataset, dataset.notes[:2])
    imported(force=True)
    assert len(read_system(Path("systems/wavenet")).notes) == 2
    make_system(Path("systems/half"))
    with pytest.raises(SingError, match="other things"):
        imported(out=Path("systems/half"), force=True)


@pytest.mark.slow
def test_one_process_and_two_write_the_same_bytes(folder, dataset):
    write_notes(folder, dataset, dataset.notes[:12], gain=0.5)
    options = {"data": dataset.folder}
    imported(jobs=1, **options)
    imported(jobs=2, out=Path("again/wavenet"), **options)
    assert contents(Path("systems/wavenet")) == contents(Path("again/wavenet"))


def test_a_file_that_changed_since_is_imported_anew_and_no_other(folder, dataset, capfd):
    write_notes(folder, dataset, dataset.notes[:3])
    imported()
    changed, kept, broken = (note.name for note in dataset.notes[:3])
    audio = Path("systems/wavenet/audio")
    before = (audio / f"{kept}.wav").stat().st_mtime_ns
    waveform = 0.5 * dataset.waveforms(dataset.notes[:1])[0]  # as many bytes as before
    soundfile.write(folder / f"gen_{changed}.wav", waveform, 16_000, subtype="FLOAT")
    source = folder / f"gen_{broken}.wav"
    source.write_bytes(b"x" * source.stat().st_size)
    assert imported(resume=True) == 1
    system = read_system(Path("systems/wavenet"))
    expected, _ = soundfile.read(folder / f"gen_{changed}.wav", dtype="float32")
    assert np.abs(system.waveform(dataset.notes[0]) - expected).max() <= 0.5 / 32_768
    assert (audio / f"{kept}.wav").stat().st_mtime_ns == before
    assert sorted(path.stem for path in audio.iterdir()) == sorted([changed, kept])
    records = read_records(system.folder)
    assert records[changed].sha256 == files.sha256(folder / f"gen_{changed}.wav")
    assert f"imported anew: {', '.join(sorted([changed, broken]))}\n" in capfd.readouterr().err


PROGRAM = """
import sys
from pathlib import Path
from eval_suite.importing.folder import ImportRequest, import_folder
import_folder(ImportRequest(Path("outputs"), "wavenet", Path("systems/wavenet"), jobs=1))
"""


@pytest.mark.slow
def test_an_import_goes_on_after_sigkill_to_the_same_bytes(folder, dataset):
    write_notes(folder, dataset, dataset.notes, gain=1.5)
    for number in range(60):
        os.link(folder / f"gen_{dataset.notes[0].name}.wav", folder / f"organ-{number:03}-100.wav")
    (folder / "reed-060-100.wav").write_bytes(b"broken")
    imported(out=Path("whole/wavenet"))
    process = subprocess.Popen([sys.executable, "-c", PROGRAM])
    audio = Path("systems/wavenet/audio")
    deadline = time.monotonic() + 60
    while len(list(audio.glob("[!.]*.wav"))) < 5:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < len(list(audio.glob("[!.]*.wav"))) < 108
    with pytest.raises(SingError, match="pass --resume"):
        imported()
    with pytest.raises(SingError, match="another 'fit'"):
        imported(resume=True, fit="refuse")  # all lengths are a note's, so that it would do
    assert imported(resume=True) == 1
    assert contents(Path("systems/wavenet")) == contents(Path("whole/wavenet"))
    kept = {path: path.stat().st_mtime_ns for path in audio.iterdir()}
    assert imported(resume=True) == 1  # the broken file is looked at again, the others are not
    assert {path: path.stat().st_mtime_ns for path in audio.iterdir()} == kept
