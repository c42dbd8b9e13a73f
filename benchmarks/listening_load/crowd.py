"""Raters at a real server, and what became of their answers."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rater import Rater

from listening_app.headphones import read_checks
from listening_app.rehearsal.server import Server
from listening_app.store import Store
from listening_app.study import open_study

TOGETHER = 16
"""Requests at once before the trials begin: as many as the server has threads."""


@dataclass(frozen=True)
class Load:
    """What to try: so many raters at a server of so many processes.

    `pause` are the least and the most seconds before an answer; without a pause a rater answers as
    soon as the answer before is stored, and loads no sounds. At most `together` answer at once.
    """

    name: str
    raters: int
    together: int
    pause: tuple[float, float] = (0.0, 0.0)
    workers: int = 1
    url: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it. Times in seconds; `busy` and `own` are cores: of all, and of the raters."""

    load: Load
    waits: list[float]
    sounds: list[float]
    errors: list[str]
    stored: int
    finished: int
    seconds: float
    busy: float
    own: float

    @property
    def is_complete(self) -> bool:
        """Whether nothing failed and what is stored is what was acknowledged."""
        return not self.errors and self.stored == len(self.waits)


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value with so many below or equal to it; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else float("nan")


async def few(works: list[Awaitable[None]], together: int) -> None:
    """Do all the work, so much of it at once."""
    turn = asyncio.Semaphore(together)

    async def one(work: Awaitable[None]) -> None:
        async with turn:
            await work

    await asyncio.gather(*(one(work) for work in works))


def run(folder: Path, load: Load) -> Outcome:
    """Serve a fresh copy of the study in `folder`/study to the raters."""
    place = Path(shutil.copytree(folder / "study", folder / f"served{len(os.listdir(folder))}"))
    server = Server(place, load.workers, load.url)
    server.start()
    try:
        port = int(server.address.rsplit(":", 1)[1])
        people, seconds, busy, own = asyncio.run(_visit(place, port, load))
    finally:
        server.stop()
    with Store(open_study(place), load.url, create=False) as store:
        counts = store.counts()
    return Outcome(
        load=load,
        waits=[wait for person in people for wait in person.waits],
        sounds=[wait for person in people for wait in person.sounds],
        errors=[error for person in people for error in person.errors],
        stored=counts.answers,
        finished=counts.outcomes.get("complete", 0),
        seconds=seconds,
        busy=busy,
        own=own,
    )


async def _visit(folder: Path, port: int, load: Load) -> tuple[list[Rater], float, float, float]:
    """The raters, and of the time in which they answer: seconds, busy cores, their own cores."""
    checks = read_checks(folder)
    targets = {check.id: check.target for check in (*checks.antiphase, *checks.huggins)}
    people = [Rater(number, port, load.pause[1] > 0) for number in range(load.raters)]
    await few([person.prepare(targets) for person in people], TOGETHER)
    rng = random.Random(0)
    # Nobody begins in the same instant: else all would answer in the same second, ever again.
    works = [
        person.answer(rng.uniform(0, load.pause[1]), lambda: rng.uniform(*load.pause))
        for person in people
    ]
    started, busy, own = time.perf_counter(), _busy_seconds(), time.process_time()
    await few([*works], load.together)
    seconds = time.perf_counter() - started
    return (
        people,
        seconds,
        (_busy_seconds() - busy) / seconds,
        (time.process_time() - own) / seconds,
    )


def _busy_seconds() -> float:
    """Processor time of all programs since the start of the computer; NaN where it is not told."""
    try:
        fields = Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    except OSError:
        return float("nan")
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = map(int, fields)
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")
