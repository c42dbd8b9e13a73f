"""Train the runs of runs.toml that are not finished yet: one process a core, one thread each.

    python benchmarks/paper/train.py --runs runs/paper

Stop it at any time, and start it again: every run goes on from its last checkpoint. Runs that lie
in the folder already count if their configuration is the planned one.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hours import hours_lines, hours_of
from places import RUNS
from planned import ABSENT, FINISHED, PlannedRun, planned_runs, state

from sing.errors import SingError

_LOOK_SECONDS = 0.2
_NICE = 10


@dataclass(frozen=True)
class _Training:
    """A `sing train` at work, and what it says."""

    planned: PlannedRun
    process: subprocess.Popen[bytes]
    said: IO[bytes]

    def last_words(self) -> str:
        """The last line that the process wrote to stderr."""
        self.said.seek(0)
        lines = self.said.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.process.returncode}"


def command(folder: Path, planned: PlannedRun, data: Path | None, is_begun: bool) -> list[str]:
    """The `sing train` that begins the run in `folder`, or goes on with it."""
    # A begun run may have another name: its own file holds it.
    source = [str(folder / "config.toml")] if is_begun else [planned.base]
    if not is_begun:
        source += [part for setting in planned.overrides for part in ("--set", setting)]
    where = ["--data", str(data)] if data else []
    return [sys.executable, "-m", "sing", "train", *source, "--out", str(folder), "--resume",
            "--device", "cpu", *where]  # fmt: skip


def train(runs: Path, planned: Sequence[PlannedRun], jobs: int, data: Path | None) -> list[str]:
    """Train what is not finished, `jobs` runs at a time; what went wrong, a line a run."""
    states = [(one, state(runs / one.name, one)) for one in planned]
    waiting = [(one, found) for one, found in states if found != FINISHED]
    at_work: list[_Training] = []
    faults: list[str] = []
    try:
        while waiting or at_work:
            while waiting and len(at_work) < jobs:
                one, found = waiting.pop(0)
                print(f"{one.name}: {found}; training", flush=True)
                at_work.append(_start(runs / one.name, one, data, found != ABSENT))
            time.sleep(_LOOK_SECONDS)
            for training in [one for one in at_work if one.process.poll() is not None]:
                at_work.remove(training)
                if training.process.returncode:
                    faults.append(f"{training.planned.name}: {training.last_words()}")
                else:
                    print(f"{training.planned.name}: finished", flush=True)
                training.said.close()
    finally:
        for training in at_work:
            training.process.terminate()  # writes a last checkpoint
        for training in at_work:
            training.process.wait()
            training.said.close()
    return faults


def _start(folder: Path, planned: PlannedRun, data: Path | None, is_begun: bool) -> _Training:
    said = tempfile.TemporaryFile()  # noqa: SIM115, read when the process has ended
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command(folder, planned, data, is_begun), env=environment, stdout=said, stderr=said,
        start_new_session=True,
    )  # fmt: skip
    os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)  # other work on the machine goes first
    return _Training(planned, process, said)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the runs of runs.toml.")
    parser.add_argument("--runs", type=Path, default=RUNS, help="Folder of runs.")
    parser.add_argument("--data", type=Path, help="Dataset; the embedded demo dataset if left out.")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)),
                        help="Runs at a time (default: one a core).")  # fmt: skip
    return parser.parse_args()


def main() -> int:
    """Train, and print the hours of every run."""
    given = _arguments()
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        planned = planned_runs(only=given.only, settings=given.settings)
        faults = train(given.runs, planned, max(given.jobs, 1), given.data)
    except SingError as error:
        faults = [str(error)]
        planned = []
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)
    hours = [hours_of(one.name, given.runs / one.name) for one in planned]
    print("\n".join(hours_lines(hours)))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 2 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
