import numpy as np
import pytest
import torch

from sing.config import load_config
from sing.generate.engine import FIRST_BLOCK_STEPS, NOTE_STEPS, Engine

SMALLER = ["model.time_embedding=false", "model.lstm_layers=2", "model.smooth_filters=true"]


@pytest.mark.parametrize("overrides", [[], SMALLER])
def test_an_engine_makes_what_the_paper_says(make_run, plain, notes, overrides):
    run = make_run(config=load_config("tiny", overrides))
    keys = torch.from_numpy(run.vocabulary.encode(notes[:5]))
    made = Engine(run.networks().synthesizer).generate(keys).numpy()
    expected = plain.waveforms(run, notes[:5])
    assert np.abs(expected).max() > 0.2
    assert np.abs(made - expected).max() < 1e-5


@pytest.mark.parametrize(("step", "block"), [(0, 0), (13, 0), (14, 1), (100, 87), (262, 249)])
def test_a_step_is_heard_from_its_block_on(run, plain, notes, step, block):
    before, after = with_steps_changed(run, plain, notes, step)
    first = int((before != after).nonzero()[0])
    assert first // 256 == block
    assert block == max(0, step - FIRST_BLOCK_STEPS + 1)


def test_steps_past_the_last_of_the_engine_are_not_heard(run, plain, notes):
    before, after = with_steps_changed(run, plain, notes, NOTE_STEPS)
    assert torch.equal(before, after)


def with_steps_changed(run, plain, notes, step):
    """A note by the plain formulation, and again with other inputs from a step of the LSTM on."""
    networks = run.networks()
    keys = torch.from_numpy(run.vocabulary.encode(notes[:1]))
    with torch.no_grad():
        before = plain.decoded(networks, plain.codes(networks, keys))[0]
        networks.sequence.embeddings.time.weight[step:] += 3.0
        after = plain.decoded(networks, plain.codes(networks, keys))[0]
    return before, after
