"""`sing-eval systems` through its command line: paths on stdout, exit codes, one-line errors."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sing import files


@pytest.fixture
def outputs(workplace, dataset) -> Path:
    """The dataset's first four notes as WaveNet's tool names them."""
    folder = Path("outputs")
    folder.mkdir()
    for note in dataset.notes[:4]:
        waveform = dataset.waveforms([note])[0][:59_904]
        soundfile.write(folder / f"gen_{note.name}.wav", waveform, 16_000, subtype="FLOAT")
    return folder


def test_outputs_are_imported_listed_checked_and_scored(sing_eval, outputs, dataset):
    done = sing_eval("systems", "import", outputs, "--as", "wavenet")
    assert (done.exit_code, done.stdout) == (0, "systems/wavenet\n")
    assert "padded: 4 notes, by 4,096 samples at the end" in done.stderr
    done = sing_eval("systems", "truth", dataset.folder, "--split", "all", "--limit", 8)
    assert (done.exit_code, done.stdout) == (0, "systems/truth\n")
    done = sing_eval("systems", "list")
    header, *lines = (line.split() for line in done.stdout.splitlines())
    assert header == ["system", "kind", "from", "state", "notes", "clipped"]
    assert [[line[0], line[1], *line[-3:]] for line in lines] == [
        ["truth", "truth", "finished", "8", "0"],
        ["wavenet", "imported", "finished", "4", "0"],
    ]
    done = sing_eval("systems", "check", "systems/truth", "systems/wavenet")
    assert done.exit_code == 0
    assert done.stdout == "systems/truth: no faults\nsystems/wavenet: no faults\n"
    done = sing_eval("metrics", "systems/wavenet", "--split", "all", "--data", dataset.folder)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[1].split()[:3] == ["wavenet", "4", "0"]


def test_files_that_cannot_be_used_are_told_and_the_exit_code_is_3(sing_eval, outputs, dataset):
    broken = dataset.notes[0]
    samples = np.full(64_000, np.nan)
    soundfile.write(outputs / f"gen_{broken.name}.wav", samples, 16_000, subtype="FLOAT")
    done = sing_eval("systems", "import", outputs, "--as", "wavenet")
    assert done.exit_code == 3
    assert done.stdout == "systems/wavenet\n"
    assert f"gen_{broken.name}.wav: 64,000 samples are NaN" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: systems/wavenet: 1 file could not")
    assert files.read_json(Path("systems/wavenet/system.json"))["notes"] == 3


def test_faults_are_listed_on_stdout_and_the_exit_code_is_3(sing_eval, outputs, dataset):
    sing_eval("systems", "import", outputs, "--as", "wavenet")
    path = Path("systems/wavenet/audio", f"{dataset.notes[1].name}.wav")
    path.unlink()
    done = sing_eval("systems", "check", "systems/wavenet")
    assert (done.exit_code, done.stdout) == (3, f"{path}: missing\n")
    assert done.stderr.startswith("error: 1 fault, listed above")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["import", "nowhere", "--as", "x"], "nowhere: there is no such folder"),
        (["import", "empty", "--as", "x"], "empty: no audio file in it"),
        (["import", "outputs", "--as", "a/b"], "--as 'a/b': not a plain name"),
        (["import", "outputs", "--as", "x", "--match-loudness"], "pass --data DATASET"),
        (["import", "outputs", "--as", "x", "--data", "empty"], "no examples.json"),
        (["import", "outputs", "--as", "x", "--fit", "refuse"], "59,904 samples at 16 kHz"),
        (["check", "empty"], "empty: no system.json"),
        (["truth", "empty"], "empty: no examples.json"),
        (["list", "empty"], "empty: no system folder in it"),
        (["lists"], "did you mean 'list'?"),
    ],
)
def test_the_users_errors_are_one_line(sing_eval, outputs, arguments, error):
    Path("empty").mkdir()
    done = sing_eval("systems", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert error in done.stderr
    assert not Path("systems").exists()
