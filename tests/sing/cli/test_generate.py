import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from forked_commands import Finished, run_command

from sing.audio import write_waveform
from sing.config import load_config
from sing.data.nsynth import write_examples
from sing.data.split import Split
from sing.data.vocabulary import Vocabulary
from sing.generate import selection
from sing.notes import Note
from sing.run import Run, build_networks, open_run, save_weights, write_run
from sing.systems import read_system

NOTES = [
    Note(instrument, pitch, velocity)
    for instrument in ("bass_acoustic_000", "flute_synthetic_003")
    for pitch in (48, 60, 72)
    for velocity in (25, 127)
]
TEST = tuple(note for note in NOTES if note.pitch == 60)
ONE = ("--instrument", "flute_synthetic_003", "--pitch", "60", "--velocity", "127")


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch) -> Run:
    """An untrained run `tiny`, and `notes`, its dataset, in the current folder."""
    monkeypatch.chdir(tmp_path)
    dataset = Path("notes")
    (dataset / "audio").mkdir(parents=True)
    for note in NOTES:
        write_waveform(dataset / "audio" / f"{note.name}.wav", np.full(64_000, note.pitch / 128))
    write_examples(dataset, NOTES)
    config, vocabulary = load_config("tiny"), Vocabulary.of(NOTES)
    train = tuple(note for note in NOTES if note not in TEST)
    write_run(Path("tiny"), config, vocabulary, Split(train, (), TEST), dataset="notes")
    weights = build_networks(config, vocabulary).state_dict()
    save_weights(Path("tiny/model.safetensors"), weights)
    autoencoder = {n: weight for n, weight in weights.items() if "sequence." not in n}
    save_weights(Path("tiny/autoencoder.safetensors"), autoencoder)
    return open_run(Path("tiny"))


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_generate_writes_the_test_part_and_prints_the_folder(sing):
    outcome = sing("generate", "tiny", "--split", "test", "--out", "systems/tiny")
    assert outcome == (0, b"systems/tiny\n", "")
    assert read_system(Path("systems/tiny")).notes == TEST


def test_a_run_that_is_not_trained_to_its_end_is_warned_of_in_one_line(sing):
    epochs = ["autoencoder,1", "autoencoder,2", "lstm,1"]
    Path("tiny/history.csv").write_text("\n".join(["phase,epoch", *epochs]) + "\n")
    outcome = sing("generate", "tiny", "--split", "test", "--out", "systems/tiny")
    assert outcome.code == 0
    assert outcome.err == (
        "warning: tiny: not trained to its end (lstm 1 of 2 epochs, finetune 0 of 1 epochs); sing "
        "train --resume goes on with it\n"
    )
    Path("tiny/history.csv").write_text(
        "\n".join(["phase,epoch", *epochs, "lstm,2", "finetune,1"]) + "\n"
    )
    assert sing("generate", "tiny", *ONE, "--out", "note.wav").err == ""


def test_limit_takes_the_first_notes_by_name(sing):
    sing("generate", "tiny", "--split", "train", "--limit", 3, "--out", "s")
    names = sorted(note.name for note in NOTES if note.pitch != 60)[:3]
    assert [note.name for note in read_system(Path("s")).notes] == names


def test_notes_of_a_file(sing):
    Path("list.csv").write_text(f"why,note\nlow,{NOTES[0].name}\nhigh,{NOTES[5].name}\n")
    assert sing("generate", "tiny", "--notes", "list.csv", "--out", "s").code == 0
    assert read_system(Path("s")).notes == (NOTES[0], NOTES[5])


def test_one_note_becomes_one_file_or_a_folder_of_one(sing):
    assert sing("generate", "tiny", *ONE, "--out", "note.wav").raw == b"note.wav\n"
    assert sing("generate", "tiny", *ONE, "--out", "s").raw == b"s\n"
    (file,) = (Path("s") / "audio").iterdir()
    assert file.name == "flute_synthetic_003-060-127.wav"
    assert file.read_bytes() == Path("note.wav").read_bytes()
    assert soundfile.info("note.wav").frames == 64_000


def test_resume_and_force(sing):
    words = ("generate", "tiny", "--split", "test", "--out", "s")
    sing(*words)
    before = {path: path.read_bytes() for path in files_below(Path("s"))}
    assert "not empty; pass --force" in sing(*words).err
    assert sing(*words, "--resume").code == 0
    Path("s/system.json").rename("s/unfinished.json")
    Path("s/audio", f"{TEST[1].name}.wav").unlink()
    assert "unfinished; pass --resume" in sing(*words).err
    assert sing(*words, "--resume").code == 0
    assert {path: path.read_bytes() for path in files_below(Path("s"))} == before
    assert sing(*words, "--force").code == 0
    assert {path: path.read_bytes() for path in files_below(Path("s"))} == before


