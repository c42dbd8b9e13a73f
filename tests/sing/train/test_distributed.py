"""Two gloo processes do what one does on the same global batch."""

import os
import signal
from pathlib import Path

import pytest
import torch

from sing import files
from sing.train.checkpoints import CheckpointFile, Setting
from sing.train.history import COLUMNS, FIGURES

pytestmark = pytest.mark.slow

SCRIPT = str(Path(__file__).with_name("gradients.py"))
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def test_gradients_of_two_processes_and_of_micro_batches_equal_those_of_one_batch(
    tmp_path, make_dataset, finish
):
    data = make_dataset()
    results = []
    for place, (launcher, micro_batch_size) in enumerate((([], 7), ([], 2), (TORCHRUN, 3))):
        out = tmp_path / f"{place}.pt"
        process = finish([*launcher, SCRIPT, str(data), str(out), str(micro_batch_size)])
        assert process.returncode == 0, process.stderr
        results.append(torch.load(out, weights_only=True))
    whole, *others = results
    for phase, one in whole.items():
        assert max(gradient.abs().max() for gradient in one["gradients"].values()) > 1e-4
        for other in (result[phase] for result in others):
            assert other["gradients"].keys() == one["gradients"].keys()
            torch.testing.assert_close(other["loss"], one["loss"], rtol=1e-5, atol=1e-7)
            torch.testing.assert_close(other["gradients"], one["gradients"], rtol=1e-4, atol=1e-7)


def test_training_under_torchrun_writes_one_run_with_the_figures_of_a_single_process(
    tmp_path, train_command, finish
):
    single, double = tmp_path / "single", tmp_path / "double"
    # With one note to measure, one of the processes has none.
    settings = ("autoencoder.epochs=1", "finetune.epochs=1", "evaluation_notes=1")
    assert finish(train_command(single, settings=settings)).returncode == 0
    process = finish([*TORCHRUN, *train_command(double, settings=settings)])
    assert process.returncode == 0, process.stderr
    one, two = (files.read_csv(run / "history.csv", COLUMNS) for run in (single, double))
    assert [row["processes"] for row in two] == ["2", "2", "2"]
    for row, other in zip(one, two, strict=True):
        for figure in ("objective", *FIGURES):
            if row[figure]:
                assert float(other[figure]) == pytest.approx(float(row[figure]), rel=1e-3), figure
    assert process.stderr.count("autoencoder 1/1") == 1
    assert process.stdout.count(str(double)) == 1


def test_an_error_of_one_process_is_said_once_and_ends_all(tmp_path, train_command, finish):
    run = tmp_path / "run"
    run.mkdir()
    (run / "mine").touch()
    process = finish([*TORCHRUN, *train_command(run)])
    assert process.returncode != 0
    assert process.stderr.count("the folder is not empty; pass --force") == 1
    assert 'File "' not in process.stderr.split("torch/distributed")[0]
    few = finish([*TORCHRUN, *train_command(tmp_path / "few", settings=("lstm.batch_size=1",))])
    assert few.stderr.count("lstm.batch_size 1 is less than the 2 processes") == 1


def test_a_loss_that_is_not_finite_is_said_once_and_leaves_a_sound_checkpoint(
    tmp_path, train_command, finish
):
    run = tmp_path / "run"
    settings = ("lstm.learning_rate=1e36", "checkpoint_minutes=1e-9")
    process = finish([*TORCHRUN, *train_command(run, settings=settings)])
    assert process.returncode != 0
    assert process.stderr.count("the loss is not finite in lstm") == 1
    checkpoint = CheckpointFile(run, Setting.here(2)).load()
    assert checkpoint is not None
    assert all(torch.isfinite(value).all() for value in checkpoint.networks.values())


def test_a_stop_asked_of_one_process_saves_and_ends_both_and_can_be_resumed(
    tmp_path, train_command, finish, stop_when, saved_position
):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    settings = ("checkpoint_minutes=1e-9", "lstm.epochs=20", "finetune.epochs=1")
    assert finish([*TORCHRUN, *train_command(whole, settings=settings)]).returncode == 0
    command = [*TORCHRUN, *train_command(stopped, settings=settings)]

    def one_process_was_told() -> bool:
        position = saved_position(stopped)
        if position is None or position.phase != "lstm":
            return False
        os.kill(_process_of_rank_1(str(stopped)), signal.SIGTERM)
        return True

    # Signal 0 reaches the launcher itself: nothing, it waits for its processes.
    code, stderr = stop_when(command, one_process_was_told, 0)
    assert code != 0
    assert stderr.count(f"error: {stopped}: stopped and saved at lstm epoch") == 1
    resumed = finish([*TORCHRUN, *train_command(stopped, "--resume", settings=settings)])
    assert resumed.returncode == 0, resumed.stderr
    weights = "model.safetensors"
    assert (stopped / weights).read_bytes() == (whole / weights).read_bytes()


def _process_of_rank_1(argument: str) -> int:
    """The number of the process that got this argument and the rank 1."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if argument.encode() in arguments and b"RANK=1" in environment:
            return int(process.name)
    raise LookupError(f"no process of rank 1 with {argument}")
