"""Griffin-Lim: the reference's magnitudes with the phase estimated anew.

It is the ceiling of every method that predicts magnitudes alone. The iteration (Griffin and Lim,
1984) goes to and fro between the spectrograms with the right magnitudes and those that some
waveform has; the momentum of Perraudin, Balazs and Søndergaard (2013), "A fast Griffin-Lim
algorithm", makes it several times faster.

      magnitudes, random phase
                  |
                  v                     x' = x - m / (1 + m) x_previous
       spectrogram -> inverse STFT -> x ------------------------------> STFT -+
            ^                                                                 |
            +----------- the reference's magnitudes, this phase --------------+
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eval_suite.baselines.trivial import note_generator
from eval_suite.sources import Sounds, Source
from sing.audio import from_pcm16, to_pcm16
from sing.losses import HOP_LENGTH, N_FFT
from sing.notes import Note

ITERATIONS = 32
MOMENTUM = 0.99

EDGE = N_FFT - HOP_LENGTH
"""Zeros before and behind the waveform, so that four frames cover each of its samples: without
them the first sample stands only where the window is 0, and those after it nearly so."""

_OVERLAP = N_FFT // HOP_LENGTH
_NEXT_TO_NOTHING = np.float32(1e-20)
_SQUARED_WINDOWS = 1.5
"""What the squared Hann windows over a sample add up to (decisions/0004)."""


def reestimate_phase(
    waveform: NDArray[np.float32],
    generator: np.random.Generator,
    iterations: int = ITERATIONS,
    momentum: float = MOMENTUM,
) -> NDArray[np.float32]:
    """A waveform [T] with (nearly) the STFT magnitudes of this one, which is all it is told of it.

    The frames are those of `sing.losses` and, at both ends, three more that reach into silence.
    `generator` draws the phases to start from. Raises ValueError when T is not a whole number of
    hops.
    """
    if waveform.ndim != 1 or len(waveform) % HOP_LENGTH or not len(waveform):
        raise ValueError(f"expected [T] with T a multiple of {HOP_LENGTH}, got {waveform.shape}")
    padded = torch.nn.functional.pad(torch.from_numpy(waveform), (EDGE, EDGE))
    magnitude = _stft(padded).abs()
    phase = torch.from_numpy(generator.random(tuple(magnitude.shape), dtype=np.float32))
    spectrogram = torch.polar(magnitude, phase.mul_(2 * torch.pi))
    previous = None
    for _ in range(iterations):
        estimate = _inverse_stft(spectrogram)
        # The STFT is linear: taking the step on waveforms spares a spectrogram of memory traffic.
        ahead = estimate
        if previous is not None:
            ahead = torch.add(estimate, previous, alpha=-momentum / (1 + momentum))
        previous = estimate
        spectrogram = _with_magnitude(_stft(ahead), magnitude)
    found: NDArray[np.float32] = _inverse_stft(spectrogram)[EDGE:-EDGE].numpy()
    return found


def _stft(padded: Tensor) -> Tensor:
    """[frames, 513], complex, of a padded waveform."""
    spectrogram: Tensor = torch.fft.rfft(padded.unfold(0, N_FFT, HOP_LENGTH) * _windows()[0])
    return spectrogram


def _inverse_stft(spectrogram: Tensor) -> Tensor:
    """The padded waveform whose STFT is nearest to the spectrogram, silent at its edges."""
    frames = torch.fft.irfft(spectrogram, n=N_FFT).mul_(_windows()[1])
    hops = frames.view(len(frames), _OVERLAP, HOP_LENGTH)
    total = torch.zeros(len(frames) + _OVERLAP - 1, HOP_LENGTH)
    for part in range(_OVERLAP):
        total[part : part + len(frames)] += hops[:, part]
    padded = total.view(-1)
    padded[:EDGE] = 0
    padded[-EDGE:] = 0
    return padded


def _with_magnitude(spectrogram: Tensor, magnitude: Tensor) -> Tensor:
    """The spectrogram, changed in place: its phases, the given magnitudes."""
    # numpy's magnitude of complex numbers is 13 times as fast as torch's (decisions/0007), and
    # torch's product with real ones twice as fast as numpy's.
    scale: NDArray[np.float32] = np.abs(spectrogram.numpy())
    scale += _NEXT_TO_NOTHING
    np.divide(magnitude.numpy(), scale, out=scale)
    return spectrogram.mul_(torch.from_numpy(scale))


@lru_cache(maxsize=1)
def _windows() -> tuple[Tensor, Tensor]:
    """The window of the analysis and that of the synthesis."""
    window = torch.hann_window(N_FFT, periodic=True)
    return window, window / _SQUARED_WINDOWS


@dataclass(frozen=True)
class GriffinLim:
    """The reference's magnitudes with the phase estimated anew, stored in 16 bits."""

    reference: Source
    seed: int
    name: str = "griffin-lim"

    def covers(self, note: Note) -> bool:
        """Whether the reference has the note."""
        return self.reference.covers(note)

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """Waveforms [B, 64000]: a note's is the same in every batch.

        What the reference lacks, or has too large for its spectrum to be a number, is a fault.
        """
        found = self.reference.sounds(notes)
        waveforms = np.zeros_like(found.waveforms)
        faults = dict(found.faults)
        # Note by note: its arrays of a megabyte stay in the cache.
        for row in set(range(len(notes))).difference(faults):
            estimate = reestimate_phase(found.waveforms[row], note_generator(self.seed, notes[row]))
            if np.isfinite(estimate).all():
                waveforms[row] = from_pcm16(to_pcm16(estimate)[0])
            else:
                faults[row] = f"{notes[row].name}: too large for its spectrum to be a number"
        return Sounds(waveforms, faults)

    def facts(self) -> dict[str, Any]:
        """What it is, for the provenance."""
        return {
            "kind": "baseline",
            "seed": self.seed,
            "iterations": ITERATIONS,
            "momentum": MOMENTUM,
        }
