"""Whoever computes a batch, in however many goes, the table has the same bytes."""

import os
import shutil
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from forked_commands import Command, run_command, torchrun
from waiting import wait_until

from eval_suite import evaluate, workers
from eval_suite.request import Request, make_plan
from sing.config import load_config
from sing.data.nsynth import Dataset
from sing.data.split import split_of
from sing.data.vocabulary import Vocabulary
from sing.run import build_networks, save_weights, write_run
from sing.systems import System

Run = Callable[..., Any]


@pytest.fixture
def sources(dataset: Dataset, make_system: Callable[..., System], workplace: Path) -> list[str]:
    """A system with a broken file, a run, and the dataset; all 48 notes make six batches."""
    system = make_system(workplace / "half", notes=dataset.notes)
    system.audio_path(dataset.notes[20]).unlink()
    config, vocabulary = load_config("tiny"), Vocabulary.of(dataset.notes)
    write_run(workplace / "run", config, vocabulary, split_of(dataset), dataset=str(dataset.folder))
    weights = build_networks(config, vocabulary).state_dict()
    save_weights(workplace / "run" / "model.safetensors", weights)
    return ["half", "run", str(dataset.folder)]


@pytest.fixture
def alone(sing_eval: Run, sources: list[str]) -> bytes:
    """The table that one process writes."""
    done = sing_eval("metrics", *sources, "--split", "all", "--jobs", 1, "--out", "alone.csv")
    assert done.exit_code == 3, done.stderr
    table = Path("alone.csv").read_bytes()
    assert table.count(b"\n") == 1 + 48 * 8
    return table


def environment() -> dict[str, str]:
    """This process's, with the sources of this checkout importable from any folder."""
    root = str(Path(evaluate.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}


@pytest.mark.slow
def test_two_workers_write_the_bytes_of_one_process(alone: bytes, sources: list[str]):
    options = ("--split", "all", "--jobs", 2, "--out", "two.csv")
    done = run_command(["sing-eval", "metrics", *sources, *options])
    assert done.exit_code == 3, done.stderr
    assert Path("two.csv").read_bytes() == alone


@pytest.mark.slow
def test_two_processes_of_torchrun_write_one_table_with_the_bytes_of_one_process(
    alone: bytes, sources: list[str]
):
    done = torchrun(["sing-eval", "metrics", *sources, "--split", "all", "--out", "ranks.csv"])
    assert Path("ranks.csv").read_bytes() == alone, done.stderr
    assert done.stdout.count("ranks.csv") == 1  # rank 0 alone speaks
    assert "error: ranks.csv: 1 of 384 rows could not be scored" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("", "error: ranks.csv: the file exists; pass --force"),
        ("--resume --force", "error: ranks.csv.partial: belongs to another request"),
        ("--force --metric wav_msi", "error: --metric wav_msi: did you mean 'wav_mse'?"),
    ],
)
def test_an_error_under_torchrun_is_said_once_and_without_a_traceback(
    sources: list[str], option: str, message: str
):
    Path("ranks.csv").write_text("old\n")
    Path("ranks.csv.partial").write_text('{"format": 1, "plan": "another"}\n')
    words = ["half", "--data", sources[-1], "--out", "ranks.csv", *option.split()]
    done = torchrun(["sing-eval", "metrics", *words])
    ours, _, _ = done.stderr.partition("torch/distributed/elastic")
    assert ours.count(message) == 1, done.stderr
    assert "Traceback" not in ours
    assert ours.count("error: ") == 1
    assert Path("ranks.csv").read_text() == "old\n"


def interrupted_after(batches: int) -> Callable[..., Iterator[Any]]:
    """`score_shared`, but the power goes after some batches."""
    original = evaluate.score_shared

    def shared(*arguments: Any) -> Iterator[Any]:
        for count, finished in enumerate(original(*arguments)):
            if count == batches:
                raise KeyboardInterrupt
            yield finished

    return shared


@pytest.mark.slow
def test_a_stopped_command_is_resumed_to_the_same_bytes(
    sing_eval: Run, sources: list[str], alone: bytes, monkeypatch: pytest.MonkeyPatch
):
    command = ("metrics", *sources, "--split", "all", "--jobs", 1, "--out", "again.csv")
    with monkeypatch.context() as patched:
        patched.setattr(evaluate, "score_shared", interrupted_after(2))
        stopped = sing_eval(*command)
    assert stopped.exit_code == 130
    assert "the same command with --resume goes on" in stopped.stderr
    assert not Path("again.csv").exists()
    assert sing_eval(*command).exit_code == 2  # neither overwritten nor silently resumed
    other = sing_eval(*command, "--seed", 1, "--resume")
    assert other.exit_code == 2
    assert "belongs to another request" in other.stderr
    resumed = sing_eval(*command, "--resume")
    assert "2 of 6 batches are done already" in resumed.stderr
    assert Path("again.csv").read_bytes() == alone
    assert not Path("again.csv.partial").exists()


