"""A synthesizer made ready to generate: all that follows from the weights alone is done once.

Of the 257 decoded frames of `sing.model.framing` only those that reach the note are computed:

    decoded     0  1  [2  3  ...              ...  253  254]  255  256       253 of 257
    codes              2  3  ...                       ...  262              LSTM steps 0 to 262
    block b of 256 samples needs the decoded frames b + 2 to b + 5, so the codes up to b + 13

The LSTM is torch's own: a loop of cells in which the products with instrument, pitch and velocity
are made once took 1.5 to 4 times as long (benchmarks/generation_speed.py), and those are 0.2 % of
the work.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from sing.audio import NOTE_SAMPLES
from sing.losses import HOP_LENGTH, overlap_add
from sing.model.framing import CONTEXT_FRAMES, FRAME_SAMPLES, NOTE_CROP, TRIM
from sing.model.sing import Synthesizer

OVERLAP = FRAME_SAMPLES // HOP_LENGTH - 1
"""Frames before a block of 256 samples that still reach it: 3."""

FIRST_CODE = (TRIM + NOTE_CROP) // HOP_LENGTH - OVERLAP
"""The first code, and the first decoded frame, that reach the note: 2."""

NOTE_BLOCKS = NOTE_SAMPLES // HOP_LENGTH
"""Blocks of 256 samples in a note: 250."""

FIRST_BLOCK_STEPS = FIRST_CODE + OVERLAP + CONTEXT_FRAMES
"""LSTM steps before the first block is final: 14. Every further block takes one."""

NOTE_STEPS = FIRST_BLOCK_STEPS + NOTE_BLOCKS - 1
"""LSTM steps of a note: 263, as the last two of the 265 codes reach none of its samples."""


class Engine:
    """The LSTM and the decoder of a synthesizer, with the window already on the last filters."""

    def __init__(self, synthesizer: Synthesizer) -> None:
        self.sequence = synthesizer.sequence.eval()
        self._decoder = synthesizer.decoder.eval()
        synthesis = self._decoder.synthesis
        self._filters = (synthesis.weight * synthesis.window).detach()

    @property
    def bias(self) -> Tensor:
        """What is added to every sample, once, after the frames are added up: [1]."""
        return self._decoder.synthesis.bias

    @property
    def device(self) -> torch.device:
        """Where the engine computes."""
        return self._filters.device

    def generate(self, keys: Tensor) -> Tensor:
        """Notes [B, 64000] of keys [B, 3] (instrument, pitch, velocity indices)."""
        with torch.inference_mode():
            codes, _ = self.sequence(keys, 0, NOTE_STEPS)
            frames = self.frames(codes[:, FIRST_CODE:])
            summed = overlap_add(frames, HOP_LENGTH * (frames.shape[1] + OVERLAP))
            note: Tensor = summed[:, TRIM:-TRIM] + self.bias
            return note

    def frames(self, codes: Tensor) -> Tensor:
        """Codes [B, N, D] -> windowed frames [B, N - 8, 1024], as `Decoder.frames` gives them."""
        context, *pointwise = (
            self._decoder.context,
            self._decoder.pointwise_1,
            self._decoder.pointwise_2,
        )
        hidden: Tensor = context(codes.transpose(1, 2)).transpose(1, 2)
        batch, count, channels = hidden.shape
        hidden = hidden.reshape(batch * count, channels).relu_()
        for layer in pointwise:
            hidden = linear(hidden, layer.weight, layer.bias).relu_()
        return (hidden @ self._filters).view(batch, count, FRAME_SAMPLES)