def test_reconstruct_takes_the_runs_own_dataset_and_the_test_part(sing):
    outcome = sing("reconstruct", "tiny", "--out", "s")
    assert outcome == (0, b"s\n", "")
    system = read_system(Path("s"))
    assert (system.kind, system.notes) == ("autoencoder", TEST)
    other = sing("reconstruct", "tiny", "--split", "test", "--data", "notes", "--out", "t")
    assert other.code == 0
    recorded = [json.loads(Path(f, "system.json").read_text())["dataset"] for f in "st"]
    assert recorded == ["notes", str(Path("notes").resolve())]
    audio = [[path.read_bytes() for path in files_below(Path(f, "audio"))] for f in "st"]
    assert audio[0] == audio[1]


def test_streamed_samples_are_those_of_the_file(sing):
    sing("generate", "tiny", *ONE, "--out", "offline.wav")
    expected, _ = soundfile.read("offline.wav", dtype="int16")
    outcome = sing("stream", "tiny", *ONE)
    assert outcome.code == 0
    raw = np.frombuffer(outcome.raw, "<i2")
    assert raw.shape == (64_000,)
    # Equal within 1e-5 before rounding, so a sample may fall on the next step of 16 bits.
    assert np.abs(raw.astype(int) - expected).max() <= 1
    assert "first 256 samples after " in outcome.err
    assert "real-time factor " in outcome.err
    assert sing("stream", "tiny", *ONE, "--out", "s.wav").raw == b"s.wav\n"
    np.testing.assert_array_equal(soundfile.read("s.wav", dtype="int16")[0], raw)


def test_samples_are_not_written_onto_a_terminal(sing, monkeypatch):
    monkeypatch.setattr(sys.stdout.buffer, "isatty", lambda: True, raising=False)
    outcome = sing("stream", "tiny", *ONE)
    assert (outcome.code, outcome.raw) == (2, b"")
    assert "pipe them to aplay -f S16_LE -r 16000" in outcome.err


def test_the_paper_list_is_shipped_and_asks_for_the_papers_instruments(sing, nsynth):
    shipped = selection.paper_notes_path().read_text().split()
    assert shipped == (nsynth / "paper_100_test_notes.txt").read_text().split()
    assert len(selection.listed_notes("paper-100")) == len(set(shipped)) == 100
    outcome = sing("generate", "tiny", "--notes", "paper-100", "--out", "s")
    assert outcome.err == (
        "error: instrument 'bass_synthetic_126': unknown to the model; "
        "known: bass_acoustic_000, flute_synthetic_003\n"
    )


def test_demo_is_the_run_in_the_package(sing, run, monkeypatch):
    monkeypatch.setattr(selection, "shipped_run", lambda: run.folder)
    assert sing("generate", "demo", *ONE, "--out", "demo.wav").code == 0
    sing("generate", "tiny", *ONE, "--out", "tiny.wav")
    assert Path("demo.wav").read_bytes() == Path("tiny.wav").read_bytes()


def on_a_full_disk(*words: object) -> Finished:
    """Run `sing` where no file may grow beyond 1,000 bytes."""
    return run_command(["sing", *words, "--device", "cpu"], largest_file=1_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("generate", "tiny", *ONE, "--out", "note.wav"), "note.wav"),
        (("stream", "tiny", *ONE, "--out", "note.wav"), "note.wav"),
        (("generate", "tiny", *ONE, "--out", "s"), "s/audio/flute_synthetic_003-060-127.wav"),
        (("reconstruct", "tiny", "--limit", 1, "--out", "s"), f"s/audio/{TEST[0].name}.wav"),
    ],
)
def test_a_full_disk_is_one_line_and_leaves_no_part(words, path):
    ran = on_a_full_disk(*words)
    assert (ran.exit_code, ran.stdout) == (2, "")
    message = "the disk is full; free some space and run the command again"
    assert ran.stderr == f"error: {path}: {message}\n"
    assert not Path(path).exists()
    assert [*Path().glob(".*.part"), *Path().glob("s/audio/*"), *Path().glob("s/audio/.*")] == []


