"""8-bit mu-law as the WaveNet autoencoder has it: what its quantisation alone costs.

The code of a sample x is q = floor(sign(x) ln(1 + 255 |x|) / ln 256 * 128), from -128 to 127. Its
inverse takes the middle of the step, y = (q + 0.5) / 128 and x = sign(y) (256^|y| - 1) / 255,
except that q = 0 is silence exactly. This is not the usual mu-law: the step of q = 0 lies above
zero and that of q = -1 below, and no code reaches beyond 0.9785.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval_suite.sources import Sounds, Source
from sing.audio import from_pcm16, to_pcm16
from sing.notes import Note

MU = 255
STEPS = 128
"""Codes on each side of zero."""


def encode(waveform: NDArray[np.floating]) -> NDArray[np.int16]:
    """The codes of samples in [-1, 1], of the same shape; beyond, the nearest code.

    A sample of 1.0 would have the code 128, which is one too many for 8 bits: it gets 127.
    """
    samples = np.asarray(waveform, dtype=np.float64)
    compressed = np.sign(samples) * np.log1p(MU * np.abs(samples)) / np.log(MU + 1)
    codes: NDArray[np.float64] = np.clip(np.floor(compressed * STEPS), -STEPS, STEPS - 1)
    return codes.astype(np.int16)


def decode(codes: NDArray[np.integer]) -> NDArray[np.float32]:
    """The samples that codes stand for, of the same shape, in [-0.9785, 0.9785]."""
    middles = (np.asarray(codes, dtype=np.float64) + 0.5) / STEPS
    expanded = np.sign(middles) * np.expm1(np.abs(middles) * np.log(MU + 1)) / MU
    return np.where(np.asarray(codes) == 0, 0.0, expanded).astype(np.float32)


@dataclass(frozen=True)
class MuLaw8:
    """The reference in 8-bit mu-law and back, stored in 16 bits as every system is."""

    reference: Source
    name: str = "mulaw8"

    def covers(self, note: Note) -> bool:
        """Whether the reference has the note."""
        return self.reference.covers(note)

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """The quantised waveforms [B, 64000]; what the reference lacks is a fault."""
        found = self.reference.sounds(notes)
        waveforms = np.zeros_like(found.waveforms)
        for row in set(range(len(notes))).difference(found.faults):
            waveforms[row] = from_pcm16(to_pcm16(decode(encode(found.waveforms[row])))[0])
        return Sounds(waveforms, found.faults)

    def facts(self) -> dict[str, Any]:
        """What it is, for the provenance."""
        return {"kind": "baseline", "mu": MU, "codes": 2 * STEPS}
