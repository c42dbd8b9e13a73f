"""The classifier's network: four convolutions, 64 features, a head for pitch and one for family."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from eval_suite.classifier.spectrogram import BANDS, RelativeSpectrogram

CHANNELS = (24, 32, 48, 64)
FEATURES = 64
"""The width of what Fréchet and kernel distances compare."""


class Answers(NamedTuple):
    """The features [B, 64] of notes, and the heads' logits [B, pitches] and [B, families]."""

    features: Tensor
    pitch: Tensor
    family: Tensor


class Network(nn.Module):
    """Waveforms [B, T] in, features and logits out.

    Each of the first three convolutions halves time and frequency. At the end the mean over time
    remains, so that a note's length matters little, but where in frequency something is does.
    """

    def __init__(self, pitches: int, families: int) -> None:
        super().__init__()
        self.spectrogram = RelativeSpectrogram()
        first, *others = CHANNELS
        layers = _convolution(1, first, kernel=5, stride=2)
        for before, width in zip(CHANNELS, others, strict=False):
            layers += _convolution(before, width)
            if width != CHANNELS[-1]:
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.convolutions = nn.Sequential(*layers)
        bands = BANDS // 2 ** (len(CHANNELS) - 1)
        self.embedding = nn.Linear(CHANNELS[-1] * bands, FEATURES)
        self.pitch = nn.Linear(FEATURES, pitches)
        self.family = nn.Linear(FEATURES, families)

    def forward(self, waveforms: Tensor, filters: Tensor | None = None) -> Answers:
        """The features are taken before the last ReLU, where they are nearest to Gaussian.

        `filters` [B, 2049, 192] are for the spectrogram, when the note shall look changed.
        """
        maps = self.convolutions(self.spectrogram(waveforms, filters))
        features = self.embedding(maps.mean(2).flatten(1))
        hidden = functional.relu(features)
        return Answers(features, self.pitch(hidden), self.family(hidden))


def _convolution(before: int, width: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(before, width, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]


def new_network(pitches: int, families: int, seed: int) -> Network:
    """A network with random parameters that follow from the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(pitches, families)