@pytest.mark.slow
def test_a_stream_into_a_file_on_a_full_disk_is_one_line():
    ran = on_a_full_disk("stream", "tiny", *ONE)
    assert ran.exit_code == 2
    message = "the disk is full; free some space and run the command again"
    assert ran.stderr == f"error: standard output: {message}\n"


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_the_stream_quietly():
    command = [sys.executable, "-m", "sing", "stream", "tiny", *ONE, "--out", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert len(process.stdout.read(10)) == 10
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


CSV = "note\nflute_synthetic_003-060-127\n"


FLUTE = "--instrument flute_synthetic_003"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("generate tiny --out s", "give the notes by --split, by --notes, or by --instrument"),
        ("generate tiny --split test ONE --out s", "give the notes by --split, by --notes, or"),
        ("generate tiny --split tset --out s", "'tset' is not one of 'train', 'valid', 'test'"),
        ("generate tiny --split valid --out s", "its split has no valid notes; name some"),
        ("generate tiny --split test", "Missing option '--out'"),
        (f"generate tiny {FLUTE} --pitch 60 --out s", "go together; give all three"),
        ("generate tinny --split test --out s", "did you mean 'tiny'?"),
        ("generate notes --split test --out s", "notes: no config.toml; not a run folder"),
        ("generate tiny/model.safetensors ONE --out s", "no config.toml; not a run folder"),
        (
            f"generate tiny {FLUTE} --pitch 60 --velocity 99 --out s",
            "velocity 99: unknown to the model; known: 25, 127",
        ),
        (
            f"generate tiny {FLUTE} --pitch 73 --velocity 25 --out s",
            "pitch 73: unknown to the model; known: 48, 60, 72",
        ),
        (
            f"generate tiny {FLUTE} --pitch 50 --velocity 25 --out s",
            "pitch 50: unknown to the model; known: 48, 60, 72",
        ),
        (f"generate tiny {FLUTE} --pitch 200 --velocity 25 --out s", "200 is not in 0 to 127"),
        (
            "generate tiny --instrument flute_synthetic_3 --pitch 60 --velocity 25 --out s.wav",
            "'flute_synthetic_3': unknown to the model; did you mean 'flute_synthetic_003'?",
        ),
        ("generate tiny --notes absent.csv --out s", "absent.csv: there is no such file"),
        ("generate tiny --notes names.csv --out s", "names.csv: line 1: no column 'note'"),
        (
            "generate tiny --notes twice.csv --out s",
            "twice.csv: line 3: flute_synthetic_003-060-127 is on line 2 already; remove one",
        ),
        ("generate tiny --notes bad.csv --out s", "bad.csv: line 2: 'flute': not a note name"),
        ("generate tiny --notes empty.csv --out s", "empty.csv: no note in it"),
        ("generate tiny --split test --out notes", "notes: the folder is not empty"),
        ("generate tiny --split test --out notes --force", "a folder of other things"),
        ("generate tiny ONE --out there.wav", "there.wav: the file exists; pass --force"),
        ("generate tiny --split test --out s --limit 0", "0 is not in the range x>=1"),
        ("generate tiny --split test --out s --device gpu", "--device gpu: no such device"),
        ("generate empty --split test --out s", "no weights yet; finish a phase"),
        ("reconstruct tiny --out s --data nowhere", "nowhere: there is no such folder"),
        ("reconstruct tiny --split test --notes x --out s", "name the notes; give one"),
        ("reconstruct empty --out s", "empty: its dataset gone is gone; pass --data DATASET"),
        ("reconstruct empty --out s --data notes", "this run has no autoencoder; train one"),
        ("stream tiny", "give the note by --instrument, --pitch and --velocity"),
        ("stream tiny ONE --out there.wav", "there.wav: the file exists; pass --force"),
        ("stream empty ONE", "no weights yet; finish a phase"),
    ],
)
def test_bad_input_is_one_line_and_exit_2_and_leaves_nothing(sing, run, words, message):
    Path("names.csv").write_text("name\nflute_synthetic_003-060-127\n")
    Path("twice.csv").write_text(CSV + CSV.splitlines()[1] + "\n")
    Path("bad.csv").write_text("note\nflute\n")
    Path("empty.csv").write_text("note\n")
    Path("there.wav").touch()
    write_run(Path("empty"), run.config, run.vocabulary, run.split, dataset="gone")
    before = {path: path.read_bytes() for path in files_below(Path())}
    outcome = sing(*words.replace("ONE", " ".join(ONE)).split())
    assert outcome.code == 2
    assert outcome.raw == b""
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    assert {path: path.read_bytes() for path in files_below(Path())} == before


def test_a_missing_demo_run_is_one_line(sing, monkeypatch, tmp_path):
    monkeypatch.setattr(selection, "shipped_run", lambda: tmp_path / "absent")
    outcome = sing("generate", "demo", "--split", "test", "--out", "s")
    assert outcome.code == 2
    assert outcome.err == (
        "error: demo: this installation has no demo run; train one with sing train demo and give "
        "its folder\n"
    )


def test_a_run_that_does_not_say_its_dataset_asks_for_it(sing, run):
    write_run(Path("imported"), run.config, run.vocabulary, run.split, dataset=None)
    outcome = sing("reconstruct", "imported", "--out", "s")
    assert outcome.code == 2
    assert "imported: does not say on what it was trained; pass --data DATASET" in outcome.err
