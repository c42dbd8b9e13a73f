"""The multi-resolution STFT distance against auraloss."""

import auraloss
import numpy as np
import pytest
import torch

from eval_suite.metrics.metric import parse_metric

METRIC = parse_metric("multi_resolution_stft")
SECONDS = np.arange(64_000) / 16_000
TONE = (0.3 * np.sin(2 * np.pi * 440 * SECONDS) * np.exp(-SECONDS)).astype(np.float32)
NOISE = 0.1 * np.random.default_rng(5).standard_normal(64_000).astype(np.float32)


@pytest.mark.parametrize(
    ("reference", "estimate"),
    [
        (TONE, NOISE),
        (NOISE, TONE),
        (TONE, TONE + NOISE / 100),
        (TONE, np.zeros_like(TONE)),
        (np.zeros_like(TONE), TONE),
    ],
    ids=["tone-noise", "noise-tone", "noisy", "to silence", "from silence"],
)
def test_values_are_those_of_auraloss_with_its_defaults(reference: np.ndarray, estimate):
    # auraloss takes (input, target): the estimate first. It gives the mean of a batch.
    both = (torch.from_numpy(one.astype(np.float64))[None, None] for one in (estimate, reference))
    loss = auraloss.freq.MultiResolutionSTFTLoss()
    for part in loss.stft_losses:
        part.window = part.window.double()
    expected = loss(*both).item()
    assert METRIC(reference[None], estimate[None]).item() == pytest.approx(expected, rel=2e-4)


def test_a_batch_is_scored_note_by_note():
    both = METRIC(np.stack([TONE, NOISE]), np.stack([TONE / 2, NOISE / 2]))
    alone = [METRIC(one[None], one[None] / 2).item() for one in (TONE, NOISE)]
    assert both.tolist() == alone
    # Half the amplitude: a convergence of 1/2, and log 2 wherever the floor is out of reach.
    assert both[1] == pytest.approx(0.5 + np.log(2), rel=1e-3)
