"""A rehearsal's checks find every kind of loss: exports are tampered with, one way each."""

import copy
import csv
import shutil
from dataclasses import replace

import pytest
import small_study as small

from listening_app.export import export
from listening_app.rehearsal.population import Rater
from listening_app.rehearsal.verdict import Outcome, checks
from listening_app.rehearsal.visit import Given, Visit
from listening_app.store import Store


def taken(store, study, test):
    """Two raters who finish and one who leaves, and what they remember of it."""
    visits = []
    for number in range(3):
        state = small.to_trials(store, f"rater{number}", questions={"age": "31", "remark": "none"})
        visit = Visit(Rater(number, "honest", 0.0, 0.0), state.session, state.sheet, "active")
        trials = study.sheets[state.sheet].trials
        for position, trial in enumerate(trials[: 3 if number == 2 else None], start=1):
            answer = small.answer(position, test, comment="a click" if position == 2 else "")
            store.save_answer(state.session, answer)
            visit.given[position] = Given(trial, answer.values, 2, 7.5, answer.comment)
        if number < 2:
            visit.outcome, visit.code = "complete", store.complete(state.session)
        visits.append(visit)
    return visits


@pytest.fixture(scope="session", params=["mos", "preference", "abx", "cmos", "mushra"])
def finished(request, tmp_path_factory):
    """A study of each kind, taken and exported."""
    test, folder = request.param, tmp_path_factory.mktemp("taken")
    study = small.make_study(folder / "study", test, ratings_per_stimulus=4)
    with Store(study) as store:
        store.mark_synthetic()
        visits = taken(store, study, test)
        export(store, folder / "export")
        counted = {item.item: item.filled for item in store.counts().items}
    return Outcome(study, visits, folder / "export", counted, False, None)


@pytest.fixture
def outcome(finished, tmp_path):
    """The same, to be tampered with."""
    shutil.copytree(finished.tables, tmp_path / "export")
    visits = copy.deepcopy(finished.visits)
    return replace(
        finished, visits=visits, tables=tmp_path / "export", counted={**finished.counted}
    )


def failed(outcome):
    return [check.claim for check in checks(outcome) if not check.holds]


def edit(outcome, table, change):
    """Rewrite a table's rows by a function of (index, row): a list of rows in its place."""
    path = outcome.tables / f"{table}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows, columns = list(reader), reader.fieldnames
    changed = [each for number, row in enumerate(rows) for each in change(number, row)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(changed)


def given_table(outcome):
    return "ratings" if outcome.study.settings.test in ("mos", "mushra") else "choices"


def test_a_true_export_passes_every_check(outcome):
    assert failed(outcome) == []
    assert len(list(checks(outcome))) == 9


def test_a_lost_answer_is_found(outcome):
    first = next(iter(outcome.visits[0].given))
    session = outcome.visits[0].session

    def drop(_number, row):
        return [] if (row["session"], row["position"]) == (session, str(first)) else [row]

    edit(outcome, given_table(outcome), drop)
    assert "no acknowledged answer is lost" in failed(outcome)


def test_an_answer_that_nobody_gave_is_found(outcome):
    visits = [replace(visit, given=dict(visit.given)) for visit in outcome.visits]
    del visits[1].given[2]
    assert failed(replace(outcome, visits=visits)) == ["no answer is there twice or made up"]


@pytest.mark.parametrize("column", ["plays", "seconds", "comment", "note", "kind"])
def test_a_changed_column_is_found(outcome, column):
    new = {"plays": "3", "seconds": "7.6", "comment": "another", "kind": "practice",
           "note": "bass_synthetic_000-099-100"}[column]  # fmt: skip
    # The last row of all is of a main or control trial.
    edit(outcome, given_table(outcome), lambda _number, row: [{**row, column: new}])
    assert "every answer is as it was given" in failed(outcome)


def test_a_changed_score_or_choice_is_found(outcome):
    test = outcome.study.settings.test

    def change(number, row):
        if number:
            return [row]
        if test in ("mos", "mushra", "cmos"):
            return [{**row, "score": "3"}]
        return [{**row, "choice": row["a"] if row["choice"] == row["b"] else row["b"]}]

    edit(outcome, given_table(outcome), change)
    assert failed(outcome) == ["every answer is as it was given"]


def test_swapped_systems_are_found(outcome):
    test = outcome.study.settings.test
    swaps = {"sing": "noise", "noise": "sing"}

    def change(_number, row):
        if test in ("mos", "mushra"):
            return [{**row, "system": swaps.get(row["system"], row["system"])}]
        return [{**row, "a": row["b"], "b": row["a"]}]

    edit(outcome, given_table(outcome), change)
    assert "every answer is as it was given" in failed(outcome)


def test_a_wrong_outcome_a_missing_and_a_strange_session_are_found(outcome):
    edit(outcome, "sessions", lambda _number, row: [{**row, "outcome": "dropped"}])
    assert failed(outcome) == ["every rater's outcome is right"]
    shutil.rmtree(outcome.tables / "none", ignore_errors=True)
    stranger = Visit(Rater(9, "honest", 0.0, 0.0), "f" * 24, "s0000", "active")
    assert "every rater's outcome is right" in failed(
        replace(outcome, visits=[*outcome.visits, stranger])
    )


def test_codes_that_are_the_same_missing_or_early_are_found(outcome):
    claim = "who finished has a code, and nobody else"
    first, second, third = outcome.visits
    same = [first, replace(second, code=first.code), third]
    missing = [first, replace(second, code=""), third]
    early = [first, second, replace(third, code="CODE")]
    for visits in (same, missing, early):
        assert failed(replace(outcome, visits=visits)) == [claim]


def test_wrong_counts_and_a_study_that_is_not_full_are_found(outcome):
    item = next(iter(outcome.counted))
    wrong = replace(outcome, counted={**outcome.counted, item: outcome.counted[item] + 1})
    assert failed(wrong) == ["the server counts what was given"]
    assert failed(replace(outcome, is_to_be_full=True))[-1] == ("a full study lets nobody else in")


def test_an_odd_reply_and_an_unmarked_table_are_found(outcome):
    outcome.visits[0].faults.append("the server said 500")
    assert failed(outcome) == ["every request was answered as it should be"]
    outcome.visits[0].faults.clear()
    edit(outcome, "answers", lambda _number, row: [{**row, "study": "small"}])
    assert failed(outcome) == ["every table says that it is synthetic"]
