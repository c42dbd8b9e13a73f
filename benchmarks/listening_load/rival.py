"""pymushra, the server of webMUSHRA, storing one result a request."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from connection import FORM, Connection, free_port, wait_for
from crowd import TOGETHER, few

START_SECONDS = 180.0
"""Its imports take long."""

PROGRAM = """
import sys
import waitress
from tinydb import TinyDB
from pymushra.service import app
app.config.update(webmushra_dir=sys.argv[1], admin_allowlist=(), db=TinyDB(sys.argv[2]))
waitress.serve(app, host="127.0.0.1", port=int(sys.argv[3]), threads=int(sys.argv[4]), _quiet=True)
"""
"""Under the WSGI server that we have, with as many threads."""


@dataclass
class Results:
    """What came of it: seconds of each acknowledged result in their order, the rest, the faults."""

    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stored: int = 0


def store_results(python: Path, folder: Path, requests: int, together: int) -> Results:
    """Send so many results, so many at once, to a pymushra that `python` can import."""
    port, database = free_port(), folder / f"pymushra-{together}.json"
    server = subprocess.Popen(
        [python, "-c", PROGRAM, folder, database, str(port), str(TOGETHER)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if not wait_for(port, START_SECONDS):
            return Results(faults=["it did not start"])
        found = asyncio.run(_send(port, requests, together))
    finally:
        server.kill()
        server.wait()
    try:
        found.stored = len(json.loads(database.read_text()).get("load", {}))
    except (OSError, ValueError):
        found.faults.append("its database is not JSON any more")
    return found


async def _send(port: int, requests: int, together: int) -> Results:
    lines = [Connection(port) for _ in range(together)]
    timed: list[tuple[float, float]] = []
    faults: list[str] = []

    async def store(number: int) -> None:
        line = lines.pop()
        reply = await line.ask("POST", "/collect", _result(number), kind=FORM)
        lines.append(line)
        if reply.status == 200 and json.loads(reply.body)["error"] is False:
            timed.append((time.perf_counter(), reply.seconds))
        else:
            faults.append(f"{reply.status} {reply.body[:150].decode('utf-8', 'replace').strip()}")

    await few([store(number) for number in range(requests)], together)
    return Results([seconds for _, seconds in sorted(timed)], faults)


def _result(number: int) -> bytes:
    response = {"stimulus": "C1", "score": number % 100, "time": 5000, "comment": ""}
    trial = {"testId": "load", "id": f"t{number}", "type": "mushra", "responses": [response]}
    session = {
        "testId": "load",
        "config": "configs/load.yaml",
        "trials": [trial],
        "participant": {"name": ["age"], "response": ["31"]},
        "surveys": [],
    }
    return urllib.parse.urlencode({"sessionJSON": json.dumps(session)}).encode()
