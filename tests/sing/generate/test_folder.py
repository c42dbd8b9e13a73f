import json
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from folder_contents import contents
from safetensors.torch import load_file, save_file
from waiting import wait_until

from sing.errors import SingError
from sing.files import read_csv, sha256
from sing.generate.folder import Order, write_generated, write_reconstructed
from sing.generate.speed import measure_speed
from sing.run import open_run
from sing.systems import SystemWriter, read_system


@pytest.fixture
def order(run, notes, tmp_path):
    return Order(run, notes, tmp_path / "systems" / "tiny", batch_size=4)


def test_a_system_folder_holds_what_the_run_plays(order, run, plain, notes):
    folder = write_generated(order)
    system = read_system(folder)
    assert (system.name, system.kind, system.notes) == ("tiny", "run", notes)
    expected = plain.waveforms(run, notes)
    for note, waveform in zip(notes, expected, strict=True):
        samples, rate = soundfile.read(system.audio_path(note), dtype="int16")
        assert rate == 16_000
        clipped = np.clip(waveform, -1, 32767 / 32768)
        assert np.abs(samples / 32768 - clipped).max() <= 0.5 / 32768 + 1e-5


def test_system_json_says_which_run_it_was_and_nothing_of_the_place(order, run):
    folder = write_generated(order)
    facts = json.loads((folder / "system.json").read_text())
    assert facts["run"] == "tiny"
    assert facts["weights_sha256"] == sha256(run.folder / "model.safetensors")
    assert facts["seed"] == 42
    assert facts["batch_size"] == 4
    assert facts["versions"]["torch"]
    assert str(folder.parent) not in (folder / "system.json").read_text()
    assert not (folder / "unfinished.json").exists()


@pytest.mark.parametrize("recorded", ["demo", "/data/nsynth-train", None])
def test_system_json_names_the_dataset_that_the_run_was_trained_on(order, recorded):
    run = replace(order.run, provenance={**order.run.provenance, "dataset": recorded})
    folder = write_generated(replace(order, run=run))
    assert json.loads((folder / "system.json").read_text())["dataset"] == recorded


def test_reconstructions_of_other_recordings_are_not_gone_on_with(order, dataset, notes):
    write_reconstructed(order, dataset.folder)
    examples = dataset.folder / "examples.json"
    examples.write_text(examples.read_text() + "\n")
    with pytest.raises(SingError, match="dataset_sha256"):
        write_reconstructed(replace(order, resume=True), dataset.folder)


def test_two_runs_of_one_config_are_told_apart_by_their_folders(make_run, notes, tmp_path):
    config = make_run("first").config
    runs = [open_run(tmp_path / "runs" / "first"), make_run("second", config)]
    assert runs[0].config.name == runs[1].config.name
    for run in runs:
        folder = write_generated(Order(run, notes[:1], tmp_path / "systems" / run.name))
        facts = json.loads((folder / "system.json").read_text())
        assert facts["run"] == facts["name"] == run.folder.name
        assert measure_speed(run, 1, seconds=0.01).system == run.folder.name


def test_a_stopped_folder_remembers_which_notes_were_clipped(order, notes, monkeypatch):
    def too_loud(run, chosen, *, batch_size, device):
        # The first sample of each note is at full scale but not beyond; pitch - 40 others are.
        made = [np.zeros((len(part), 64_000), np.float32) for part in batches(chosen, batch_size)]
        for part, waveforms in zip(batches(chosen, batch_size), made, strict=True):
            for note, waveform in zip(part, waveforms, strict=True):
                waveform[0] = -1
                waveform[1 : note.pitch - 39] = 1.5
            yield waveforms

    def batches(chosen, size):
        return [chosen[start : start + size] for start in range(0, len(chosen), size)]

    monkeypatch.setattr("sing.generate.folder.generate", too_loud)
    with monkeypatch.context() as patch:
        patch.setattr("sing.generate.folder.check_finite", stopper(3))
        with pytest.raises(KeyboardInterrupt):
            write_generated(order)
    assert len(list((order.out / "audio").glob("*.wav"))) == 8
    folder = write_generated(replace(order, resume=True))
    rows = read_csv(folder / "notes.csv", ("note", "clipped_samples"))
    expected = {note.name: str(note.pitch - 40) for note in notes}
    assert {row["note"]: row["clipped_samples"] for row in rows} == expected


def stopper(batch: int):
    calls = iter(range(batch - 1))

    def stop(*_: object) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("stop_after", [0, 1, 4, 9, 17])
