"""Rainbowgrams: what frequencies a note holds over time, and how their phases turn (Figure 2).

A rainbowgram is "a CQT spectrogram with intensity of lines proportional to the log magnitude of
the power spectrum and color given by the derivative of the phase" (the NSynth paper, [4]). From
the constant-Q transform C [bins, frames], whose frames are `hop_length` samples apart:

    colour     angle(C[t] conj(C[t - 1])) / pi, in [-1, 1]; 0 in the first frame
    intensity  1 + dB(|C|^2) / 70, in [0, 1]; 0 dB is the note's maximum
    pixel      matplotlib's map `rainbow` of the colour, times the intensity

A steady partial at f Hz has one colour throughout: its phase turns by 2 pi f 256 / 16000 from one
frame to the next, so colours repeat every 62.5 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import librosa
import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from sing.audio import SAMPLE_RATE

BATCH = 16
"""Notes transformed in one call, which shares its filters; memory stays the same for any number."""

SMALLEST_POWER = 1e-13
"""The least |C|^2 that counts as sound."""


@dataclass(frozen=True)
class Settings:
    """The constants; the defaults are those of the NSynth paper's published code."""

    sample_rate: int = SAMPLE_RATE
    hop_length: int = 256
    bins_per_octave: int = 40
    octaves: int = 6
    lowest: str = "C2"
    filter_scale: float = 0.8
    range_db: float = 70.0
    demodulated: bool = False
    """Colour what is left of the phase's advance after that of the bin's own frequency."""

    @classmethod
    def wide(cls, demodulated: bool = False) -> Settings:
        """Eight octaves from A0, the lowest key of a piano, for notes below C2 (65.4 Hz)."""
        return cls(octaves=8, lowest="A0", demodulated=demodulated)

    @property
    def bins(self) -> int:
        """How many frequencies there are."""
        return self.bins_per_octave * self.octaves

    @property
    def lowest_hz(self) -> float:
        """The frequency of the lowest bin."""
        return float(librosa.note_to_hz(self.lowest))

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """The centre of each bin in Hz, lowest first."""
        return self.lowest_hz * 2 ** (np.arange(self.bins) / self.bins_per_octave)

    @property
    def repeat_hz(self) -> float:
        """How far apart two frequencies of the same colour are: 62.5 Hz."""
        return self.sample_rate / self.hop_length


PAPER = Settings()


def rainbowgrams(waveforms: NDArray[np.float32], settings: Settings = PAPER) -> NDArray[np.uint8]:
    """The rainbowgrams [B, bins, frames, 3] (RGB, lowest frequency first) of waveforms [B, T].

    A silent waveform's is black. Raises ValueError when a waveform holds a NaN or an infinity.
    """
    if waveforms.ndim != 2:
        raise ValueError(f"shape {waveforms.shape}, expected [B, T]")
    frames = 1 + waveforms.shape[1] // settings.hop_length
    pictures = np.empty((len(waveforms), settings.bins, frames, 3), dtype=np.uint8)
    for start in range(0, len(waveforms), BATCH):
        for row, transform in enumerate(constant_q(waveforms[start : start + BATCH], settings)):
            pictures[start + row] = picture(transform, settings)
    return pictures


def constant_q(
    waveforms: NDArray[np.float32], settings: Settings = PAPER, sparsity: float = 0.01
) -> NDArray[np.complex64]:
    """The constant-Q transforms [B, bins, frames] of a batch of waveforms [B, T].

    `sparsity` is the share of each filter's magnitude that librosa leaves out to be faster.
    """
    if not np.isfinite(waveforms).all():
        raise ValueError("a waveform holds a NaN or an infinity")
    transforms: NDArray[np.complex64] = librosa.cqt(
        waveforms,
        sr=settings.sample_rate,
        hop_length=settings.hop_length,
        fmin=settings.lowest_hz,
        n_bins=settings.bins,
        bins_per_octave=settings.bins_per_octave,
        filter_scale=settings.filter_scale,
        sparsity=sparsity,
    )
    return transforms


def picture(transform: NDArray[np.complex64], settings: Settings = PAPER) -> NDArray[np.uint8]:
    """The rainbowgram [bins, frames, 3] of one transform [bins, frames]."""
    transform = np.ascontiguousarray(transform)  # librosa's lie frame after frame
    levels = intensity(transform, settings)
    entries = _entries(phase_advance(transform, settings))
    pixels = np.empty((*transform.shape, 3), dtype=np.uint8)
    for channel, shades in enumerate(_rainbow().T):
        pixels[..., channel] = np.rint(255 * shades.take(entries) * levels)
    return pixels


def phase_advance(
    transform: NDArray[np.complex64], settings: Settings = PAPER
) -> NDArray[np.float32]:
    """How far the phase turns from one frame to the next, over pi: [bins, frames] in [-1, 1]."""
    turned = transform[:, 1:] * transform[:, :-1].conj()
    if settings.demodulated:
        seconds = settings.hop_length / settings.sample_rate
        own = np.exp(-2j * np.pi * settings.frequencies * seconds)
        turned = turned * own[:, None].astype(np.complex64)
    advance = np.zeros(transform.shape, dtype=np.float32)
    advance[:, 1:] = np.angle(turned) / np.pi
    return advance


def intensity(transform: NDArray[np.complex64], settings: Settings = PAPER) -> NDArray[np.float32]:
    """Brightness [bins, frames] in [0, 1]: 1 at the note's maximum, 0 from 70 dB below it."""
    power = transform.real**2 + transform.imag**2
    decibels = librosa.power_to_db(power, ref=np.max, amin=SMALLEST_POWER, top_db=settings.range_db)
    levels = np.clip(1 + decibels / settings.range_db, 0, 1)
    # Silence is as loud as its own maximum: without this it would be the brightest of all.
    return np.where(power > SMALLEST_POWER, levels, 0).astype(np.float32)


def rainbow(advance: NDArray[np.floating]) -> NDArray[np.float32]:
    """The colours [..., 3] of phase advances in [-1, 1]."""
    return _rainbow()[_entries(advance)]


@cache
def _rainbow() -> NDArray[np.float32]:
    """The colours [256, 3] of matplotlib's map, from -1 to 1."""
    return colormaps["rainbow"](np.arange(256))[:, :3].astype(np.float32)


def _entries(advance: NDArray[np.floating]) -> NDArray[np.intp]:
    """The entry of the map for each colour, as matplotlib chooses it for limits -1 and 1."""
    entries: NDArray[np.intp] = np.clip((advance + 1) * 128, 0, 255).astype(np.intp)
    return entries
