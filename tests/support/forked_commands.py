"""Commands as processes of their own, without the seconds that importing torch takes each time.

Every process is forked from one that has imported the packages and done nothing else
(multiprocessing's fork server). It is what a shell would start in all that a test can see:
arguments, folder, environment, exit code, both streams, signals.
"""

import faulthandler
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

# Of the fork server, which has its threads when a command's own environment comes: idle ones spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_fork_server = multiprocessing.get_context("forkserver")
_PRELOADED = (
    "forked_commands",
    "torch._dynamo",  # torch's optimizers load it
    "sing.train.start",
    "sing.generate.offline",
    "eval_suite.evaluate",
    "pandas",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "scipy.signal",
    "scipy.stats",
)
_fork_server.set_forkserver_preload(list(_PRELOADED))

_ENTRY_POINTS = {"sing": "sing.cli", "sing-eval": "eval_suite.cli"}
_ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 300
_LOOK_SECONDS = 0.005


class Finished(NamedTuple):
    """What a command did. `exit_code` is -n after signal n."""

    exit_code: int
    stdout: str
    stderr: str


class Command:
    """A running command; `words` are its command line, beginning with `sing` or `sing-eval`.

    It runs in `folder` (default: this one) with `environment` added to ours. No file it writes may
    grow beyond `largest_file` bytes, as on a disk that gets full.
    """

    def __init__(
        self,
        words: Sequence[object],
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        largest_file: int | None = None,
    ) -> None:
        self._streams = tempfile.TemporaryDirectory(prefix="command-")
        variables = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
        self._process = _fork_server.Process(
            target=_run,
            args=([str(word) for word in words], folder or Path.cwd(), variables, largest_file,
                  Path(self._streams.name)),
        )  # fmt: skip
        self._process.start()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return int(self._process.pid or 0)

    def signal_when(self, condition: Callable[[], bool], number: int) -> None:
        """Send it a signal once the condition holds; none if it ends before."""
        while self._process.exitcode is None:
            if condition():
                os.kill(self.pid, number)
                return
            time.sleep(_LOOK_SECONDS)

    def finish(self) -> Finished:
        """Wait for its end. What takes too long is aborted, and says where it stood."""
        self._process.join(_SECONDS)
        is_late = self._process.exitcode is None
        if is_late:
            os.kill(self.pid, signal.SIGABRT)
            self._process.join()
        with self._streams as folder:
            stdout, stderr = (
                Path(folder, name).read_text(errors="replace") for name in ("out", "err")
            )
        if is_late:
            raise TimeoutError(f"the command took more than {_SECONDS} s:\n{stderr}")
        return Finished(int(self._process.exitcode or 0), stdout, stderr)


def run_command(words: Sequence[object], *place: Any, **limits: Any) -> Finished:
    """Run a command to its end; see Command."""
    return Command(words, *place, **limits).finish()


def _run(
    words: list[str],
    folder: Path,
    variables: Mapping[str, str],
    largest_file: int | None,
    streams: Path,
) -> None:
    """In the new process: become the command."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    for name, descriptor in (("out", 1), ("err", 2)):
        file = os.open(streams / name, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, descriptor)
        os.close(file)
    faulthandler.enable()
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    sys.argv = words
    import_module(_ENTRY_POINTS[words[0]]).main()


def torchrun(words: Sequence[object]) -> Finished:
    """Run a command, or a script with its arguments, in two processes as a shell does."""
    module = _ENTRY_POINTS.get(str(words[0]), "").partition(".")[0]
    target = ["-m", module, *words[1:]] if module else words
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    process = subprocess.run(
        [sys.executable, *launcher, *map(str, target)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(_ROOT)},
        capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    return Finished(process.returncode, process.stdout, process.stderr)
