"""The commands about a study's data: export, erase, status, lock-rules."""

import pytest
import small_study as small
from click.testing import CliRunner

from listening_app.commands.erase import erase
from listening_app.commands.export import export
from listening_app.commands.lock_rules import lock_rules
from listening_app.commands.status import status
from listening_app.store import Store
from sing.errors import SingError


@pytest.fixture
def run(study, monkeypatch):
    """Run a command on the small study, which is made by hand and not built."""
    monkeypatch.setattr("listening_app.study.open_study", lambda _: study)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run_command(command, *arguments, typed=None):
        given = [str(study.folder), *map(str, arguments)]
        result = CliRunner().invoke(command, given, input=typed)
        if isinstance(result.exception, SingError):
            raise result.exception
        return result

    return run_command


@pytest.fixture
def taken(study, clock):
    """The study after one rater finished and one left in the middle."""
    with Store(study, None, clock) as store:
        small.finish(store, small.to_trials(store, "done"))
        store.save_answer(small.to_trials(store, "left").session, small.answer(1))
    return study


def test_export_writes_into_the_study_and_says_how_many_rows(run, taken):
    lines = run(export).stdout.splitlines()
    assert [line.split("/")[-1] for line in lines] == [
        "ratings.csv  7 rows",
        "sessions.csv  2 rows",
        "answers.csv  2 rows",
    ]
    assert (taken.folder / "export" / "ratings.csv").is_file()


def test_export_of_a_study_that_was_never_served_is_one_line(run, study):
    with pytest.raises(SingError, match="no answers yet"):
        run(export)
    assert list(study.folder.iterdir()) == []


def test_status_shows_counts_and_no_score(run, taken):
    output = run(status, "--stimuli").output
    assert "raters     1 active, 1 complete" in output
    assert "sheets     1 of 6 finished, 1 with a rater now" in output
    assert "ratings    25% of those needed; fewest: 0 of 2" in output
    assert "rules      not locked" in output
    assert output.count(" / 2  ") == 8
    assert "score" not in output


def test_erase_asks_first(run, taken):
    with pytest.raises(SingError, match="the answer was no"):
        run(erase, "done", typed="n\n")
    with pytest.raises(SingError, match="pass --yes"):
        run(erase, "done", typed="")
    with pytest.raises(SingError, match="nobody: no such rater"):
        run(erase, "nobody", typed="")  # before anything is asked
    asked = run(erase, "done", typed="y\n")
    assert "removed 6 answers to trials and 1 to questions" in asked.output
    with pytest.raises(SingError, match="no such rater"):
        run(erase, "done", "--yes")


def test_erase_takes_the_hash_of_the_tables(run, taken, clock):
    with Store(taken, None, clock) as store:
        participant = store.join("local", "left").participant
    assert participant in run(erase, participant, "--yes").output


def test_rules_are_locked_once(run, study, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('name = "own"\n[speed]\nseconds = 1\n')
    assert "locked at" in run(lock_rules, rules).output
    rules.write_text('name = "own"\n[speed]\nseconds = 2\n')
    with pytest.raises(SingError, match="other rules"):
        run(lock_rules, rules)
    assert "rules      rules.toml, locked at" in run(status).output
