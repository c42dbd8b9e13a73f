"""The real server on a copy of the study: started as a person starts it, and killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from listening_app.headphones import CHECKS
from listening_app.settings import STUDY_TOML
from listening_app.study import BUILD, SHEETS, STIMULI
from sing import files
from sing.errors import SingError

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_SHOWN_LINES = 5


def copy_study(folder: Path, copy: Path) -> None:
    """A study that was never served, of the same build. Sounds are linked, not copied."""
    try:
        copy.mkdir(parents=True)
        for name in (STUDY_TOML, STIMULI, SHEETS, CHECKS, BUILD):
            shutil.copy(folder / name, copy / name)
        for name in ("stimuli", "checks"):
            (copy / name).symlink_to((folder / name).resolve(), target_is_directory=True)
    except OSError as error:
        raise files.readable(error, copy) from error


class Server:
    """`sing-eval study serve` as a process of its own. `kills` counts how often it was killed."""

    def __init__(self, folder: Path, workers: int = 1, database_url: str | None = None) -> None:
        self._folder = folder
        self._workers = workers
        self._database_url = database_url
        self._port = _free_port()
        self._process: subprocess.Popen[str] | None = None
        self.kills = 0

    @property
    def address(self) -> str:
        """Where it listens; the same after a restart."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it serves. Raises SingError with its own words if it ends."""
        with (self._folder / "server.log").open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                command("serve", self._folder, "--port", str(self._port), "--unlimited",
                        "--workers", str(self._workers), *database(self._database_url)),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(),
                start_new_session=True,
            )  # fmt: skip
        is_serving, has_spoken = threading.Event(), threading.Event()
        # Read to the end, so that the server never waits for a full pipe.
        events = (self._process, is_serving, has_spoken)
        threading.Thread(target=self._read, args=events, daemon=True).start()
        has_spoken.wait(_START_SECONDS)
        if not is_serving.is_set():
            self._end()
            raise SingError(f"{self._folder}: the server did not start: {self._said()}")

    def kill(self) -> None:
        """End it at once with all its workers (SIGKILL): nothing is tidied up."""
        self.kills += self._process is not None
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait(_STOP_SECONDS)
            self._process = None

    def stop(self) -> None:
        """End it as an operator does (SIGTERM)."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self._end()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    @staticmethod
    def _read(
        process: subprocess.Popen[str], is_serving: threading.Event, has_spoken: threading.Event
    ) -> None:
        """Wait for the line that says it serves, or for the end of what it says."""
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                if line.startswith("serving "):
                    is_serving.set()
                    has_spoken.set()
        has_spoken.set()

    def _said(self) -> str:
        text = (self._folder / "server.log").read_text(encoding="utf-8", errors="replace")
        return " ".join(text.splitlines()[-_SHOWN_LINES:]) or "without a word"


def export(folder: Path, out: Path, database_url: str | None) -> None:
    """Run `sing-eval study export`. Raises SingError with its own words if it fails."""
    done = subprocess.run(  # noqa: S603  # our own command
        command("export", folder, "--out", str(out), *database(database_url)),
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    if done.returncode:
        raise SingError(f"{folder}: the export failed: {' '.join(done.stderr.split())}")


def command(name: str, folder: Path, *arguments: str) -> list[str]:
    """The command line of a `sing-eval study` command, run by this Python."""
    return [sys.executable, "-m", "eval_suite", "study", name, str(folder), *arguments]


def database(url: str | None) -> list[str]:
    """The option that names the database."""
    return ["--database-url", url] if url else []


def environment() -> dict[str, str]:
    """Our own environment without DATABASE_URL, which is the real study's."""
    return {name: text for name, text in os.environ.items() if name != "DATABASE_URL"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
