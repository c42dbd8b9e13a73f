"""Two gloo processes do what one does on the same global batch."""

from pathlib import Path

import pytest
import torch

from sing import files
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
