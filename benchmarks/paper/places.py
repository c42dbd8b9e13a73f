"""Where the pipeline finds runs and puts what it makes, and how it calls the two commands."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from planned import FINISHED, PlannedRun, open_planned, planned_runs, state

from eval_suite.cli import cli
from sing.data.nsynth import Dataset, open_dataset
from sing.data.split import split_of
from sing.errors import CheckFailed, SingError
from sing.run import Run

RUNS = Path("runs/paper")
WORK = Path("results/paper")
OUT = Path("docs/results/paper")


@dataclass(frozen=True)
class Places:
    """Folders: `runs` are read; `work` keeps systems and tables, `out` is what is published."""

    runs: Path
    work: Path
    out: Path

    @property
    def systems(self) -> Path:
        """The system folders."""
        return self.work / "systems"

    @property
    def rehearsed(self) -> Path:
        """What study.py leaves for publication."""
        return self.work / "study" / "published"

    @property
    def metrics(self) -> Path:
        """The table of all scores."""
        return self.work / "metrics.csv"

    @property
    def shown(self) -> Path:
        """The folder of results that Table 1 and the report show: those of the first seeds."""
        return self.work / "shown"


@dataclass(frozen=True)
class Finished:
    """A finished run with its plan."""

    planned: PlannedRun
    run: Run

    @property
    def system(self) -> str:
        """What the run is called in tables: `sing-spectral` is the paper's row SING spectral."""
        return f"sing-{self.planned.name}"

    @property
    def autoencoder(self) -> str | None:
        """What its autoencoder is called, if it has a row of its own."""
        return f"autoencoder-{self.planned.name}" if self.planned.reconstructs else None


def add_places(parser: argparse.ArgumentParser) -> None:
    """Add --runs, --work, --out and --set."""
    parser.add_argument("--runs", type=Path, default=RUNS, help="Folder of runs.")
    parser.add_argument("--work", type=Path, default=WORK, help="Folder of systems and tables.")
    parser.add_argument("--out", type=Path, default=OUT, help="Folder of published results.")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings",
                        help="As given to train.py.")  # fmt: skip


def sort_runs(runs: Path, settings: list[str]) -> tuple[list[Finished], dict[str, str]]:
    """The finished runs, and why each of the others is missing, by its name.

    Raises SingError when none is finished, or when one was trained on another split than its
    dataset's.
    """
    torch.set_num_threads(1)  # the last bits depend on it, here and in worker processes
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    finished, missing = [], {}
    for planned in planned_runs(settings=settings):
        folder = runs / planned.name
        found = state(folder, planned)
        if found == FINISHED:
            finished.append(Finished(planned, open_planned(folder, planned)))
        else:
            missing[planned.name] = found
    if not finished:
        raise SingError(f"{runs}: no finished run; train some with benchmarks/paper/train.py")
    of_dataset = split_of(dataset_of(finished[0].run))
    for run in (one.run for one in finished):
        if run.split != of_dataset:
            raise SingError(f"{run.folder}: another split than its dataset's; train it anew")
    return finished, missing


def first_seeds(finished: Sequence[Finished]) -> list[Finished]:
    """The runs of the first seeds; all of them when no such run is finished."""
    return [one for one in finished if one.planned.is_first_seed] or list(finished)


def dataset_of(run: Run) -> Dataset:
    """The dataset that the run was trained on."""
    folder = run.dataset
    if folder is None:
        raise SingError(f"{run.folder}: does not say on what it was trained")
    return open_dataset(folder)


def call(*arguments: object, may_find_faults: bool = False) -> str:
    """Run `sing-eval` with these arguments in this process, and return what it prints.

    Raises its SingError; not the CheckFailed of faults that are found, if they may be.
    """
    words = list(map(str, arguments))
    print(f"$ sing-eval {shlex.join(words)}", flush=True)
    with io.StringIO() as said, contextlib.redirect_stdout(said):
        try:
            cli.main(words, prog_name="sing-eval", standalone_mode=False)
        except CheckFailed:
            if not may_find_faults:
                raise
        return said.getvalue()
