"""The four look-up tables whose rows are the LSTM's input (Section 4.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sing.config import ModelConfig
from sing.model.framing import NOTE_FRAMES


class Embeddings(nn.Module):
    """(u_V, v_I, w_P, z_T) for every frame, in the public implementation's order: I, P, V, T."""

    def __init__(
        self, config: ModelConfig, instruments: int, pitches: int, velocities: int
    ) -> None:
        super().__init__()
        self.instrument = nn.Embedding(instruments, config.instrument_channels)
        self.pitch = nn.Embedding(pitches, config.pitch_channels)
        self.velocity = nn.Embedding(velocities, config.velocity_channels)
        self.time = (
            nn.Embedding(NOTE_FRAMES, config.time_channels) if config.time_embedding else None
        )

    @property
    def channels(self) -> int:
        """The width of one frame's input: 30 in the paper, 26 without the time embedding."""
        tables = (self.instrument, self.pitch, self.velocity, self.time)
        return sum(table.embedding_dim for table in tables if table is not None)

    def note(self, keys: Tensor) -> Tensor:
        """The part that stays the same during a note: keys [B, 3] -> [B, 26]."""
        instrument, pitch, velocity = keys.unbind(1)
        return torch.cat(
            [self.instrument(instrument), self.pitch(pitch), self.velocity(velocity)], dim=1
        )

    def forward(self, keys: Tensor, start: int = 0, stop: int = NOTE_FRAMES) -> Tensor:
        """Inputs of the frames `start` to `stop` of notes.

        `keys` [B, 3] holds indices (instrument, pitch, velocity). Returns [B, stop - start, 30].
        """
        note = self.note(keys).unsqueeze(1).expand(-1, stop - start, -1)
        if self.time is None:
            return note
        time = self.time.weight[start:stop].unsqueeze(0).expand(len(keys), -1, -1)
        return torch.cat([note, time], dim=2)
