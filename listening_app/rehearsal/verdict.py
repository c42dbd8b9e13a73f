"""Whether a rehearsed study kept everything: what raters gave against what the export has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from eval_suite.study_contracts import ANSWERS, CHOICES, RATINGS, SESSIONS
from eval_suite.tables import read_table
from listening_app.rehearsal.visit import Given, Visit
from listening_app.store.plan import Plan, judged, main
from listening_app.study import Study

_SHOWN = 3

SYNTHETIC = " (synthetic)"
"""What the study's name must end with in every table of a rehearsal."""

Row = Mapping[str, object]


@dataclass(frozen=True)
class Check:
    """One claim about the rehearsal, whether it holds, and what was counted or found."""

    claim: str
    holds: bool
    found: str


@dataclass(frozen=True)
class Outcome:
    """What is to be checked: all visits, the tables, and whether the study was to be filled.

    `counted` are the server's own counts of finished ratings by item.
    """

    study: Study
    visits: Sequence[Visit]
    tables: Path
    counted: Mapping[str, int]
    is_to_be_full: bool
    late: Visit | None


def checks(outcome: Outcome) -> Iterator[Check]:
    """Every claim, in the order in which it is told."""
    visits = [visit for visit in outcome.visits if visit.session]
    yield _check(
        "every request was answered as it should be",
        [f"rater {v.rater.number}: {fault}" for v in outcome.visits for fault in v.faults],
        f"{sum(len(visit.waits) for visit in visits):,} answers sent",
    )
    yield from _answers(outcome, visits)
    yield from _sessions(outcome, visits)
    yield from _counts(outcome, visits)
    unmarked = [
        path.name
        for path in sorted(outcome.tables.glob("*.csv"))
        if not all(str(name).endswith(SYNTHETIC) for name in _column(path, "study"))
    ]
    yield _check("every table says that it is synthetic", unmarked, "marked")


def _answers(outcome: Outcome, visits: Sequence[Visit]) -> Iterator[Check]:
    """Nothing lost, nothing doubled, nothing changed."""
    is_rated = outcome.study.settings.test in ("mos", "mushra")
    contract = RATINGS if is_rated else CHOICES
    table = read_table(outcome.tables / f"{contract.name}.csv", contract)
    found: dict[tuple[str, int], list[Row]] = {}
    for row in table.to_dict("records"):
        key = str(row["session"]), int(row["position"])
        found.setdefault(key, []).append({str(name): cell for name, cell in row.items()})
    given = {
        (visit.session, position): answer
        for visit in visits
        for position, answer in visit.given.items()
    }
    lost = [f"{session} trial {position}" for session, position in given if
            (session, position) not in found]  # fmt: skip
    yield _check("no acknowledged answer is lost", lost, f"{len(given):,} acknowledged")
    more = [f"{session} trial {position}" for session, position in found.keys() - given.keys()]
    more += [
        f"{session} trial {position}, {len(found[session, position])} rows"
        for (session, position), answer in given.items()
        if len(found.get((session, position), ())) > _rows_of(outcome.study, answer)
    ]
    yield _check("no answer is there twice or made up", more, f"{len(table):,} rows")
    changed = [
        f"{session} trial {position}: {fault}"
        for (session, position), answer in given.items()
        if (session, position) in found
        for fault in _differences(outcome.study, answer, found[session, position])
    ]
    yield _check("every answer is as it was given", changed, "scores, choices, times, comments")


def _rows_of(study: Study, given: Given) -> int:
    return len(judged(given.trial)) if study.settings.test == "mushra" else 1


def _differences(study: Study, given: Given, rows: Sequence[Row]) -> Iterator[str]:
    systems = {slot.name: study.stimuli[slot.stimulus].system for slot in given.trial.slots}
    first = rows[0]
    for name, expected in (
        ("note", given.trial.note.name),
        ("kind", given.trial.kind),
        ("plays", given.plays),
        ("seconds", given.seconds),
        ("comment", given.comment),
    ):
        cell = first.get(name, "")
        told = "" if _is_empty(cell) else cell
        if told != expected:
            yield f"{name} is {told!r}, not {expected!r}"
    scores = Counter(
        (str(row["system"]).split(" (")[0], row["score"]) for row in rows if "system" in row
    )
    if study.settings.test == "mushra":
        expected_scores = Counter(
            (systems[slot], float(value)) for slot, value in given.values.items()
        )
        if scores != expected_scores:
            yield f"scores are {dict(scores)}, not {dict(expected_scores)}"
    elif study.settings.test == "mos":
        if scores != Counter({(systems["S"], given.values["score"]): 1}):
            yield f"the score is {dict(scores)}, not {given.values['score']} of {systems['S']}"
    else:
        yield from _comparison(given, systems, first)