@pytest.mark.parametrize(
    ("system", "device", "jobs"), [("half", "cuda:0", 4), ("run", "cuda:0", 1), ("half", "cpu", 4)]
)
def test_only_a_run_keeps_all_work_in_the_one_process_that_has_the_gpu(
    sources: list[str], monkeypatch: pytest.MonkeyPatch, system: str, device: str, jobs: int
):
    monkeypatch.setattr(workers, "core_count", lambda: 4)
    asked = Request((Path(system),), data=Path(sources[-1]), split_name="all")
    plan, _ = make_plan(asked, device)
    many = replace(plan, notes=plan.notes * 40)
    assert workers.default_jobs(many) == jobs
    # Large batches are for the GPU's sake alone.
    assert plan.batch_size == (64 if jobs == 1 else 8)


def test_scores_are_let_go_of_once_they_have_been_given(
    sources: list[str], monkeypatch: pytest.MonkeyPatch
):
    class Kept:
        """Stands for a batch's scores."""

    @contextmanager
    def threads(*_: Any) -> Iterator[Any]:
        with ThreadPoolExecutor(1) as pool:
            yield pool

    monkeypatch.setattr(workers, "worker_pool", threads)
    monkeypatch.setattr(workers, "_score", lambda index: (index, Kept()))
    plan, _ = make_plan(Request((Path("half"),), data=Path(sources[-1])), "cpu")
    given: list[Any] = []
    alive = []
    for _, scores in workers.score_batches(plan, range(50), 2):
        given.append(weakref.ref(scores))
        del scores
        alive.append(sum(one() is not None for one in given))
    assert max(alive) <= 2


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads processes from /proc")
def test_a_killed_command_leaves_no_process_and_is_resumed_to_the_same_bytes(
    sing_eval: Run, sources: list[str], alone: bytes
):
    arguments = (*sources, "--split", "all", "--jobs", "2", "--out", "killed.csv")
    partial = Path("killed.csv.partial")
    started = Command(["sing-eval", "metrics", *arguments])
    workers: list[int] = []

    def is_at_work() -> bool:
        # The first line names the request, each further one is a finished batch.
        workers[:] = children(started.pid)
        return partial.exists() and partial.read_bytes().count(b"\n") >= 2

    started.signal_when(is_at_work, signal.SIGKILL)
    assert started.finish().exit_code == -signal.SIGKILL
    assert len(workers) >= 2
    wait_until(lambda: not any(Path(f"/proc/{worker}/exe").exists() for worker in workers), 30)
    assert not Path("killed.csv").exists()
    shutil.copy(partial, "seen")
    assert (
        sing_eval(
            "metrics", *arguments[:-4], "--jobs", 1, "--out", "killed.csv", "--resume"
        ).exit_code
        == 3
    )
    assert Path("killed.csv").read_bytes() == alone
    assert 2 <= Path("seen").read_bytes().count(b"\n") <= 6


MEMORY = """
import os, resource, sys
from pathlib import Path
import numpy as np
from eval_suite.sources import open_source
from sing import files
from sing.systems import SystemWriter
from eval_suite.baselines.trivial import Silence, WhiteNoise
from eval_suite.evaluate import evaluate
from eval_suite.metrics.metric import parse_metrics
from eval_suite.plan import Plan
from sing.notes import Note
from sing.processes import processes

notes = tuple(
    Note(name, pitch, velocity) for name in "abc" for pitch in range(128) for velocity in range(128)
)[:3000]

def folder(name, seed):
    # One file under many names: reading is measured, the disk is not filled.
    writer = SystemWriter(Path(name), name, "test")
    writer.write(notes[0], 0.1 * np.random.default_rng(seed).standard_normal(64000))
    writer.finish(notes[:1])
    first = Path(name, "audio", notes[0].name + ".wav")
    for note in notes[1:]:
        os.link(first, first.with_name(note.name + ".wav"))
    rows = [{"note": note.name, "clipped_samples": 0} for note in notes]
    files.write_csv(Path(name, "notes.csv"), ("note", "clipped_samples"), rows)
    return open_source(Path(name))

reference, system = folder("reference", 0), folder("system", 1)

def table(count):
    systems, metrics = (system, WhiteNoise(1), Silence()), parse_metrics(("wav_mse",))
    plan = Plan(reference, systems, notes[:count], metrics, 0, "cpu")
    with processes("cpu") as group:
        evaluate(plan, [""] * count, Path(f"{count}.csv"), 1, False, group)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

few = table(100)
print(table(3000) - few)
"""


@pytest.mark.slow
def test_memory_is_flat_from_a_hundred_notes_to_thousands(workplace: Path):
    done = subprocess.run(
        [sys.executable, "-c", MEMORY],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path("3000.csv").read_bytes().count(b"\n") == 9_001
    # The waveforms of 2,900 notes would be 700 MB for each system.
    assert float(done.stdout) < 16
