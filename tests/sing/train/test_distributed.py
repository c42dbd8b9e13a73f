"""Two gloo processes do what one does on the same global batch."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

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


def test_training_under_torchrun_writes_one_run_close_to_the_single_process_one(
    tmp_path, train_command, finish
):
    single, double = tmp_path / "single", tmp_path / "double"
    settings = ("autoencoder.epochs=1", "finetune.epochs=1")
    assert finish(train_command(single, settings=settings)).returncode == 0
    process = finish([*TORCHRUN, *train_command(double, settings=settings)])
    assert process.returncode == 0, process.stderr
    one, two = (load_file(run / "model.safetensors") for run in (single, double))
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, rtol=0, atol=2e-3, msg=name)
    assert process.stderr.count("autoencoder 1/1") == 1