def test_a_stopped_folder_goes_on_to_the_same_bytes(order, monkeypatch, stop_after):
    whole = contents(write_generated(replace(order, out=order.out.with_name("elsewhere") / "tiny")))
    written = []
    write = SystemWriter.write

    def stopping(writer, note, waveform):
        if len(written) == stop_after:
            raise KeyboardInterrupt
        written.append(note)
        write(writer, note, waveform)

    with monkeypatch.context() as patch:
        patch.setattr(SystemWriter, "write", stopping)
        with pytest.raises(KeyboardInterrupt):
            write_generated(order)
    assert not (order.out / "system.json").exists()
    assert len(list((order.out / "audio").glob("*.wav"))) == stop_after
    with pytest.raises(SingError, match="unfinished; pass --resume to go on, or --force"):
        write_generated(order)
    (order.out / "audio").mkdir(exist_ok=True)
    (order.out / "audio" / ".a-000-025.wav.x1.part").touch()  # as SIGKILL leaves one
    write_generated(replace(order, resume=True))
    assert contents(order.out) == whole


def test_resuming_writes_only_what_is_missing(order, monkeypatch):
    folder = write_generated(order)
    before = contents(folder)
    assert write_generated(replace(order, resume=True)) == folder
    gone = sorted((folder / "audio").iterdir())[5]
    gone.unlink()
    written = []
    write = SystemWriter.write
    monkeypatch.setattr(
        SystemWriter,
        "write",
        lambda writer, note, w: (written.append(note), write(writer, note, w)),
    )
    write_generated(replace(order, resume=True))
    assert [note.name for note in written] == [gone.stem]
    assert contents(folder) == before


def test_resuming_nothing_begins(order):
    assert read_system(write_generated(replace(order, resume=True))).notes == order.notes


@pytest.mark.parametrize("what", ["weights_sha256", "notes_sha256", "batch_size", "versions"])
def test_the_work_of_another_order_is_not_gone_on_with(order, what, monkeypatch):
    folder = write_generated(order)
    (folder / "system.json").rename(folder / "unfinished.json")
    before = contents(folder)
    other = replace(order, resume=True)
    if what == "notes_sha256":
        other = replace(other, notes=order.notes[:-1])
    elif what == "batch_size":
        other = replace(other, batch_size=5)
    elif what == "versions":
        monkeypatch.setattr("sing.generate.folder.versions", lambda: {"torch": "1.0"})
    else:
        path = order.run.folder / "model.safetensors"
        save_file({name: weight + 1 for name, weight in load_file(path).items()}, path)
    with pytest.raises(SingError, match=f"made with another '{what}' than this command's"):
        write_generated(other)
    assert contents(folder) == before


def test_only_system_folders_are_replaced(order):
    first = write_generated(order)
    before = contents(first)
    with pytest.raises(SingError, match="not empty; pass --force"):
        write_generated(order)
    fewer = replace(order, notes=order.notes[:2], force=True)
    assert read_system(write_generated(fewer)).notes == order.notes[:2]
    write_generated(replace(order, force=True))
    assert contents(first) == before
    thesis = order.out.with_name("thesis")
    thesis.mkdir()
    (thesis / "chapter_1.tex").write_text("It was a dark and stormy night")
    with pytest.raises(SingError, match="a folder of other things"):
        write_generated(replace(order, out=thesis, force=True))
    # Recordings that another command collected, and another program's file of that name.
    for facts in ('{"format": 1, "kind": "imported"}', "[]"):
        (thesis / "system.json").write_text(facts)
        with pytest.raises(SingError, match="a folder of other things"):
            write_generated(replace(order, out=thesis, force=True))
    assert (thesis / "chapter_1.tex").exists()


def test_a_fault_of_the_request_leaves_what_is_there(order):
    folder = write_generated(order)
    before = contents(folder)
    (order.run.folder / "model.safetensors").unlink()
    with pytest.raises(SingError, match="no weights yet"):
        write_generated(replace(order, force=True))
    assert contents(folder) == before


def test_a_waveform_that_is_not_finite_names_its_note(order):
    path = order.run.folder / "model.safetensors"
    weights = load_file(path)
    weights["sequence.embeddings.instrument.weight"][1, 0] = float("nan")
    save_file(weights, path)
    with pytest.raises(SingError, match="a NaN or an infinity in flute_acoustic_001-048-025"):
        write_generated(order)
    assert not (order.out / "system.json").exists()


@pytest.mark.slow
def test_sigkill_and_resume_give_the_bytes_of_an_undisturbed_command(make_run, tmp_path):
    from sing.config import load_config

    config = load_config("tiny", ["model.decoder_channels=512"])
    run = make_run(config=config)
    command = [sys.executable, "-m", "sing", "generate", str(run.folder), "--split", "train"]
    command += ["--batch-size", "1", "--device", "cpu", "--out"]
    subprocess.run([*command, str(tmp_path / "a" / "s")], check=True, capture_output=True)
    folder = tmp_path / "b" / "s"
    with subprocess.Popen([*command, str(folder)], stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: any(folder.glob("audio/*.wav")), 60)
        process.send_signal(signal.SIGKILL)
    assert not (folder / "system.json").exists()
    subprocess.run([*command, str(folder), "--resume"], check=True, capture_output=True)
    assert contents(folder) == contents(tmp_path / "a" / "s")
