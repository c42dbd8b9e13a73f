"""One note, 256 samples at a time, as soon as they are final.

What is carried from block to block: the LSTM's state, the last 8 codes (with each new one they
make the 9 that the decoder's first layer sees) and the frames that reach into blocks to come,
already added up:

    frame b + 2   |--------|--------|--------|-########|
    frame b + 3            |--------|--------|-########|--------|
    frame b + 4                     |--------|-########|--------|--------|
    frame b + 5                              |-########|--------|--------|--------|
    block b                                  |-########|<- 768 samples carried  ->|
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import linear

from sing.audio import NOTE_SAMPLES, SAMPLE_RATE
from sing.generate.engine import (
    FIRST_BLOCK_STEPS,
    FIRST_CODE,
    NOTE_BLOCKS,
    OVERLAP,
    Engine,
)
from sing.losses import HOP_LENGTH, overlap_add
from sing.model.framing import CONTEXT_FRAMES

BLOCK_SAMPLES = HOP_LENGTH
"""Samples in a block, 16 ms: what one more LSTM step makes final."""

MOST_BLOCKS = 16
"""Blocks computed together at most: 256 ms of sound, which read each weight once."""


class Streamer:
    """The sound of one note, from its start; `key` [3] are its indices as Vocabulary gives them."""

    def __init__(self, engine: Engine, key: Tensor) -> None:
        self._engine = engine
        self._keys = key.to(engine.device).view(1, 3)
        lstm = engine.sequence.lstm
        self._layers = [
            (input_weight, recurrent_weight.T, (input_bias + recurrent_bias).detach())
            for input_weight, recurrent_weight, input_bias, recurrent_bias in lstm.all_weights
        ]
        zero = torch.zeros(1, lstm.hidden_size, device=engine.device)
        self._states = [(zero, zero)] * lstm.num_layers
        self._steps = 0
        self._codes = torch.empty(0, engine.sequence.projection.out_features, device=engine.device)
        self._pending = torch.zeros(OVERLAP * HOP_LENGTH, device=engine.device)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """The note's 250 blocks of 256 samples.

        The first is computed alone, to be there at once, then twice as many together each time,
        up to `MOST_BLOCKS`: they are computed while the ones before are heard.
        """
        done, together = 0, 1
        while done < NOTE_BLOCKS:
            yield from self.advance(together).reshape(together, BLOCK_SAMPLES)
            done += together
            together = min(2 * together, MOST_BLOCKS, NOTE_BLOCKS - done)

    def advance(self, blocks: int) -> NDArray[np.float32]:
        """The samples [256 * blocks] of the next blocks. Raises ValueError past the note's end."""
        is_first = self._steps == 0
        done = 0 if is_first else self._steps - FIRST_BLOCK_STEPS + 1
        if not 0 < blocks <= NOTE_BLOCKS - done:
            raise ValueError(f"{blocks} blocks asked for, {NOTE_BLOCKS - done} are left")
        with torch.inference_mode():
            codes = self._next_codes(blocks + FIRST_BLOCK_STEPS - 1 if is_first else blocks)
            known = torch.cat([self._codes, codes[FIRST_CODE:] if is_first else codes])
            self._codes = known[-(CONTEXT_FRAMES - 1) :]
            frames = self._engine.frames(known.unsqueeze(0))
            summed = overlap_add(frames, HOP_LENGTH * (frames.shape[1] + OVERLAP))[0]
            summed[: len(self._pending)] += self._pending
            # The first frames begin before the note does.
            begin = OVERLAP * HOP_LENGTH if is_first else 0
            end = begin + BLOCK_SAMPLES * blocks
            self._pending = summed[end:]
            return (summed[begin:end] + self._engine.bias).cpu().numpy()

    def _next_codes(self, steps: int) -> Tensor:
        """The next codes [steps, D]: layer by layer, so that input weights are read only once.

        torch's LSTM would reorder all its weights at every call, which takes longer than a step.
        """
        sequence = self._engine.sequence
        rows: Tensor = sequence.embeddings(self._keys, self._steps, self._steps + steps)[0]
        for place, (input_weight, recurrent_weight, bias) in enumerate(self._layers):
            gates = linear(rows, input_weight, bias)
            hidden, cell = self._states[place]
            hiddens = []
            for step in range(steps):
                gate = torch.addmm(gates[step : step + 1], hidden, recurrent_weight)
                input_gate, forget_gate, cell_gate, output_gate = gate.chunk(4, dim=1)
                cell = forget_gate.sigmoid() * cell + input_gate.sigmoid() * cell_gate.tanh()
                hidden = output_gate.sigmoid() * cell.tanh()
                hiddens.append(hidden)
            self._states[place] = (hidden, cell)
            rows = torch.cat(hiddens)
        self._steps += steps
        codes: Tensor = sequence.projection(rows)
        return codes


@dataclass
class Clock:
    """When the blocks of a note were there, in seconds of computing."""

    first_block: float = 0.0
    whole_note: float = 0.0
    latest: float = 0.0

    @property
    def real_time_factor(self) -> float:
        """Seconds of computing for a second of sound: below 1 is faster than real time."""
        return self.whole_note * SAMPLE_RATE / NOTE_SAMPLES

    def timed(self, blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """Yield the blocks, noting when each was there; the time of their taker is not counted.

        `latest` is how much later than due the most belated block was for a listener who hears the
        first one as soon as it is there, and who takes no time to ask for the next.
        """
        spent, began = 0.0, time.perf_counter()
        for place, block in enumerate(blocks):
            spent += time.perf_counter() - began
            if place == 0:
                self.first_block = spent
            due = self.first_block + place * BLOCK_SAMPLES / SAMPLE_RATE
            self.latest = max(self.latest, spent - due)
            self.whole_note = spent
            yield block
            began = time.perf_counter()
