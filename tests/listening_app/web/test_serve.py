"""`sing-eval study serve` as its own process."""

import json
import os
import re
import resource
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from click.testing import CliRunner
from sqlalchemy import event
from waiting import wait_until

from listening_app.commands.serve import serve
from listening_app.store import Store, database
from listening_app.study import open_study

COMMAND = [sys.executable, "-c", "from listening_app.commands.group import study; study()", "serve"]


class Served:
    """A running server, what it printed, and its address."""

    def __init__(self, folder, *options) -> None:
        command = [*COMMAND, str(folder), "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.printed = ""
        while "serving" not in self.printed:
            line = self.process.stdout.readline()
            assert line, self.process.wait()
            self.printed += line
        self.address = re.search(r"at (http://127\.0\.0\.1:\d+/)", self.printed)[1]

    def get(self, path=""):
        with urllib.request.urlopen(self.address + path, timeout=60) as reply:
            return reply.status, dict(reply.headers), reply.read().decode()

    def end(self, how) -> int:
        self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code


@pytest.fixture
def start(study_folder):
    running = []

    def start(*options, folder=None):
        running.append(Served(folder or study_folder(), *options))
        return running[-1]

    yield start
    for served in running:
        if served.process.poll() is None:
            served.end(signal.SIGKILL)


@pytest.mark.slow
def test_serving_prints_the_password_once_and_ends_when_asked(start, study_folder):
    folder = study_folder()
    served = start(folder=folder)
    status, headers, page = served.get()
    assert (status, "Notes" in page) == (200, True)
    assert "Server" not in headers
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert served.printed.count("monitor password, shown this once:") == 1
    assert served.end(signal.SIGTERM) == 0
    again = start(folder=folder)
    assert "password" not in again.printed
    assert again.end(signal.SIGINT) == 0


def join(served, name):
    body = json.dumps({"parameters": {"rater": name}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{served.address}api/join", body, headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


@pytest.mark.slow
def test_several_workers_are_replaced_when_they_die_and_end_with_their_parent(start):
    served = start("--workers", "2")
    children = f"/proc/{served.process.pid}/task/{served.process.pid}/children"

    def workers():
        with open(children) as file:
            return {int(child) for child in file.read().split()}

    wait_until(lambda: len(workers()) == 2, 15)
    assert len({join(served, f"r{number}")["session"] for number in range(4)}) == 4
    first = workers()
    os.kill(min(first), signal.SIGKILL)
    wait_until(lambda: len(workers()) == 2 and workers() != first, 15)
    assert served.get()[0] == 200
    left = workers()
    served.end(signal.SIGKILL)

    def is_running(process):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        with open(f"/proc/{process}/stat") as file:
            return file.read().split()[2] != "Z"

    wait_until(lambda: not any(is_running(process) for process in left), 15)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_what_is_being_answered_is_answered_before_the_end(start, study_folder, workers, how):
    """Somebody else writes to the database, so that an answer takes until they are done."""
    folder = study_folder()
    served = start("--workers", str(workers), folder=folder)
    served.get()
    children = f"/proc/{served.process.pid}/task/{served.process.pid}/children"
    with open(children) as file:
        processes = [int(child) for child in file.read().split()]
    assert len(processes) == (workers if workers > 1 else 0)
    other = sqlite3.connect(folder / "study.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(join, served, "anna")
        time.sleep(1.0)  # it is under way, and waits
        for process in (served.process.pid, *processes):  # as a service manager does
            os.kill(process, how)
        time.sleep(1.5)
        assert served.process.poll() is None
        other.execute("ROLLBACK")
        other.close()
        assert reply.result(timeout=30)["stage"] == "consent"
    assert served.process.wait(timeout=30) == 0
    assert not any(os.path.exists(f"/proc/{process}") for process in processes)
    assert not (folder / "study.db-wal").exists()
    served.process.stdout.close()
    with pytest.raises(urllib.error.URLError):
        served.get()


@pytest.mark.slow
def test_the_end_comes_in_bounded_time_whoever_keeps_a_connection(start):
    served = start()
    place = ("127.0.0.1", int(served.address.rsplit(":", 1)[1].strip("/")))
    with socket.create_connection(place) as idle, socket.create_connection(place) as half:
        half.sendall(b"POST /api/join HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        served.get()
        begun = time.monotonic()
        assert served.end(signal.SIGTERM) == 0
        assert time.monotonic() - begun < 10
        assert idle.recv(1) == b""


@pytest.mark.slow
def test_more_connections_than_select_can_watch_are_served(start):
    """Files with numbers above 1,023 end a loop on select(); so do 1,024 files, the usual limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 3_000:
        pytest.skip(f"no more than {hard} files can be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, hard))
    served = start()
    resource.setrlimit(resource.RLIMIT_NOFILE, (3_000, hard))
    place = ("127.0.0.1", int(served.address.rsplit(":", 1)[1].strip("/")))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1_100):
            stack.enter_context(socket.create_connection(place))
        assert served.get()[0] == 200


def test_a_database_that_cannot_be_written_is_one_line_before_anything_is_served(
    study_folder, monkeypatch
):
    folder = study_folder()
    Store(open_study(folder)).close()
    engine_of = database._sqlite_engine

    def read_only(url):  # as on a read-only disk, where SQLite opens the file all the same
        engine = engine_of(url)
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        return engine

    monkeypatch.setattr(database, "_sqlite_engine", read_only)
    monkeypatch.setattr("listening_app.serve._run", lambda *_: pytest.fail("it was served"))
    result = CliRunner().invoke(serve, [str(folder), "--port", "0"])
    assert str(result.exception) == (
        f"{folder / 'study.db'}: attempt to write a readonly database; check that its folder is "
        "there and may be written to"
    )
    assert not result.stdout


def test_a_port_in_use_is_one_line(study_folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(serve, [str(study_folder()), "--port", port])
    assert str(result.exception) == (
        f"127.0.0.1:{port}: cannot listen there (Address already in use); choose another --host or "
        "--port"
    )


@pytest.mark.slow
def test_tokens_survive_a_restart(start, study_folder):
    folder = study_folder()
    served = start(folder=folder)
    token = join(served, "anna")["token"]
    served.end(signal.SIGKILL)
    again = start(folder=folder)
    request = urllib.request.Request(
        f"{again.address}api/session", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        assert json.load(reply)["stage"] == "consent"
