"""A rehearsal from beginning to end.

copy of the study ── real server ── waves of raters (server killed) ── export ── checks

Drop-outs leave sheets behind, which come back only after `lease_minutes`. Nobody waits for that:
between two waves the lease clock is moved on, as if a night had passed.
"""

from __future__ import annotations

import math
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from listening_app.rehearsal import server
from listening_app.rehearsal.population import Population, rater_of
from listening_app.rehearsal.report import Report, report_of, write_report
from listening_app.rehearsal.verdict import Outcome
from listening_app.rehearsal.visit import Visit, Visitor
from listening_app.store import Store
from listening_app.study import Study, open_study
from sing import files
from sing.errors import SingError
from sing.log import progress

MARK = "rehearsal.json"
"""The file by which --force knows an earlier rehearsal."""

_MOST_WAVES = 30
_LOOK_SECONDS = 0.05
_TICKS = 8  # one look moves the lease clock by a quarter of a lease at most


@dataclass(frozen=True)
class Rehearsal:
    """How a study is rehearsed. `raters` 0 sends as many as fill it."""

    folder: Path
    out: Path
    population: Population
    raters: int = 0
    at_once: int = 16
    workers: int = 1
    database_url: str | None = None
    is_killed: bool = True
    force: bool = False


def rehearse(rehearsal: Rehearsal) -> Report:
    """Let synthetic raters take the study, check what was kept, and write it all to `out`.

    The study's own folder and database are not touched. Raises SingError when it cannot be
    served, or when the database has real raters.
    """
    with (
        files.whole_folder(rehearsal.out, rehearsal.force, MARK) as part,
        tempfile.TemporaryDirectory(prefix="sing-eval-rehearsal-") as temporary,
    ):
        copy = Path(temporary, "study")
        server.copy_study(rehearsal.folder, copy)
        study = open_study(copy)
        shift = _Shift()
        with _empty_store(rehearsal, study, shift) as store:
            report = _rehearse(rehearsal, study, store, shift, part)
        write_report(part / MARK, report)
    return report


def _empty_store(rehearsal: Rehearsal, study: Study, shift: _Shift) -> Store:
    """The database of the rehearsal, marked as synthetic. Raises SingError if it is in use."""
    try:
        store = Store(study, rehearsal.database_url, shift)
        try:
            store.mark_synthetic()
        except BaseException:
            store.close()
            raise
    except SingError as error:
        if rehearsal.database_url is None:
            raise
        raise SingError(f"--database-url: a rehearsal needs an empty database ({error})") from None
    return store


def _rehearse(
    rehearsal: Rehearsal, study: Study, store: Store, shift: _Shift, part: Path
) -> Report:
    serving = server.Server(study.folder, rehearsal.workers, rehearsal.database_url)
    killer = _Killer(serving, _answers_before_kill(rehearsal, study, store))
    visitor = Visitor(study, rehearsal.population, serving.address, killer.answer_stored)
    started = time.monotonic()
    try:
        serving.start()
        visits = _send(rehearsal, study, store, shift, visitor)
        late = None
        if not rehearsal.raters:
            late = visitor.visit(rater_of(rehearsal.population, len(visits)))
    finally:
        serving.stop()
    seconds = time.monotonic() - started
    server.export(study.folder, part / "export", rehearsal.database_url)
    counts = store.counts()
    outcome = Outcome(
        study=study,
        visits=visits,
        tables=part / "export",
        counted={item.item: item.filled for item in counts.items},
        is_to_be_full=not rehearsal.raters,
        late=late,
    )
    return report_of(outcome, rehearsal.population, seconds, serving.kills > 0)


def _send(
    rehearsal: Rehearsal,
    study: Study,
    store: Store,
    shift: _Shift,
    visitor: Visitor,
) -> list[Visit]:
    """Send raters in waves until the study is full, or as many as asked."""
    visits: list[Visit] = []
    for _ in range(_MOST_WAVES):
        size = _missing(store)
        if rehearsal.raters:
            size = min(max(size, 1), rehearsal.raters - len(visits))
        if size <= 0:
            break
        numbers = range(len(visits), len(visits) + size)
        visits += _wave(rehearsal, visitor, numbers)
        _take_back_sheets(study, store, shift)
    return visits


def _wave(rehearsal: Rehearsal, visitor: Visitor, numbers: Sequence[int]) -> list[Visit]:
    raters = [rater_of(rehearsal.population, number) for number in numbers]
    with ThreadPoolExecutor(rehearsal.at_once) as pool:
        try:
            return list(progress(pool.map(visitor.visit, raters), "synthetic raters", len(raters)))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C: nobody else comes
            raise


def _answers_before_kill(rehearsal: Rehearsal, study: Study, store: Store) -> int | None:
    """Half of what the raters who are sent first would answer; None if nothing is killed."""
    if not rehearsal.is_killed:
        return None
    trials = len(next(iter(study.sheets.values())).trials)
    full = _missing(store)
    return min(full, rehearsal.raters or full) * trials // 2


class _Killer:
    """Kills the server when so many answers are stored, and starts it again.

    The rater whose answer it was waits meanwhile; all others find the server gone. Counting their
    answers, not looking at a clock, makes sure that it happens in the middle of the study.
    """

    def __init__(self, serving: server.Server, answers: int | None) -> None:
        self._serving = serving
        self._left = answers
        self._lock = threading.Lock()

    def answer_stored(self) -> None:
        """Count an answer that the server said is stored."""
        with self._lock:
            if self._left is None:
                return
            self._left -= 1
            if self._left > 0:
                return
            self._left = None
        self._serving.kill()
        self._serving.start()


def _missing(store: Store) -> int:
    """How many finished sheets would be enough for the ratings that are missing."""
    items = store.counts().items
    missing = sum(max(item.needed - item.filled, 0) for item in items)
    sheet = next(iter(store.plan.items.values()))
    return math.ceil(missing / max(len(sheet), 1))


def _take_back_sheets(study: Study, store: Store, shift: _Shift) -> None:
    """Let so much time pass that every silent rater's lease ends."""
    for _ in range(_TICKS):
        shift.seconds += 60.0 * study.settings.lease_minutes
        store.expire()


class _Shift:
    """A clock that is ahead by so many seconds."""

    seconds = 0.0

    def __call__(self) -> float:
        return time.time() + self.seconds
