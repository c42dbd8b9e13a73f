"""Claim: 500 raters at once lose nothing, and an answer is stored in under 250 ms (p99).

Each of the raters takes a sheet of 10 trials over HTTP: joins, passes the stages, loads the sounds,
and answers every 4 to 6 seconds, since a note lasts four. On SQLite with one server process, and on
PostgreSQL (its programs initdb and pg_ctl must be there) with several. Errors must be 0, and the
answers in the database those that were acknowledged.

Then, in the same run, the time of one request that stores one result, without pause, one and 16
at once: ours (on disk before it is acknowledged) against pymushra 0.5, the server of webMUSHRA,
under the same WSGI server with as many threads.

    python benchmarks/listening_load.py [--pymushra VENV]

VENV is a virtual environment with pymushra==0.5 and waitress; without it that part is left out.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import asyncio
import json
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from listening_app.build import build_study
from listening_app.headphones import read_checks
from listening_app.rehearsal.server import Server
from listening_app.store import Store
from listening_app.study import Study, open_study
from sing.notes import Note
from sing.systems import SystemWriter

NOTES, SYSTEMS, TRIALS = 10, ("truth", "sing", "wavenet"), 10
THINK_SECONDS = (4.0, 6.0)
TARGET_P99 = 0.250
THREADS = 16
"""Of both servers; in the comparison also the most requests at once."""

TOML = """name = "load"
title = "Notes"
test = "mos"
ratings_per_stimulus = {ratings}
trials_per_rater = {trials}
reference = "truth"
controls = {{ gold = 0, traps = 0 }}
practice = {{ trials = 0 }}
[notes]
count = {notes}
[systems]
"""


def make_study(folder: Path, raters: int) -> Study:
    """A MOS study of decaying tones with a sheet for every rater."""
    notes = [Note("flute_acoustic_001", 60 + number, 100) for number in range(NOTES)]
    seconds = np.arange(64_000) / 16_000
    for number, name in enumerate(SYSTEMS):
        writer = SystemWriter(folder / name, name, "truth" if number == 0 else "test")
        for note in notes:
            noise = np.random.default_rng([number, note.pitch]).standard_normal(len(seconds))
            tone = np.sin(2 * np.pi * note.frequency * seconds)
            writer.write(note, np.exp(-seconds) * (0.2 * tone + 0.004 * (number + 1) * noise))
        writer.finish(notes)
    ratings = -(-raters * TRIALS // (NOTES * len(SYSTEMS)))
    text = TOML.format(ratings=ratings, trials=TRIALS, notes=NOTES)
    text += "".join(f'{name} = "../{name}"\n' for name in SYSTEMS)
    (folder / "study").mkdir()
    (folder / "study" / "study.toml").write_text(text)
    return build_study(folder / "study").study


class Connection:
    """One kept connection of asyncio: HTTP/1.1 with bodies of a known length."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, body: bytes = b"", token: str = "", kind: str = "json"
    ) -> tuple[int, bytes, float]:
        """The reply's status and body, and the seconds until it was there."""
        started = time.perf_counter()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        form = "application/x-www-form-urlencoded"
        head += f"Content-Type: {'application/json' if kind == 'json' else form}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        reply = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next(int(line.split(":")[1]) for line in reply.split("\r\n")
                      if line.startswith("content-length:"))  # fmt: skip
        content = await reader.readexactly(length)
        if "connection: close" in reply:
            self.close()
        return int(reply.split()[1]), content, time.perf_counter() - started

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Rater:
    """One rater's session, prepared up to the first trial."""

    def __init__(self, number: int, port: int) -> None:
        self.number = number
        self.connection = Connection(port)
        self.errors: list[str] = []
        self.waits: list[float] = []
        self._token = ""
        self._trials: list[dict[str, Any]] = []

    async def prepare(self, headphones: dict[str, int]) -> None:
        """Join, pass the stages and load every sound of the sheet."""
        joined = await self._json("POST", "/api/join", {"parameters": {"rater": f"r{self.number}"}})
        self._token = joined.get("token", "")
        bodies = {
            "consent": {"given": True},
            "sound": {"device": "headphones"},
            "headphones": {"choices": headphones},
        }
        for stage, body in bodies.items():
            await self._json("POST", f"/api/stages/{stage}", body)
        self._trials = (await self._json("GET", "/api/session", None)).get("sheet", [])
        for trial in self._trials:
            status, content, _ = await self.connection.ask(
                "GET", f"/media/{trial['slots'][0][1]}", token=self._token
            )
            if status != 200 or len(content) < 100_000:
                self.errors.append(f"sound: {status}, {len(content)} bytes")

    async def answer(self, first: float, pause: Callable[[], float]) -> None:
        """Answer all trials, with a pause before each and another before all."""
        await asyncio.sleep(first)
        for position in range(1, len(self._trials) + 1):
            await asyncio.sleep(pause())
            body = {
                "position": position,
                "uuid": str(uuid4()),
                "values": {"score": 1 + (self.number + position) % 5},
                "heard": {"S": [[0.0, 4.0]]},
                "plays": 1,
                "seconds": 5.0,
            }
            started = time.perf_counter()
            await self._json("POST", "/api/answers", body)
            self.waits.append(time.perf_counter() - started)
        self.connection.close()

    async def _json(self, method: str, path: str, body: Any) -> dict[str, Any]:
        sent = b"" if body is None else json.dumps(body).encode()
        try:
            status, content, _ = await self.connection.ask(method, path, sent, self._token)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.connection.close()
            self.errors.append(f"{path}: {error}")
            return {}
        if status != 200:
            self.errors.append(f"{path}: {status} {content[:100]!r}")
            return {}
        found: dict[str, Any] = json.loads(content)
        return found


