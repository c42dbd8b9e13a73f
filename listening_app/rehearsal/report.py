"""What a rehearsal found: go or no-go, how long a session takes, and what the study will cost."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from listening_app.rehearsal.population import Population, mean_score
from listening_app.rehearsal.verdict import SYNTHETIC, Check, Outcome, checks
from listening_app.rehearsal.visit import Visit
from sing import files
from sing.provenance import versions

RATERS = "raters.csv"
_RATER_COLUMNS = ("study", "session", "kind", "outcome", "minutes", "answers")
_TOO_LONG = 1.25
"""Times what raters are told, from which on a session is longer than promised."""


@dataclass(frozen=True)
class Report:
    """A rehearsal's findings. Times of sessions are those of people who listen in real time.

    `truth` is the invented mean opinion of each system, `expected` the mean score that honest
    raters of that opinion give, `found` that of all.
    """

    study: str
    checks: tuple[Check, ...]
    visits: tuple[Visit, ...]
    truth: Mapping[str, float]
    expected: Mapping[str, float]
    found: Mapping[str, float]
    median_minutes: float
    longest_minutes: float
    told_minutes: float
    wait_median: float
    wait_p99: float
    retries: int
    seconds: float
    is_killed: bool
    amount: float
    currency: str

    @property
    def is_go(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)

    @property
    def finished(self) -> int:
        """Raters who have to be paid."""
        return sum(visit.outcome == "complete" for visit in self.visits)


def report_of(outcome: Outcome, population: Population, seconds: float, is_killed: bool) -> Report:
    """Check everything and put it together.

    `seconds` is how long the rehearsal took, `is_killed` whether the server was killed meanwhile.
    """
    settings = outcome.study.settings
    visits = outcome.visits
    minutes = [visit.seconds / 60 for visit in visits if visit.outcome == "complete"] or [0.0]
    waits = sorted(wait for visit in visits for wait in visit.waits) or [0.0]
    return Report(
        study=settings.name + SYNTHETIC,
        checks=tuple(checks(outcome)),
        visits=tuple(visits),
        truth=dict(population.truth),
        expected={name: mean_score(mean) for name, mean in population.truth.items()},
        found=_means(outcome) if settings.test == "mos" else {},
        median_minutes=statistics.median(minutes),
        longest_minutes=max(minutes),
        told_minutes=settings.pay.minutes,
        wait_median=statistics.median(waits),
        wait_p99=waits[max(0, -(-99 * len(waits) // 100) - 1)],
        retries=sum(visit.retries for visit in visits),
        seconds=seconds,
        is_killed=is_killed,
        amount=settings.pay.amount,
        currency=settings.pay.currency,
    )


def lines(report: Report) -> Iterator[str]:
    """The report for a person."""
    kinds = Counter(visit.rater.kind for visit in report.visits)
    told = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
    yield f"{report.study}: {len(report.visits):,} invented raters ({told})"
    for check in report.checks:
        yield f"{'ok   ' if check.holds else 'FAULT'} {check.claim}: {check.found}"
    yield (
        f"duration   {report.median_minutes:.0f} min a session (median), up to "
        f"{report.longest_minutes:.0f}{_promise(report)}"
    )
    if report.amount:
        yield (
            f"cost       {report.amount * report.finished:,.2f} {report.currency} for "
            f"{report.finished:,} who finished, without the platform's fee{_wage(report)}"
        )
    yield (
        f"server     an answer is stored in {1000 * report.wait_median:.0f} ms (median), "
        f"{1000 * report.wait_p99:.0f} ms (99 %); {'killed once, ' if report.is_killed else ''}"
        f"{report.retries:,} requests sent again; {report.seconds:.0f} s in all"
    )
    if report.found:
        means = (f"{name} {report.truth[name]:.2f} ({report.expected[name]:.2f}) -> {mean:.2f}"
                 for name, mean in report.found.items())  # fmt: skip
        yield f"truth      mean opinion, invented (as honest scores) -> found: {', '.join(means)}"
    yield "go" if report.is_go else "no-go"


def write_report(path: Path, report: Report) -> None:
    """Write rehearsal.json, and raters.csv beside it: who was of which kind."""
    values: dict[str, Any] = asdict(report)
    del values["visits"]
    files.write_json(
        path,
        {
            **values,
            "is_synthetic": True,
            "is_go": report.is_go,
            "raters": len(report.visits),
            "finished": report.finished,
            "versions": versions(),
        },
    )
    files.write_csv(path.with_name(RATERS), _RATER_COLUMNS, _rows(report.study, report.visits))


def _rows(study: str, visits: Sequence[Visit]) -> Iterator[dict[str, object]]:
    for visit in sorted(visits, key=lambda visit: visit.session):
        yield {
            "study": study,
            "session": visit.session,
            "kind": visit.rater.kind,
            "outcome": visit.outcome,
            "minutes": visit.seconds / 60,
            "answers": len(visit.given),
        }


def _means(outcome: Outcome) -> dict[str, float]:
    """Mean score by system over all main answers, lazy and random raters with them."""
    scores: dict[str, list[float]] = {name: [] for name in outcome.study.settings.systems}
    for visit in outcome.visits:
        for given in visit.given.values():
            system = outcome.study.stimuli[given.trial.slots[0].stimulus].system
            if given.trial.kind == "main" and system in scores:
                scores[system].append(float(given.values["score"]))
    return {name: statistics.fmean(listed) for name, listed in scores.items() if listed}


def _promise(report: Report) -> str:
    if not report.told_minutes:
        return ""
    told = f"; raters are told {report.told_minutes:.0f}"
    is_broken = report.median_minutes > _TOO_LONG * report.told_minutes
    return told + (": set pay.minutes higher" if is_broken else "")


def _wage(report: Report) -> str:
    if not report.median_minutes:
        return ""
    return f"; {60 * report.amount / report.median_minutes:.2f} {report.currency} an hour"
