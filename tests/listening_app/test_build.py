import json
import shutil
import sqlite3
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import studies
from folder_contents import contents

from listening_app.build import build_study
from listening_app.headphones import read_checks
from listening_app.store import Store
from listening_app.study import open_study
from sing.audio import write_waveform
from sing.errors import CheckFailed, SingError

TESTS = ("mos", "preference", "abx", "ab", "cmos", "mushra")


@pytest.fixture(scope="module")
def systems(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    studies.write_systems(folder / "systems")
    return folder


@pytest.fixture(scope="module")
def mos(systems):
    """A built MOS study; tests that change one copy it."""
    folder = studies.write_study(systems / "built")
    build_study(folder)
    return folder


@pytest.fixture
def copied(mos, tmp_path):
    (tmp_path / "systems").symlink_to(mos.parent / "systems")
    return Path(shutil.copytree(mos, tmp_path / "mos"))


@pytest.mark.parametrize("test", TESTS)
def test_a_study_of_each_test_is_built_and_opened(systems, test):
    built = build_study(studies.write_study(systems / test / "study", test, systems={
        name: f"../../systems/{name}" for name in studies.SYSTEMS
    }))  # fmt: skip
    study = built.study
    for sheet in study.sheets.values():
        kinds = [trial.kind for trial in sheet.trials]
        assert kinds[:3] == ["practice"] * 3
        assert (kinds.count("main"), kinds.count("control")) == (4, 3)
        assert not any(one.note == other.note for one, other in pairwise(sheet.trials))
        ids = [trial.id for trial in sheet.trials]
        assert len(set(ids)) == len(ids)
    for trial in studies.trials(study, "control"):
        assert trial.expected
    if test == "abx":
        for trial in studies.trials(study, "main"):
            right = studies.heard(study, trial, trial.expected)
            assert studies.heard(study, trial, "X").system == right.system
    assert all(stimulus.seconds == 4.0 for stimulus in study.stimuli.values())


def test_every_stimulus_reaches_its_ratings_with_the_needed_sheets(systems):
    folder = studies.write_study(systems / "counts", ratings_per_stimulus=3)
    built = build_study(folder)
    heard = {}
    for sheet in list(built.study.sheets.values())[: built.needed_sheets]:
        for trial in sheet.trials:
            if trial.kind == "main":
                stimulus = built.study.stimuli[trial.slots[0].stimulus]
                key = (stimulus.note, stimulus.system)
                heard[key] = heard.get(key, 0) + 1
    assert len(heard) == 6 * 3
    assert min(heard.values()) == 3


def test_the_same_inputs_and_seed_give_the_same_bytes(mos, systems):
    again = systems / "again"
    again.mkdir()
    shutil.copy(mos / "study.toml", again)
    build_study(again)
    assert contents(again) == contents(mos)
    assert open_study(again).fingerprint == open_study(mos).fingerprint


def test_another_seed_gives_other_names_and_another_fingerprint(mos, systems):
    other = build_study(studies.write_study(systems / "seed", seed=43)).study
    study = open_study(mos)
    assert not set(other.stimuli) & set(study.stimuli)
    assert other.fingerprint != study.fingerprint


def test_other_waveforms_give_other_names(mos, tmp_path):
    studies.write_systems(tmp_path / "systems")
    (tmp_path / "systems" / "sing").rename(tmp_path / "systems" / "swap")
    (tmp_path / "systems" / "wavenet").rename(tmp_path / "systems" / "sing")
    (tmp_path / "systems" / "swap").rename(tmp_path / "systems" / "wavenet")
    other = build_study(studies.write_study(tmp_path / "mos")).study
    assert not set(other.stimuli) & set(open_study(mos).stimuli)


def test_headphone_tests_are_built_in(mos):
    assert len(read_checks(mos).antiphase) == 6


def test_words_may_be_changed_after_the_build_and_the_design_may_not(copied):
    text = (copied / "study.toml").read_text()
    fingerprint = open_study(copied).fingerprint
    (copied / "study.toml").write_text(text.replace('title = "Notes"', 'title = "Klänge"'))
    assert open_study(copied).settings.title == "Klänge"
    assert open_study(copied).fingerprint == fingerprint
    (copied / "study.toml").write_text("seed = 7\n" + text)
    with pytest.raises(SingError, match=r"study\.toml: 'seed' was changed since the study was"):
        open_study(copied)


@pytest.mark.parametrize("name", ["stimuli.csv", "sheets.csv", "checks.csv"])
def test_a_changed_or_missing_table_is_one_line(copied, name):
    path = copied / name
    path.write_text(path.read_text() + "\n")
    with pytest.raises(SingError, match=f"{name}: missing, or changed since the study was built"):
        open_study(copied)
    path.unlink()
    with pytest.raises(SingError, match=f"{name}: missing, or changed"):
        open_study(copied)


def test_a_stimulus_missing_from_disk_is_one_line(copied):
    path = next((copied / "stimuli").iterdir())
    path.unlink()
    with pytest.raises(SingError, match=rf"{path.name}: a stimulus is missing from disk"):
        open_study(copied)


def test_a_study_that_is_not_built_or_of_another_version_is_one_line(copied):
    record = json.loads((copied / "build.json").read_text())
    (copied / "build.json").write_text(json.dumps({**record, "format": 99}))
    with pytest.raises(SingError, match=r"build\.json: format 99, this version reads 1; build"):
        open_study(copied)
    (copied / "build.json").unlink()
    with pytest.raises(SingError, match="not built; run sing-eval study build"):
        open_study(copied)


def test_force_replaces_a_study_and_nothing_else_does(copied):
    with pytest.raises(SingError, match="built already; pass --force"):
        build_study(copied)
    (copied / "notes.txt").write_text("mine")
    (copied / "study.toml").write_text("seed = 7\n" + (copied / "study.toml").read_text())
    build_study(copied, force=True)
    assert open_study(copied).settings.seed == 7
    assert (copied / "notes.txt").read_text() == "mine"
    assert not list(copied.glob(".building-*"))


def a_session(folder):
    with sqlite3.connect(folder / "study.db") as database:
        database.execute("CREATE TABLE sessions (session TEXT)")
        database.execute("INSERT INTO sessions VALUES ('s')")
    database.close()


def test_a_study_with_answers_is_never_replaced(copied):
    a_session(copied)
    before = contents(copied)
    with pytest.raises(SingError, match="raters have been here"):
        build_study(copied, force=True)
    assert contents(copied) == before


def test_an_export_counts_as_answers_too(copied):
    (copied / "export").mkdir()
    for name in ("ratings.csv", "sessions.csv"):  # nobody has answered: no trace of raters
        (copied / "export" / name).write_text("study,session\n")
    build_study(copied, force=True)
    (copied / "export" / "sessions.csv").write_text("study,session\nmos,s\n")
    with pytest.raises(SingError, match="raters have been here"):
        build_study(copied, force=True)


def test_too_few_notes_for_practice_and_controls_and_of_one_instrument_are_warned_of(
    systems, capsys
):
    build_study(studies.write_study(systems / "few"))
    error = " ".join(capsys.readouterr().err.split())
    assert "all 6 notes are of one instrument, flute_acoustic_001, and the results hold" in error
    assert "no other notes in common" not in error
    build_study(studies.write_study(systems / "all", notes={"count": len(studies.NOTES)}))
    error = " ".join(capsys.readouterr().err.split())
    assert "the systems have no other notes in common, so practice and controls" in error


@pytest.mark.postgres
def test_answers_in_postgresql_count_too(copied, postgres_url):
    with Store(open_study(copied), postgres_url) as store:
        build_study(copied, force=True, database_url=postgres_url)  # nobody has been here yet
        store.join("local", "anna")
    with pytest.raises(SingError, match=r"raters have been here .*--database-url"):
        build_study(copied, force=True, database_url=postgres_url)
    with Store(open_study(copied), postgres_url) as store:
        store.erase("anna")
    build_study(copied, force=True, database_url=postgres_url)


def test_a_database_that_does_not_answer_stops_the_build(copied):
    with pytest.raises(SingError, match="check that the database runs"):
        build_study(copied, force=True, database_url="postgresql://rater@127.0.0.1:1/none")


def test_an_empty_database_goes_with_the_sheets_that_it_belongs_to(copied):
    with sqlite3.connect(copied / "study.db") as database:
        database.execute("CREATE TABLE sessions (session TEXT)")
    database.close()
    build_study(copied, force=True)
    assert not (copied / "study.db").exists()


def test_a_database_that_cannot_be_read_is_not_thrown_away(copied):
    (copied / "study.db").write_bytes(b"not a database at all, but something of somebody's" * 20)
    with pytest.raises(SingError, match=r"study\.db: cannot be read"):
        build_study(copied, force=True)


def test_a_build_that_was_killed_at_its_end_can_be_repeated(copied):
    before = contents(copied)
    (copied / "build.json").unlink()
    (copied / ".building-xyz").mkdir()
    build_study(copied)
    assert contents(copied) == before


def test_stimuli_of_somebody_else_are_not_replaced(systems):
    folder = studies.write_study(systems / "foreign")
    (folder / "stimuli").mkdir()
    (folder / "stimuli" / "thesis.wav").touch()
    with pytest.raises(SingError, match="not made by a build, so not replaced; move it away"):
        build_study(folder)


def test_a_study_that_is_not_blind_is_not_built_and_the_old_one_stays(copied):
    before = contents(copied)
    text = (copied / "study.toml").read_text() + "\n[loudness]\nnormalize = false\n"
    (copied / "study.toml").write_text(text)
    with pytest.raises(CheckFailed, match="nothing was built") as error:
        build_study(copied, force=True)
    assert error.value.exit_code == 3
    after = contents(copied)
    assert {**after, "study.toml": before["study.toml"]} == before


def test_more_trials_than_stimuli_are_one_line(systems):
    folder = studies.write_study(systems / "long", trials_per_rater=19)
    with pytest.raises(SingError, match=r"= 19: there are only 18 \(6 notes x 3 systems\)"):
        build_study(folder)


def test_a_silent_system_is_heard_as_silence(tmp_path):
    studies.write_systems(tmp_path / "systems")
    for path in (tmp_path / "systems" / "wavenet" / "audio").iterdir():
        write_waveform(path, np.zeros(64_000))
    study = build_study(studies.write_study(tmp_path / "mos")).study
    silent = [one for one in study.stimuli.values() if one.system == "wavenet"]
    assert silent
    assert {one.gain_db for one in silent} == {0.0}