async def few(works: list[Awaitable[None]], together: int) -> None:
    """Do all the work, so much of it at once."""
    turn = asyncio.Semaphore(together)

    async def one(work: Awaitable[None]) -> None:
        async with turn:
            await work

    await asyncio.gather(*(one(work) for work in works))


async def crowd(
    study: Study, port: int, raters: int, pause: tuple[float, float], together: int
) -> list[Rater]:
    """Let the raters take the study, so many at once, with a pause before each answer."""
    checks = read_checks(study.folder)
    targets = {check.id: check.target for check in (*checks.antiphase, *checks.huggins)}
    people = [Rater(number, port) for number in range(raters)]
    await few([person.prepare(targets) for person in people], THREADS)
    rng = random.Random(0)
    # Nobody begins in the same instant: else all would answer in the same second, ever again.
    works = [person.answer(rng.uniform(0, pause[1]), lambda: rng.uniform(*pause))
             for person in people]  # fmt: skip
    await few([*works], together)
    return people


def quantile(values: list[float], share: float) -> float:
    """The smallest value with so many below or equal to it; NaN of none."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)] if values else float("nan")


def load(
    folder: Path,
    name: str,
    raters: int,
    together: int,
    pause: tuple[float, float] = (0.0, 0.0),
    workers: int = 1,
    url: str | None = None,
) -> list[float]:
    """Serve a copy of the study to raters and print what came of it; the seconds of each answer."""
    place = Path(shutil.copytree(folder / "study", folder / name))
    study = open_study(place)
    server = Server(place, workers, url)
    server.start()
    try:
        port = int(server.address.rsplit(":", 1)[1])
        people = asyncio.run(crowd(study, port, raters, pause, together))
    finally:
        server.stop()
    waits = [wait for person in people for wait in person.waits]
    errors = [error for person in people for error in person.errors]
    with Store(study, url, create=False) as store:
        stored, outcomes = store.counts().answers, store.counts().outcomes
    is_met = not errors and quantile(waits, 0.99) < TARGET_P99 and stored == len(waits)
    print(
        f"  {name:34} {raters} raters: {len(waits):,} acknowledged, {stored:,} "
        f"stored, {outcomes.get('complete', 0)} finished, {len(errors)} errors; an answer takes "
        f"{1000 * quantile(waits, 0.5):.1f} ms (median), {1000 * quantile(waits, 0.99):.1f} ms "
        f"(p99), {1000 * max(waits, default=0):.0f} ms (longest)"
        + ("" if pause[1] == 0 else f"  target {'met' if is_met else 'MISSED'}")
    )
    for error in errors[:3]:
        print(f"    {error}")
    return waits


@contextmanager
def postgres() -> Iterator[Callable[[str], str] | None]:
    """A PostgreSQL server of our own, with its defaults; None where there is none."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    binaries = next((place for place in places if (place / "pg_ctl").exists()), None)
    if binaries is None:
        yield None
        return
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        names = {entry.pw_name for entry in pwd.getpwall()}
        entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="listening-load-", dir="/tmp"))
    if user:
        os.chown(folder, user["user"], user["group"])
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [binaries / program, "-D", folder / "data", *arguments], check=True, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
        )  # fmt: skip

    def database(name: str) -> str:
        subprocess.run(
            [binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "rater", name],
            check=True,
        )
        return f"postgresql://rater@127.0.0.1:{port}/{name}"

    run("initdb", "-U", "rater", "-A", "trust", "-E", "UTF8", "--locale=C")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        yield database
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def free_port() -> int:
    """A port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


PYMUSHRA = """
import waitress
from tinydb import TinyDB
from pymushra.service import app
app.config.update(webmushra_dir=sys.argv[1], admin_allowlist=(), db=TinyDB(sys.argv[2]))
waitress.serve(app, host="127.0.0.1", port=int(sys.argv[3]), threads=int(sys.argv[4]), _quiet=True)
"""


def pymushra(python: Path, folder: Path, requests: int, together: int) -> tuple[list[float], int]:
    """Seconds of each request that stores one trial in pymushra, and the results it then has."""
    port, database = free_port(), folder / f"pymushra-{together}.json"
    server = subprocess.Popen(
        [python, "-c", PYMUSHRA, folder, database, str(port), str(THREADS)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    waits: list[tuple[float, float]] = []
    faults: list[str] = []
    lines = [Connection(port) for _ in range(together)]

    async def store(number: int) -> None:
        response = {"stimulus": "C1", "score": number % 100, "time": 5000, "comment": ""}
        trial = {"testId": "load", "id": f"t{number}", "type": "mushra", "responses": [response]}
        session = {
            "testId": "load", "config": "configs/load.yaml", "trials": [trial],
            "participant": {"name": ["age"], "response": ["31"]}, "surveys": [],
        }  # fmt: skip
        body = urllib.parse.urlencode({"sessionJSON": json.dumps(session)}).encode()
        line = lines.pop()
        status, content, seconds = await line.ask("POST", "/collect", body, kind="form")
        lines.append(line)
        if status == 200 and json.loads(content)["error"] is False:
            waits.append((time.perf_counter(), seconds))
        elif not faults:
            faults.append(f"{status} {content[:150].decode('utf-8', 'replace').strip()}")

    try:
        wait_for(port)
        asyncio.run(few([store(number) for number in range(requests)], together))
    finally:
        server.kill()
        server.wait()
    for fault in faults:
        print(f"  pymushra's first fault: {fault}")
    try:
        stored = len(json.loads(database.read_text()).get("load", {}))
    except ValueError:
        stored = 0
    return [seconds for _, seconds in sorted(waits)], stored


def wait_for(port: int) -> None:
    """Until somebody listens there, for three minutes at most: pymushra imports much."""
    for _ in range(1800):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("pymushra did not start")


def compare(folder: Path, venv: Path | None, raters: int) -> None:
    """Time of one request that stores one result: ours against pymushra's."""
    for together in (1, THREADS):
        print(f"one result a request, {together} at once, without pause")
        ours = load(folder, f"SQLite, 1 process, {together} at once", raters, together)
        if venv is None:
            continue
        python = venv / "bin" / "python"
        theirs, stored = pymushra(python, folder, raters * TRIALS, together)
        print(
            f"  {'pymushra 0.5':34} {raters * TRIALS:,} sent: {len(theirs):,} acknowledged, "
            f"{stored:,} stored"
        )
        if len(theirs) < raters * TRIALS:
            continue  # it has lost results: the time that this takes says nothing
        tenth = max(1, len(theirs) // 10)
        print(
            f"    a result takes {1000 * quantile(theirs, 0.5):.1f} ms (median), "
            f"{1000 * quantile(theirs, 0.99):.1f} ms (p99); the first tenth "
            f"{1000 * quantile(theirs[:tenth], 0.5):.1f} ms, the last "
            f"{1000 * quantile(theirs[-tenth:], 0.5):.1f} ms\n"
            f"    {quantile(theirs, 0.5) / quantile(ours, 0.5):.1f} times ours (median), "
            f"{quantile(theirs, 0.99) / quantile(ours, 0.99):.1f} times (p99)"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description="The listening app under load.")
    arguments.add_argument("--raters", type=int, default=500)
    arguments.add_argument("--workers", type=int, default=3, help="processes with PostgreSQL")
    arguments.add_argument("--compared", type=int, default=150, help="raters of the comparison")
    arguments.add_argument("--pymushra", type=Path, metavar="VENV")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_study(folder, given.raters)
        print(
            f"{given.raters} raters at once, an answer every {THINK_SECONDS[0]:g} to "
            f"{THINK_SECONDS[1]:g} s each; {os.cpu_count()} cores, "
            f"load before: {os.getloadavg()[0]:.1f}"
        )
        load(folder, "SQLite, 1 process", given.raters, given.raters, THINK_SECONDS)
        with postgres() as database:
            if database is None:
                print("  PostgreSQL is not installed: left out")
            else:
                name = f"PostgreSQL, {given.workers} processes"
                url = database("load")
                raters, workers = given.raters, given.workers
                load(folder, name, raters, raters, THINK_SECONDS, workers, url)
        compare(folder, given.pymushra, given.compared)


if __name__ == "__main__":
    main()
