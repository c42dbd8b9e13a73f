"""The convolutional encoder, almost the mirror of the decoder (Section 4.3)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import linear

from sing.config import ModelConfig
from sing.losses import HOP_LENGTH
from sing.model.framing import FRAME_SAMPLES, squared_hann


class Encoder(nn.Module):
    """e(x): frames of 1024 samples at hops of 256, each through four layers to D channels.

    After framing all layers act on single frames, so they are matrix products on [B, N, channels].
    """

    window: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels = config.decoder_channels
        self.analysis = nn.Linear(FRAME_SAMPLES, channels)
        self.pointwise_1 = nn.Linear(channels, channels)
        self.pointwise_2 = nn.Linear(channels, channels)
        self.projection = nn.Linear(channels, config.code_channels)
        window = squared_hann() if config.smooth_filters else squared_hann().new_ones(FRAME_SAMPLES)
        self.register_buffer("window", window, persistent=False)

    @property
    def relu_layers(self) -> tuple[nn.Linear, ...]:
        """The layers that a ReLU follows."""
        return self.analysis, self.pointwise_1, self.pointwise_2

    def forward(self, padded: Tensor) -> Tensor:
        """Codes [B, N, D] of padded waveforms [B, 1024 + 256 (N - 1)]; N = 265 for a note."""
        frames = padded.unfold(1, FRAME_SAMPLES, HOP_LENGTH)
        codes = linear(frames, self.analysis.weight * self.window, self.analysis.bias).relu()
        codes = self.pointwise_1(codes).relu()
        codes = self.pointwise_2(codes).relu()
        result: Tensor = self.projection(codes)
        return result
