"""The LSTM that turns a note's key into a sequence of codes (Section 4.1)."""

from __future__ import annotations

from torch import Tensor, nn

from sing.config import ModelConfig
from sing.model.embeddings import Embeddings
from sing.model.framing import NOTE_FRAMES
from sing.model.recurrence import State, blocked_lstm, is_faster_blocked


class SequenceGenerator(nn.Module):
    """s(V, I, P): embeddings, a 3-layer LSTM from a zero state, and a linear layer on top."""

    def __init__(
        self, config: ModelConfig, instruments: int, pitches: int, velocities: int
    ) -> None:
        super().__init__()
        self.embeddings = Embeddings(config, instruments, pitches, velocities)
        self.lstm = nn.LSTM(
            self.embeddings.channels, config.hidden_channels, config.lstm_layers, batch_first=True
        )
        self.projection = nn.Linear(config.hidden_channels, config.code_channels)

    def forward(
        self, keys: Tensor, start: int = 0, stop: int = NOTE_FRAMES, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Codes of the frames `start` to `stop`, and the state after them.

        `keys` [B, 3] holds indices (instrument, pitch, velocity); `state` is the one after frame
        `start - 1`, None for the zero state. Returns codes [B, stop - start, D].
        """
        inputs = self.embeddings(keys, start, stop)
        if is_faster_blocked(self.lstm, inputs):
            hidden, state = blocked_lstm(self.lstm, inputs, state)
        else:
            hidden, state = self.lstm(inputs, state)
        return self.projection(hidden), state
