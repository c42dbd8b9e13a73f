"""Exports hold every answer as given, under the contracts, and nothing that tells who or what."""

import csv
import json
import re

import pytest
import small_study as small

from eval_suite.study_contracts import ANSWERS, CHOICES, RATINGS, SESSIONS
from eval_suite.tables import read_table
from listening_app.export import export
from listening_app.store import Store, sessions
from sing.errors import SingError

RULES = 'name = "own"\n[correlation]\nat_least = 0.25\n'


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "export"


def test_every_rating_is_a_row_with_its_system_by_name(store, out):
    state = small.to_trials(store, "rater", headphones={"antiphase_hits": 6, "huggins_hits": 4})
    scores = [5, 1, 2, 3, 4, 1]
    for position, score in enumerate(scores, start=1):
        store.save_answer(state.session, small.answer(position, values={"score": score}))
    export(store, out)
    rows = rows_of(out / "ratings.csv")
    assert [int(row["position"]) for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [int(row["score"]) for row in rows] == scores
    assert [row["kind"] for row in rows] == ["practice", *["main"] * 4, "control"]
    # s0000 has systems in turn: the trial at place p (from 0) has sing if p is even.
    assert [row["system"] for row in rows] == ["sing", "noise"] * 3
    assert [row["note"][-7:-4] for row in rows] == ["040", "040", "041", "042", "043", "043"]
    assert [row["expected"] for row in rows] == ["1", "", "", "", "", "1"]
    first = rows[0]
    assert (first["study"], first["test"]) == ("small", "mos")
    assert (first["scale_min"], first["scale_max"]) == ("1", "5")
    assert (first["device"], first["antiphase_hits"], first["huggins_hits"]) == (
        "headphones",
        "6",
        "4",
    )
    assert (first["plays"], first["listened_seconds"], first["seconds"]) == ("2", "4", "7.5")
    assert first["submitted_at"] == "2027-01-15T08:00:00.000Z"
    assert first["participant"] == state.participant


@pytest.mark.parametrize(
    ("test", "reference"), [("preference", "truth"), ("abx", None), ("ab", ""), ("cmos", "")]
)
def test_every_choice_is_a_row_with_the_systems_at_their_places(
    open_store, tmp_path, out, test, reference
):
    store = open_store(small.make_study(tmp_path / "s", test))
    state = small.to_trials(store)
    small.finish(store, state, test)
    export(store, out)
    rows = rows_of(out / "choices.csv")
    trials = store.plan.sheet(state.sheet).trials
    assert len(rows) == len(trials)
    for row, trial in zip(rows, trials, strict=True):
        heard = {slot.name: re.match("[a-z]+", slot.stimulus)[0] for slot in trial.slots}
        assert (row["a"], row["b"]) == (heard["A"], heard["B"])
        assert row["reference"] == (heard["X"] if reference is None else reference)
        slot = {"abx": "B", "ab": "B", "preference": "A", "cmos": "A"}[test]  # as small.GIVEN
        assert row["choice"] == heard[slot]
        right = {"": "", "A": heard["A"], "3": heard["B"]}[trial.expected]
        assert row["expected"] == right
        assert row.get("score", "") == ("-2" if test == "cmos" else "")
    read_table(out / "choices.csv", CHOICES)


def test_a_comparison_that_finds_no_difference_chooses_none(open_store, tmp_path, out):
    store = open_store(small.make_study(tmp_path / "s", "cmos"))
    state = small.to_trials(store)
    store.save_answer(state.session, small.answer(1, "cmos", values={"score": 0}))
    export(store, out)
    assert [(row["choice"], row["score"]) for row in rows_of(out / "choices.csv")] == [
        ("none", "0")
    ]


def test_every_score_of_a_mushra_trial_is_a_row(open_store, tmp_path, out):
    store = open_store(small.make_study(tmp_path / "s", "mushra"))
    state = small.to_trials(store)
    store.save_answer(state.session, small.answer(1, "mushra"))
    export(store, out)
    rows = rows_of(out / "ratings.csv")
    # The first trial has S1 noise, S2 sing, S3 truth.
    assert {row["system"]: row["score"] for row in rows} == {
        "noise": "80",
        "sing": "20.5",
        "truth": "100",
    }
    assert {row["scale_max"] for row in rows} == {"100"}


def test_one_system_in_two_slots_of_a_trial_is_told_apart(open_store, tmp_path, out):
    study = small.make_study(tmp_path / "s", "mushra")
    trial = study.sheets["s0000"].trials[0]
    object.__setattr__(trial.slots[1], "stimulus", trial.slots[2].stimulus)
    object.__setattr__(trial, "expected", "S1")
    store = open_store(study)
    state = small.to_trials(store)
    store.save_answer(state.session, small.answer(1, "mushra"))
    export(store, out)
    rows = [(row["system"], row["expected"]) for row in rows_of(out / "ratings.csv")]
    assert sorted(rows) == [("sing", "100"), ("sing (2)", ""), ("truth", "")]


def test_tables_follow_their_contracts_with_every_kind_of_session(open_store, tmp_path, out, clock):
    study = small.make_study(tmp_path / "s", headphones={"policy": "require"})
    store = open_store(study)
    small.finish(store, small.to_trials(store, "complete"))
    store.save_answer(small.to_trials(store, "dropped").session, small.answer(1))
    for _ in range(61):
        clock.now += 60
        store.expire()
    small.to_trials(store, "screened out", headphones={"antiphase_hits": 0})
    small.to_trials(store, "no consent", consent={})
    store.save_answer(small.to_trials(store, "active").session, small.answer(1))
    export(store, out)
    sessions = read_table(out / "sessions.csv", SESSIONS)
    assert sorted(sessions["outcome"]) == [
        "active", "complete", "dropped", "no_consent", "screened_out"
    ]  # fmt: skip
    assert len(read_table(out / "ratings.csv", RATINGS)) == 6 + 1 + 1
    assert set(read_table(out / "answers.csv", ANSWERS)["answer"]) == {"31"}


def test_a_study_that_nobody_took_has_empty_tables(store, out):
    written = export(store, out)
    assert written.rows == {"ratings": 0, "sessions": 0, "answers": 0}
    assert len(read_table(out / "ratings.csv", RATINGS)) == 0


def test_formulas_in_what_raters_write_are_defused(store, out):
    state = small.to_trials(
        store, questions={"age": "-5", "remark": "=1+1"}, sound={"device": "@SUM(A1)"}
    )
    store.save_answer(state.session, small.answer(1, comment='+cmd|" /C calc"!A0\n=2'))
    export(store, out)
    answers = {row["question"]: row["answer"] for row in rows_of(out / "answers.csv")}
    assert answers == {"age": "-5", "remark": "'=1+1"}
    (rating,) = rows_of(out / "ratings.csv")
    assert (rating["device"], rating["comment"]) == ("'@SUM(A1)", '\'+cmd|" /C calc"!A0\n=2')


def test_nothing_in_an_export_tells_who_a_rater_is_or_their_code(store, out):
    state = small.to_trials(store, "5f0c1b2a3d4e")
    code = small.finish(store, state)
    store.join("prolific", "jane@example.org", "en", {"SESSION_ID": "s-774411"})
    export(store, out)
    everything = b"".join(bytes_of(out).values()).decode()
    for secret in ("5f0c1b2a3d4e", "jane@example.org", "s-774411", code):
        assert secret not in everything
    assert state.participant in everything


def test_the_same_rows_give_the_same_bytes(store, out):
    for rater in "abc":
        small.finish(store, small.to_trials(store, rater))
    export(store, out)
    before = bytes_of(out)
    export(store, out, force=True)
    assert bytes_of(out) == before


@pytest.mark.postgres
def test_both_databases_give_the_same_tables(study, clock, out, postgres_url, monkeypatch):
    found = []
    for url in (None, postgres_url):
        ids = iter(f"{number:024x}" for number in range(9))
        monkeypatch.setattr(sessions, "new_session_id", lambda ids=ids: next(ids))
        with Store(study, url, clock) as store:
            for rater in "ab":
                small.finish(store, small.to_trials(store, rater))
            export(store, out, force=True)
        found.append(bytes_of(out))
    assert found[0] == found[1]


def test_a_rehearsal_is_marked_in_every_table_and_file(store, out):
    store.mark_synthetic()
    small.finish(store, small.to_trials(store))
    export(store, out)
    for table in ("ratings", "sessions", "answers"):
        assert {row["study"] for row in rows_of(out / f"{table}.csv")} == {"small (synthetic)"}
    record = json.loads((out / "provenance.json").read_text())
    assert (record["study"], record["is_synthetic"]) == ("small (synthetic)", True)
    assert store.counts().is_synthetic


def test_real_raters_are_never_marked_as_synthetic(store):
    small.to_trials(store)
    with pytest.raises(SingError, match="real raters"):
        store.mark_synthetic()
    assert not store.counts().is_synthetic


def test_an_export_before_the_rules_are_locked_is_warned_of_and_recorded(
    store, out, tmp_path, capsys
):
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    export(store, out)
    assert "not locked" in capsys.readouterr().err
    assert json.loads((out / "provenance.json").read_text())["rules"] is None
    locked = store.lock_rules(rules)
    export(store, out, rules, force=True)
    assert "not locked" not in capsys.readouterr().err
    record = json.loads((out / "provenance.json").read_text())["rules"]
    assert record["matches"] is True
    assert record["sha256"] == locked.sha256
    assert record["exported_at"] == "2027-01-15T08:00:00.000Z"


def test_an_export_says_when_the_rules_are_no_longer_those_that_were_locked(
    store, out, study, capsys
):
    rules = study.folder / "rules.toml"
    rules.write_text(RULES)
    store.lock_rules(rules)
    rules.write_text(RULES.replace("0.25", "0.1"))
    export(store, out)
    assert "not the rules that were locked" in capsys.readouterr().err
    assert json.loads((out / "provenance.json").read_text())["rules"]["matches"] is False
    rules.unlink()
    export(store, out, force=True)
    assert json.loads((out / "provenance.json").read_text())["rules"]["matches"] is None


def test_nothing_is_replaced_without_force_and_only_exports_with_it(store, out):
    export(store, out)
    with pytest.raises(SingError, match="--force"):
        export(store, out)
    other = out.parent / "run"
    other.mkdir()
    (other / "provenance.json").write_text("{}")
    with pytest.raises(SingError, match="other things"):
        export(store, other, force=True)
    assert [path.name for path in other.iterdir()] == ["provenance.json"]


def test_an_export_that_fails_leaves_the_earlier_one_and_no_rest(store, out, monkeypatch):
    export(store, out)
    before = bytes_of(out)
    beside = sorted(path.name for path in out.parent.iterdir())

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("listening_app.export.write_table", fail)
    with pytest.raises(SingError, match="disk is full"):
        export(store, out, force=True)
    assert bytes_of(out) == before
    assert sorted(path.name for path in out.parent.iterdir()) == beside


def test_the_record_of_an_export_names_the_reference(tmp_path):
    study = small.make_study(tmp_path / "small", "mushra")
    with Store(study) as store:
        export(store, tmp_path / "export")
    assert json.loads((tmp_path / "export" / "provenance.json").read_text())["reference"] == "truth"
