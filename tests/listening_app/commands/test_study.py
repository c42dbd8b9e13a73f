from pathlib import Path

import numpy as np
import pytest

from sing.notes import Note
from sing.systems import SystemWriter

NOTES = [Note("flute_acoustic_001", pitch, 100) for pitch in range(60, 68)]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("truth", "sing"):
        writer = SystemWriter(Path("systems", name), name, "truth" if name == "truth" else "run")
        for note in NOTES:
            seconds = np.arange(64_000) / 16_000
            tone = 0.2 * np.sin(2 * np.pi * note.frequency * seconds) * np.exp(-seconds)
            writer.write(note, tone + 0.001 * rng.standard_normal(64_000))
        writer.finish(NOTES)
    return tmp_path


def test_a_study_is_made_built_and_checked(run, workplace):
    assert run("new", "first", "--test", "mos") == (0, "first/study.toml\n", "")
    toml = Path("first/study.toml")
    toml.write_text(toml.read_text().replace("count = 20", "count = 6").replace("= 20", "= 4"))
    code, out, _ = run("build", "first")
    assert code == 0
    assert "test            mos, 6 notes, 2 systems" in out
    assert "sheets          15; 12 finished ones give 4 ratings everywhere" in out
    code, out, _ = run("check", "first")
    assert code == 0
    assert "first: blind: " in out
    assert "truth: 99 % of the energy below" in out


def test_a_leak_is_listed_and_exits_with_3(run, workplace):
    run("new", "first", "--test", "mos")
    toml = Path("first/study.toml")
    toml.write_text(toml.read_text().replace("count = 20", "count = 6").replace("= 20", "= 4"))
    run("build", "first")
    Path("first/stimuli/sing.wav").touch()
    code, out, err = run("check", "first")
    assert code == 3
    assert "stimuli/sing.wav: not one of the study's files" in out
    assert "error: first: 1 leak, listed above" in err


def test_a_study_that_is_not_blind_is_not_built(run, workplace):
    run("new", "first", "systems/truth", "loud=systems/sing", "--test", "ab")
    toml = Path("first/study.toml")
    text = toml.read_text().replace("count = 20", "count = 6").replace("= 20", "= 4")
    toml.write_text(text.replace("normalize = true", "normalize = false"))
    for path in Path("systems/sing/audio").iterdir():
        samples = np.frombuffer(path.read_bytes()[44:], "<i2") // 4
        path.write_bytes(path.read_bytes()[:44] + samples.astype("<i2").tobytes())
    code, _, err = run("build", "first")
    assert code == 3
    assert "LU between its stimuli" in err
    assert "error: first: nothing was built" in err
    assert not Path("first/build.json").exists()


def test_faults_are_one_line_and_exit_with_2(run, workplace):
    for arguments, words in (
        (("build", "absent"), "absent: no study.toml, so not a study"),
        (("check", "absent"), "absent: no study.toml, so not a study"),
        (("new", "x", "--test", "xab"), "Invalid value for '--test'"),
        (("biuld", "x"), "no command 'biuld'; did you mean 'build'?"),
    ):
        code, _, err = run(*arguments)
        assert code == 2
        assert words in err
        assert len(err.splitlines()) == 1
