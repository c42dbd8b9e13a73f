"""The convolutional decoder that makes the waveform (Section 4.2)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from sing.config import ModelConfig
from sing.losses import HOP_LENGTH, overlap_add
from sing.model.framing import CONTEXT_FRAMES, FRAME_SAMPLES, TRIM, squared_hann


class Synthesis(nn.Module):
    """The transposed convolution: each frame is a sum of C smoothed filters of 1024 samples."""

    window: Tensor

    def __init__(self, channels: int, smooth_filters: bool) -> None:
        super().__init__()
        # torch's own initialisation of ConvTranspose1d(C, 1, 1024), whose fan-in is 1024.
        bound = 1 / math.sqrt(FRAME_SAMPLES)
        self.weight = nn.Parameter(torch.empty(channels, FRAME_SAMPLES).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(1).uniform_(-bound, bound))
        window = squared_hann() if smooth_filters else torch.ones(FRAME_SAMPLES)
        self.register_buffer("window", window, persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Frames [B, M, 1024] of activations [B, M, C], not yet added up; no bias yet."""
        return linear(hidden, (self.weight * self.window).T)


class Decoder(nn.Module):
    """d(s): a 9-tap convolution, two 1x1 convolutions and a transposed convolution."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels = config.decoder_channels
        self.context = nn.Conv1d(config.code_channels, channels, CONTEXT_FRAMES)
        self.pointwise_1 = nn.Linear(channels, channels)
        self.pointwise_2 = nn.Linear(channels, channels)
        self.synthesis = Synthesis(channels, config.smooth_filters)

    @property
    def relu_layers(self) -> tuple[nn.Conv1d, nn.Linear, nn.Linear]:
        """The layers that a ReLU follows."""
        return self.context, self.pointwise_1, self.pointwise_2

    def frames(self, codes: Tensor) -> Tensor:
        """Codes [B, N, D] -> windowed frames [B, N - 8, 1024], to be added at hops of 256."""
        hidden = self.context(codes.transpose(1, 2)).transpose(1, 2).relu()
        hidden = self.pointwise_1(hidden).relu()
        hidden = self.pointwise_2(hidden).relu()
        result: Tensor = self.synthesis(hidden)
        return result

    def forward(self, codes: Tensor) -> Tensor:
        """Codes [B, N, D] -> waveform [B, 256 (N - 11)]: 65,024 samples for N = 265."""
        frames = self.frames(codes).float()  # under autocast they come in bfloat16
        samples = HOP_LENGTH * (frames.shape[1] - 1) + FRAME_SAMPLES
        summed = overlap_add(frames, samples) + self.synthesis.bias
        return summed[:, TRIM:-TRIM]
