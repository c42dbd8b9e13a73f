"""`sing-eval analyze screen` through its command line."""

import csv
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from analysis.commands.screen import screen
from analysis.designs import crossed
from analysis.ratings import keep, read_ratings
from analysis.screening.rules import read_rules, rules_path
from analysis.simulate import Population, simulate_ratings
from sing.errors import SingError

MEANS = {"ground-truth": 3.86, "wavenet": 2.85, "sing": 3.55}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ratings.csv of 30 raters, some of whom click at random."""
    monkeypatch.chdir(tmp_path)
    study = simulate_ratings(crossed(30, 10), MEANS, Population(clickers=0.3), seed=4)
    study.ratings.to_csv("ratings.csv", index=False)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(screen, arguments, catch_exceptions=True)


def fault(*arguments: str) -> str:
    error = run(*arguments).exception
    assert isinstance(error, SingError), error
    return str(error)


def test_counts_rules_and_hash_are_printed_and_the_table_is_written(workplace: Path):
    done = run()
    assert done.exit_code == 0, done.output
    with Path("screening.csv").open() as file:
        rows = list(csv.DictReader(file))
    kept = sum(row["kept"] == "yes" for row in rows)
    assert len(rows) == 30
    assert f"{kept} of 30 raters are kept" in done.stdout
    assert f"sha256 {read_rules('default').sha256}" in done.stdout
    assert "of raters who answer at random, 5.0 % pass" in done.stdout
    assert done.stdout.splitlines()[-1] == "screening.csv"


def test_the_table_applies_to_the_ratings_and_names_its_rules(workplace: Path):
    run("--rules", "crowdmos")
    kept = keep(read_ratings(Path("ratings.csv")), Path("screening.csv"))
    assert kept.rules == f"crowdmos ({read_rules('crowdmos').sha256[:12]})"
    assert kept.main["participant"].nunique() < 30
    record = json.loads(Path("screening.provenance.json").read_text())
    digest = hashlib.sha256(Path("ratings.csv").read_bytes()).hexdigest()
    assert record["answers"]["sha256"] == digest


def test_the_ratings_stay_as_they_are_and_equal_calls_give_equal_bytes(workplace: Path):
    before = Path("ratings.csv").read_bytes()
    first = run("--out", "a.csv", "--seed", "3", "--multiverse")
    second = run("--out", "b.csv", "--seed", "3", "--multiverse")
    assert first.exit_code == second.exit_code == 0, second.output
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    assert Path("a-multiverse.csv").read_bytes() == Path("b-multiverse.csv").read_bytes()
    assert Path("ratings.csv").read_bytes() == before


def test_printed_rules_are_the_file_byte_by_byte(workplace: Path):
    done = run("--rules", "p808", "--print-rules")
    assert done.stdout_bytes == rules_path("p808").read_bytes()
    Path("mine.toml").write_bytes(done.stdout_bytes)
    assert read_rules("mine.toml").sha256 == read_rules("p808").sha256
    assert run("--rules", "mine.toml", "--multiverse").exit_code == 0


def test_own_rules_join_the_multiverse(workplace: Path):
    Path("mine.toml").write_text('name = "mine"\n[variance]\nsmallest = 0.5\n')
    done = run("--rules", "mine.toml", "--multiverse")
    assert done.exit_code == 0, done.output
    shown = [line.split()[0] for line in done.stdout.splitlines() if line]
    assert {"none", "default", "crowdmos", "p808", "bt500", "bs1534", "mine"} <= set(shown)


def test_faults_are_one_line_and_write_nothing(workplace: Path):
    assert "did you mean 'default'" in fault("--rules", "defaut")
    assert "there is no such file" in fault("none.csv")
    assert "for MUSHRA" in fault("--rules", "bs1534")
    assert "a table that is read" in fault("--out", "ratings.csv", "--force")
    Path("mine.toml").write_text('name = "default"\n[variance]\nsmallest = 0.5\n')
    assert "that of other rules" in fault("--rules", "mine.toml", "--multiverse")
    assert not Path("screening.csv").exists()


def test_nothing_is_overwritten_without_force(workplace: Path):
    assert run().exit_code == 0
    assert "pass --force" in fault()
    assert run("--force").exit_code == 0


def test_sessions_of_another_study_are_refused(workplace: Path):
    Path("sessions.csv").write_text(
        "study,session,participant,platform,sheet,started_at,outcome,device\n"
        "s,x,stranger,local,1,2026-01-01T00:00:00Z,complete,speakers\n"
    )
    assert "no participant of ratings.csv" in fault("--sessions", "sessions.csv")


def test_sessions_tell_who_wore_headphones(workplace: Path):
    rows = "".join(
        f"s,x{n},p{n:04d},local,1,2026-01-01T00:00:00Z,complete,speakers\n" for n in range(30)
    )
    Path("sessions.csv").write_text(
        "study,session,participant,platform,sheet,started_at,outcome,device\n" + rows
    )
    done = run("--sessions", "sessions.csv")
    assert "0 of 30 raters are kept" in done.stdout
    assert "listens with speakers" in Path("screening.csv").read_text()


def test_the_hidden_reference_is_that_of_the_study_or_the_one_named(workplace: Path):
    import pandas as pd

    ratings = pd.read_csv("ratings.csv").replace({"system": {"ground-truth": "recorded"}})
    ratings["score"] = ratings["score"].where(ratings["system"] != "recorded", 5) * 20
    ratings.assign(scale_min=0, scale_max=100).to_csv("ratings.csv", index=False)
    error = fault("--rules", "bs1534")
    assert "no system 'ground-truth' as hidden reference; name it with --reference" in error
    assert run("--rules", "bs1534", "--reference", "recorded").exit_code == 0
    Path("provenance.json").write_text('{"study": "x", "reference": "recorded"}')
    assert run("--rules", "bs1534", "--force").exit_code == 0
