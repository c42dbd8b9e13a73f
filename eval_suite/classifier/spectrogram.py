"""What the classifier sees of a note: power in bands of a quarter tone, relative to the loudest.

On a logarithmic axis of frequency a change of pitch is a shift, which a convolution takes as such.
Levels are relative to the note's own loudest band, so a gain changes nothing: velocity and
loudness are for other metrics.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sing.audio import SAMPLE_RATE

N_FFT = 4096
"""0.26 s: long enough to tell semitones apart from their partials, down to the lowest notes."""

HOP_LENGTH = 2048

BANDS_PER_OCTAVE = 24
BANDS = 192
LOWEST_HZ = 440 * 2 ** ((23 - 69) / 12)  # MIDI 23; eight octaves higher is 7.9 kHz

RANGE_DB = 70.0
"""Below this under the loudest band there is nothing to judge: 16 bits of a soft note end there."""


class RelativeSpectrogram(nn.Module):
    """Waveforms [B, T] to levels [B, 1, frames, 192] from -1 (70 dB under the loudest) to 1."""

    _window: Tensor
    _filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        window = torch.hann_window(N_FFT, periodic=True)
        self.register_buffer("_window", window, persistent=False)
        self.register_buffer("_filters", band_filters(), persistent=False)

    def forward(self, waveforms: Tensor, filters: Tensor | None = None) -> Tensor:
        """Silence is -1 everywhere; a waveform must be finite.

        `filters` are other ones than `band_filters()`, for each waveform its own, [B, 2049, 192].
        """
        # The smallest normal number: silence stays 0, and no note's peak comes near it.
        tiny = torch.finfo(waveforms.dtype).tiny
        peaks = waveforms.abs().amax(1, keepdim=True).clamp(min=tiny)
        frames = (waveforms / peaks).unfold(1, N_FFT, HOP_LENGTH) * self._window
        spectrum = torch.fft.rfft(frames)
        power = spectrum.real.square() + spectrum.imag.square()
        power = power @ (self._filters if filters is None else filters)
        relative = power / power.amax((1, 2), keepdim=True).clamp(min=tiny)
        decibels = 10 * relative.clamp(min=10 ** (-RANGE_DB / 10)).log10()
        levels: Tensor = 1 + 2 * decibels / RANGE_DB
        return levels[:, None]


def band_filters(detuning_cents: float = 0) -> Tensor:
    """Triangles over the 2049 bins of the STFT, one a band, each with the sum 1, [2049, 192].

    A triangle reaches to its neighbours' centres, but at least one bin to each side: the lowest
    bands are narrower than a bin and interpolate. Through detuned filters a note looks as if it
    were so many cents higher.
    """
    frequencies = torch.arange(N_FFT // 2 + 1, dtype=torch.float64) * SAMPLE_RATE / N_FFT
    octaves = torch.arange(BANDS, dtype=torch.float64) / BANDS_PER_OCTAVE - detuning_cents / 1200
    centres = LOWEST_HZ * torch.exp2(octaves)
    widths = (centres * (2 ** (1 / BANDS_PER_OCTAVE) - 1)).clamp(min=SAMPLE_RATE / N_FFT)
    triangles = (1 - (frequencies[:, None] - centres).abs() / widths).clamp(min=0)
    return (triangles / triangles.sum(0)).float()
