"""Whole rehearsals: a real server process, killed in the middle, and real exports."""

import csv
import json
import subprocess
import sys

import pytest

from analysis.ratings import read_ratings
from listening_app.rehearsal import server
from listening_app.rehearsal.population import Population, usual_truth
from listening_app.rehearsal.report import lines
from listening_app.rehearsal.run import Rehearsal, rehearse
from listening_app.settings import read_settings
from listening_app.store import Store
from listening_app.study import open_study
from sing.errors import SingError


def rehearsal(folder, out, **changes):
    population = Population(usual_truth(read_settings(folder), {}), dropout=0.3, seed=1)
    return Rehearsal(folder, out, population, **changes)


@pytest.mark.slow
@pytest.mark.parametrize("test", ["mos", "preference", "abx", "cmos", "mushra"])
def test_a_sound_study_is_a_go_although_the_server_is_killed(built, tmp_path, test):
    folder = built(test)
    before = sorted(folder.rglob("*"))
    report = rehearse(rehearsal(folder, tmp_path / "out"))
    assert report.is_go, [check for check in report.checks if not check.holds]
    assert report.is_killed
    assert {visit.outcome for visit in report.visits} == {"complete", "dropped"}
    assert sorted(folder.rglob("*")) == before  # nothing was written to the study
    found = json.loads((tmp_path / "out" / "rehearsal.json").read_text())
    assert (found["is_go"], found["is_synthetic"]) == (True, True)
    with (tmp_path / "out" / "raters.csv").open() as file:
        assert {row["study"] for row in csv.DictReader(file)} == {"small (synthetic)"}
    for table in (tmp_path / "out" / "export").glob("*.csv"):
        with table.open() as file:
            assert {row["study"] for row in csv.DictReader(file)} == {"small (synthetic)"}
    if test == "mos":
        assert len(read_ratings(tmp_path / "out" / "export" / "ratings.csv").main) >= 36


@pytest.mark.slow
def test_duration_and_cost_are_those_of_people(built, tmp_path):
    report = rehearse(rehearsal(built("mos"), tmp_path / "out", is_killed=False))
    # 10 trials of 4 s that are heard at least once, and 195 s for all that comes before them.
    assert 195 / 60 + 10 * 4 / 60 < report.median_minutes < 195 / 60 + 10 * 16 / 60
    told = "\n".join(lines(report))
    assert f"{3 * report.finished:,.2f} EUR for {report.finished} who finished" in told
    assert "raters are told 2: set pay.minutes higher" in told
    assert told.endswith("go")
    assert not report.is_killed


@pytest.mark.slow
def test_a_server_that_loses_an_answer_is_a_no_go(built, tmp_path, monkeypatch):
    export = server.export

    def lossy(folder, out, url):
        with Store(open_study(folder), url) as store, store.database._engine.begin() as connection:
            connection.exec_driver_sql(
                "DELETE FROM trial_answers WHERE rowid = (SELECT max(rowid) FROM trial_answers)"
            )
        export(folder, out, url)

    monkeypatch.setattr(server, "export", lossy)
    report = rehearse(rehearsal(built("mos"), tmp_path / "out", raters=3, is_killed=False))
    assert not report.is_go
    assert [check.claim for check in report.checks if not check.holds] == [
        "no acknowledged answer is lost"
    ]


@pytest.mark.slow
@pytest.mark.postgres
def test_it_works_on_postgresql_with_several_processes(built, tmp_path, postgres_url):
    report = rehearse(
        rehearsal(built("mos"), tmp_path / "out", workers=2, database_url=postgres_url)
    )
    assert report.is_go, [check for check in report.checks if not check.holds]


@pytest.mark.slow
def test_the_command_exits_with_0_and_replaces_only_with_force(built, tmp_path):
    def run(*options):
        return subprocess.run(
            [sys.executable, "-m", "eval_suite", "study", "rehearse", built("mos"),
             "--out", tmp_path / "out", "--raters", "2", "--no-kill", *options],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    first = run("--mos", "sing=3.5")
    assert (first.returncode, first.stderr) == (0, "")
    assert "\ngo\n" in first.stdout
    assert "FAULT" not in first.stdout
    again = run()
    assert again.returncode == 2
    assert "pass --force" in again.stderr
    assert run("--force").returncode == 0


def test_a_database_with_real_raters_is_refused(built, tmp_path):
    # The build is the same, so its database would be taken for the study's own.
    url = f"sqlite:///{tmp_path}/real.db"
    copy = tmp_path / "copy"
    server.copy_study(built("mos"), copy)
    with Store(open_study(copy), url) as store:
        store.join("local", "a person")
    (tmp_path / "out").mkdir()
    with pytest.raises(SingError, match="a rehearsal needs an empty database"):
        rehearse(rehearsal(built("mos"), tmp_path / "out", database_url=url))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_server_that_cannot_start_says_why(built, tmp_path):
    copy = tmp_path / "copy"
    server.copy_study(built("mos"), copy)
    (copy / "sheets.csv").write_text("nonsense\n")
    with pytest.raises(SingError, match=r"the server did not start: .*sheets\.csv"):
        server.Server(copy).start()
