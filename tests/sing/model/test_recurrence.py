"""The blocked LSTM computes what torch's own does, forward and backward."""

import copy
import datetime

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from sing.config import ModelConfig
from sing.model import recurrence
from sing.model.recurrence import blocked_lstm, is_faster_blocked
from sing.model.sequence import SequenceGenerator


def lstm_and_inputs(dtype=torch.float32, layers=3, hidden=24, frames=9, notes=4):
    torch.manual_seed(7)
    lstm = nn.LSTM(5, hidden, layers, batch_first=True, dtype=dtype)
    inputs = torch.randn(notes, frames, 5, dtype=dtype)
    state = tuple(torch.randn(layers, notes, hidden, dtype=dtype) for _ in range(2))
    return lstm, inputs, state


def everything(run, lstm, inputs, state, from_zero=False):
    """Outputs, last state, and gradients of parameters, inputs and initial state, by name."""
    lstm.zero_grad(set_to_none=True)
    inputs = inputs.detach().clone().requires_grad_()
    hidden, cell = (part.detach().clone().requires_grad_() for part in state)
    outputs, (last_hidden, last_cell) = run(inputs, None if from_zero else (hidden, cell))
    generator = torch.Generator().manual_seed(1)
    results = {"outputs": outputs, "last_hidden": last_hidden, "last_cell": last_cell}
    loss = sum(
        (value * torch.randn(value.shape, generator=generator).to(value)).sum()
        for value in results.values()
    )
    loss.backward()
    results["inputs.grad"] = inputs.grad
    if not from_zero:
        results |= {"hidden.grad": hidden.grad, "cell.grad": cell.grad}
    return results | {f"{name}.grad": value.grad for name, value in lstm.named_parameters()}


def assert_close(results, expected):
    """Equal within float32 rounding of sums as large as the largest value of each tensor."""
    assert results.keys() == expected.keys()
    for name, value in expected.items():
        tolerance = 3e-6 * value.abs().max().item()
        torch.testing.assert_close(
            results[name], value, rtol=0, atol=tolerance, msg=lambda text, name=name: name + text
        )


@pytest.mark.parametrize("from_zero", [False, True])
def test_outputs_states_and_all_gradients_are_those_of_torch(from_zero):
    lstm, inputs, state = lstm_and_inputs()
    expected = everything(lstm, lstm, inputs, state, from_zero)
    results = everything(lambda *given: blocked_lstm(lstm, *given), lstm, inputs, state, from_zero)
    assert_close(results, expected)


def test_a_layer_of_the_papers_width_is_torchs_too():
    lstm, inputs, state = lstm_and_inputs(layers=1, hidden=1024, frames=6, notes=8)
    expected = everything(lstm, lstm, inputs, state)
    assert_close(
        everything(lambda *given: blocked_lstm(lstm, *given), lstm, inputs, state), expected
    )


def test_a_single_frame_and_a_single_note():
    lstm, inputs, state = lstm_and_inputs(frames=1, notes=1)
    expected = everything(lstm, lstm, inputs, state)
    assert_close(
        everything(lambda *given: blocked_lstm(lstm, *given), lstm, inputs, state), expected
    )


def test_gradients_are_the_slopes_of_the_outputs_in_float64():
    lstm, inputs, state = lstm_and_inputs(torch.float64, layers=2, hidden=3, frames=4, notes=2)

    def run(inputs, hidden, cell, *parameters):
        outputs, last = blocked_lstm(lstm, inputs, (hidden, cell))
        return outputs, *last

    arguments = [value.requires_grad_() for value in (inputs, *state)]
    assert torch.autograd.gradcheck(run, (*arguments, *lstm.parameters()))


def test_truncated_back_propagation_carries_the_state_and_adds_up_gradients():
    lstm, inputs, _ = lstm_and_inputs(frames=11)
    results = []
    for run in (lstm, lambda *given: blocked_lstm(lstm, *given)):
        lstm.zero_grad(set_to_none=True)
        state = None
        for chunk in inputs.split(4, dim=1):
            outputs, state = run(chunk, state)
            state = tuple(part.detach() for part in state)
            outputs.square().sum().backward()
        results.append({name: value.grad for name, value in lstm.named_parameters()})
    assert_close(results[1], results[0])


def test_the_same_step_gives_the_same_bits():
    lstm, inputs, state = lstm_and_inputs(hidden=64)
    first, second = (
        everything(lambda *given: blocked_lstm(lstm, *given), lstm, inputs, state) for _ in range(2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture
def sequence(monkeypatch):
    """A small sequence generator that takes the way of the large ones."""
    monkeypatch.setattr(recurrence, "LEAST_HIDDEN", 6)
    torch.manual_seed(2)
    return SequenceGenerator(ModelConfig(hidden_channels=6), 3, 4, 2)


KEYS = torch.tensor([[0, 1, 0], [2, 3, 1], [1, 0, 0]])


def gradients(module, frames=7):
    module.zero_grad(set_to_none=True)
    codes, _ = module(KEYS, 2, 2 + frames)
    codes.square().sum().backward()
    return {
        name.removeprefix("module."): value.grad.clone()
        for name, value in module.named_parameters()
    }


def test_only_large_layers_with_few_notes_and_a_gradient_leave_torchs_way(sequence, monkeypatch):
    inputs = torch.zeros(3, 7, 30)
    assert is_faster_blocked(sequence.lstm, inputs)
    assert not is_faster_blocked(sequence.lstm, inputs.double())
    assert not is_faster_blocked(sequence.lstm, torch.zeros(17, 7, 30))
    assert not is_faster_blocked(nn.LSTM(30, 5), inputs)
    assert not is_faster_blocked(sequence.lstm, inputs.to("meta"))
    with torch.no_grad():
        assert not is_faster_blocked(sequence.lstm, inputs)
    with torch.autocast("cpu", torch.bfloat16):
        assert not is_faster_blocked(sequence.lstm, inputs)
    frozen = copy.deepcopy(sequence.lstm).requires_grad_(False)
    assert not is_faster_blocked(frozen, inputs)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not is_faster_blocked(sequence.lstm, inputs)


def test_the_sequence_learns_the_same_either_way(sequence, monkeypatch):
    blocked = gradients(sequence)
    monkeypatch.setattr(recurrence, "LEAST_HIDDEN", 7)
    assert not is_faster_blocked(sequence.lstm, torch.zeros(3, 7, 30))
    assert_close(blocked, gradients(sequence))


def test_gradients_pass_through_the_hooks_of_distributed_training(sequence, tmp_path):
    alone = gradients(copy.deepcopy(sequence))
    store = dist.FileStore(str(tmp_path / "store"), 1)
    dist.init_process_group(
        "gloo", store=store, rank=0, world_size=1, timeout=datetime.timedelta(seconds=20)
    )
    try:
        module = DistributedDataParallel(sequence)

        def double(_, bucket):
            future = torch.futures.Future()
            future.set_result(bucket.buffer() * 2)
            return future

        module.register_comm_hook(None, double)
        together = gradients(module)
    finally:
        dist.destroy_process_group()
    assert_close(together, {name: 2 * value for name, value in alone.items()})