def _comparison(given: Given, systems: Mapping[str, str], row: Row) -> Iterator[str]:
    if (row["a"], row["b"]) != (systems["A"], systems["B"]):
        yield f"the pair is {row['a']}, {row['b']}, not {systems['A']}, {systems['B']}"
    if "choice" in given.values and row["choice"] != systems[str(given.values["choice"])]:
        yield f"the choice is {row['choice']}, not slot {given.values['choice']}"
    if "score" in given.values and row.get("score") != given.values["score"]:
        yield f"the score is {row.get('score')}, not {given.values['score']}"


def _sessions(outcome: Outcome, visits: Sequence[Visit]) -> Iterator[Check]:
    table = read_table(outcome.tables / "sessions.csv", SESSIONS)
    found = {str(row["session"]): row for row in table.to_dict("records")}
    wrong = [f"{visit.session} is missing" for visit in visits if visit.session not in found]
    wrong += [f"{session} is nobody's" for session in
              found.keys() - {visit.session for visit in visits}]  # fmt: skip
    for visit in visits:
        row = found.get(visit.session, {})
        if row and (row["sheet"], row["outcome"]) != (visit.sheet, visit.outcome):
            wrong.append(
                f"{visit.session}: {row['outcome']} on {row['sheet']}, not {visit.outcome} on "
                f"{visit.sheet}"
            )
    tally = Counter(visit.outcome for visit in visits)
    told = ", ".join(f"{number:,} {name}" for name, number in sorted(tally.items()))
    yield _check("every rater's outcome is right", wrong, told)
    codes = [visit.code for visit in visits if visit.outcome == "complete"]
    faults = [f"{n} codes are the same" for n in Counter(codes).values() if n > 1]
    faults += ["somebody finished without a code" for code in codes if not code]
    faults += ["somebody has a code too early" for visit in visits
               if visit.code and visit.outcome != "complete"]  # fmt: skip
    yield _check("who finished has a code, and nobody else", faults, f"{len(codes):,} codes")
    asked = {question.key for question in outcome.study.settings.questions}
    answers = read_table(outcome.tables / "answers.csv", ANSWERS)
    complete = {visit.session for visit in visits if visit.outcome == "complete"}
    by_session = Counter(
        session for session in answers["session"].astype(str) if session in complete
    )
    missing = [session for session in complete if by_session[session] != len(asked)]
    yield _check("questions about raters are stored", missing, f"{len(answers):,} answers")


def _counts(outcome: Outcome, visits: Sequence[Visit]) -> Iterator[Check]:
    plan = Plan(outcome.study)
    own: Counter[str] = Counter()
    for visit in visits:
        if visit.outcome == "complete":
            own.update(plan.item(trial) for trial in main(plan.sheet(visit.sheet)))
    wrong = [
        f"{item}: {outcome.counted.get(item, 0)} counted, {own[item]} given"
        for item in plan.item_names
        if outcome.counted.get(item, 0) != own[item]
    ]
    yield _check("the server counts what was given", wrong, f"{sum(own.values()):,} ratings")
    if not outcome.is_to_be_full:
        return
    short = [f"{item}: {own[item]} of {plan.needed}" for item in plan.item_names
             if own[item] < plan.needed]  # fmt: skip
    yield _check("every item has its ratings", short, f"{len(plan.item_names):,} items")
    is_let_in = outcome.late is None or not outcome.late.is_final
    yield _check("a full study lets nobody else in", ["it did"] if is_let_in else [], "turned away")


def _check(claim: str, faults: Iterable[str], found: str) -> Check:
    listed = list(faults)
    if not listed:
        return Check(claim, holds=True, found=found)
    more = f" and {len(listed) - _SHOWN:,} more" if len(listed) > _SHOWN else ""
    return Check(claim, holds=False, found="; ".join(listed[:_SHOWN]) + more)


def _column(path: Path, name: str) -> list[object]:
    return list(pd.read_csv(path, dtype=str, keep_default_na=False)[name])


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
