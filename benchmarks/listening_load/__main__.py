"""Claim: 500 raters at once lose nothing, and an answer is stored in under 250 ms (p99).

    python benchmarks/listening_load [--pymushra PYTHON] [--out docs/results/listening-load.md]

*Thinking* raters are what a study has: each takes a sheet of 10 trials, loads the next sound while
it hears one, and answers every 4 to 6 seconds, since a note lasts four. On SQLite with one server
process, and on PostgreSQL (its programs initdb and pg_ctl must be there) with several.

PYTHON is that of an environment with the rival:

    python -m venv rival && rival/bin/pip install pymushra==0.5 waitress setuptools==65.5

*Without thinking*, each sends the next answer as soon as the last is stored: no study is like that,
but it says how many answers a second the server can take. In the same run pymushra 0.5 (PYTHON can
import it), under the same WSGI server with as many threads, stores as many results.
Ours are on disk before they are acknowledged; pymushra's are handed to the operating system.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import tempfile
from pathlib import Path

from crowd import TOGETHER, Load, Outcome, run
from disk import flush_seconds
from postgres import postgres
from report import (
    THINKING,
    WITHOUT_THINKING,
    Report,
    ratio,
    rival,
    thinking,
    without_thinking,
)
from rival import store_results
from study_of_tones import TRIALS, make_study

THINK_SECONDS = (4.0, 6.0)


def main() -> None:
    given = _arguments()
    report = Report()
    with tempfile.TemporaryDirectory() as temporary, postgres() as database:
        folder = Path(temporary)
        make_study(folder, given.raters)
        _introduce(report, folder)
        servers = [("SQLite, 1 process", 1, None)]
        if database is not None:
            servers.append((f"PostgreSQL, {given.workers} processes", given.workers, database))
        report.heading(
            f"Thinking: an answer every {THINK_SECONDS[0]:g} to {THINK_SECONDS[1]:g} s each",
            THINKING,
        )
        for name, workers, make in servers:
            url = None if make is None else make("thinking")
            load = Load(name, given.raters, given.raters, THINK_SECONDS, workers, url)
            report.row(thinking(_run(report, folder, load)))
        report.heading("Without thinking: how much the server can take", WITHOUT_THINKING)
        for name, workers, make in servers:
            url = None if make is None else make("crowded")
            load = Load(name, given.raters, given.raters, workers=workers, url=url)
            report.row(without_thinking(_run(report, folder, load)))
        if database is None:
            report.say("\nPostgreSQL is not installed: left out.")
        _compare(report, folder, given.pymushra, given.compared)
    if given.out is not None:
        given.out.write_text(report.page(), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description="The listening app under load.")
    arguments.add_argument("--raters", type=int, default=500)
    arguments.add_argument("--workers", type=int, default=3, help="processes with PostgreSQL")
    arguments.add_argument("--compared", type=int, default=150, help="raters of the comparison")
    arguments.add_argument("--pymushra", type=Path, metavar="PYTHON")
    arguments.add_argument("--out", type=Path, metavar="FILE", help="write the page there")
    return arguments.parse_args()


def _introduce(report: Report, folder: Path) -> None:
    median, p99 = flush_seconds(folder)
    for line in (
        "# The listening app under load",
        "",
        "Written by `python benchmarks/listening_load --pymushra PYTHON --out FILE`, which says",
        "what is measured. The raters run on the same computer as the servers; the table says how",
        "many of its cores are busy, and how many with the raters.",
        "",
        f"{os.cpu_count()} cores, load of other programs before the run {os.getloadavg()[0]:.1f}; "
        f"the disk alone takes {1000 * median:.1f} ms (median), {1000 * p99:.1f} ms (p99) a flush.",
    ):
        report.say(line)


def _run(report: Report, folder: Path, load: Load) -> Outcome:
    outcome = run(folder, load)
    for error in outcome.errors[:3]:
        report.say(f"<!-- {load.name}: {error} -->")
    return outcome


def _compare(report: Report, folder: Path, python: Path | None, raters: int) -> None:
    """Time of one request that stores one result: ours against pymushra's."""
    report.heading("One result a request, beside pymushra", WITHOUT_THINKING)
    words = []
    for together in (1, TOGETHER):
        ours = _run(report, folder, Load("SQLite, 1 process", raters, together))
        report.row(without_thinking(ours))
        if python is None:
            continue
        theirs = store_results(python, folder, raters * TRIALS, together)
        report.row(rival(theirs, raters * TRIALS, together))
        words.append(ratio(theirs, ours, together))
    report.say()
    for line in words or ["pymushra is missing (--pymushra PYTHON): left out."]:
        report.say(f"- {line}")


if __name__ == "__main__":
    main()
