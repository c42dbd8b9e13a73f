"""Two gloo processes do what one does on the same global batch."""

import runpy
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from forked_commands import Command, run_command, torchrun

from sing import files
from sing.processes import processes
from sing.train import PHASES
from sing.train.checkpoints import CheckpointFile, Setting
from sing.train.history import COLUMNS, FIGURES

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("gradients.py")


def test_gradients_of_two_processes_and_of_micro_batches_equal_those_of_one_batch(
    tmp_path, make_dataset
):
    data, out = make_dataset(), tmp_path / "two.pt"
    measure = runpy.run_path(str(SCRIPT))["measure"]
    with processes("cpu") as alone:
        whole, micro = ({p: measure(p, data, size, alone) for p in PHASES} for size in (7, 2))
    done = torchrun([SCRIPT, data, out, 3])
    assert done.exit_code == 0, done.stderr
    others = [micro, torch.load(out, weights_only=True)]
    for phase, one in whole.items():
        assert max(gradient.abs().max() for gradient in one["gradients"].values()) > 1e-4
        for other in (result[phase] for result in others):
            assert other["gradients"].keys() == one["gradients"].keys()
            torch.testing.assert_close(other["loss"], one["loss"], rtol=1e-5, atol=1e-7)
            torch.testing.assert_close(other["gradients"], one["gradients"], rtol=1e-4, atol=1e-7)


def test_training_under_torchrun_writes_one_run_with_the_figures_of_a_single_process(
    tmp_path, train_command
):
    single, double = tmp_path / "single", tmp_path / "double"
    # With one note to measure, one of the processes has none.
    settings = ("autoencoder.epochs=1", "finetune.epochs=1", "evaluation_notes=1")
    assert run_command(train_command(single, settings=settings)).exit_code == 0
    done = torchrun(train_command(double, settings=settings))
    assert done.exit_code == 0, done.stderr
    one, two = (files.read_csv(run / "history.csv", COLUMNS) for run in (single, double))
    assert [row["processes"] for row in two] == ["2", "2", "2"]
    for row, other in zip(one, two, strict=True):
        for figure in ("objective", *FIGURES):
            if row[figure]:
                assert float(other[figure]) == pytest.approx(float(row[figure]), rel=1e-3), figure
    assert done.stderr.count("autoencoder 1/1") == 1
    assert done.stdout.count(str(double)) == 1


def test_an_error_of_one_process_is_said_once_and_ends_all(tmp_path, train_command, two_ranks):
    run = tmp_path / "run"
    run.mkdir()
    (run / "mine").touch()
    done = torchrun(train_command(run))
    assert done.exit_code != 0
    assert done.stderr.count("the folder is not empty; pass --force") == 1
    assert 'File "' not in done.stderr.split("torch/distributed")[0]
    few = train_command(tmp_path / "few", settings=("lstm.batch_size=1",))
    exit_codes, said = finish(two_ranks(few))
    assert exit_codes == [2, 2]
    assert said.count("lstm.batch_size 1 is less than the 2 processes") == 1


def test_a_loss_that_is_not_finite_is_said_once_and_leaves_a_sound_checkpoint(
    tmp_path, train_command, two_ranks
):
    run = tmp_path / "run"
    settings = ("lstm.learning_rate=1e36", "checkpoint_minutes=1e-9")
    exit_codes, said = finish(two_ranks(train_command(run, settings=settings)))
    assert exit_codes == [2, 2]
    assert said.count("the loss is not finite in lstm") == 1
    checkpoint = CheckpointFile(run, Setting.here(2)).load()
    assert checkpoint is not None
    assert all(torch.isfinite(value).all() for value in checkpoint.networks.values())


def test_a_stop_asked_of_one_process_saves_and_ends_both_and_can_be_resumed(
    tmp_path, train_command, two_ranks, saved_position
):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    settings = ("checkpoint_minutes=1e-9", "lstm.epochs=20", "finetune.epochs=1")
    assert finish(two_ranks(train_command(whole, settings=settings)))[0] == [0, 0]

    def is_in_lstm() -> bool:
        position = saved_position(stopped)
        return position is not None and position.phase == "lstm"

    ranks = two_ranks(train_command(stopped, settings=settings))
    ranks[1].signal_when(is_in_lstm, signal.SIGTERM)
    exit_codes, said = finish(ranks)
    assert exit_codes == [130, 130]
    assert said.count(f"error: {stopped}: stopped and saved at lstm epoch") == 1
    resumed = finish(two_ranks(train_command(stopped, "--resume", settings=settings)))
    assert resumed[0] == [0, 0], resumed[1]
    weights = "model.safetensors"
    assert (stopped / weights).read_bytes() == (whole / weights).read_bytes()


def finish(ranks: Sequence[Command]) -> tuple[list[int], str]:
    """The exit codes of all, and what all said on stderr."""
    done = [rank.finish() for rank in ranks]
    return [one.exit_code for one in done], "".join(one.stderr for one in done)
