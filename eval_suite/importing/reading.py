"""Any audio file as 16 kHz mono: any rate, channels and bit depth, as libsndfile reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from sing.audio import SAMPLE_RATE
from sing.errors import SingError

LONGEST_SECONDS = 60
"""A longer file is no note, and would have to be held in memory."""

LOSSY = ("MPEG_LAYER", "VORBIS", "OPUS")

_OPEN_END = 0x7FFF_0000
"""A WAV header promises no bytes, or at least so many, when its writer could not go back to it."""


@dataclass(frozen=True)
class ZeroTail:
    """The exactly zero samples at a waveform's end: where they start and how long, in seconds."""

    start: float
    seconds: float
    level_before: float
    """The largest sample in the 20 ms before, 0 when there are none."""


@dataclass(frozen=True)
class Sound:
    """A file's waveform [T] at 16 kHz, and what the file was; `tail` is at its own rate."""

    waveform: NDArray[np.float64]
    encoding: str
    sample_rate: int
    channels: int
    samples: int
    tail: ZeroTail


def read_sound(path: Path) -> Sound:
    """Read a file, average its channels and resample it with soxr's best filter.

    Floating-point samples are taken as they are. 16 kHz mono samples come back unchanged. Raises
    SingError for what is no audio, is cut short, empty, not finite, or longer than a minute.
    """
    if not path.is_file():
        fault = "not a regular file" if path.exists() else "there is no such file"
        raise SingError(f"{path}: {fault}; check the path")
    samples, rate, encoding = _decode(path)
    if not np.isfinite(samples).all():
        broken = np.count_nonzero(~np.isfinite(samples))
        raise SingError(f"{path}: {broken:,} samples are NaN or infinite; make the file again")
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    waveform = mono if rate == SAMPLE_RATE else soxr.resample(mono, rate, SAMPLE_RATE, "VHQ")
    shape = (rate, samples.shape[1], len(samples))
    return Sound(waveform, encoding, *shape, zero_tail(mono, rate))


def length_at_sample_rate(path: Path) -> int | None:
    """How many samples the file will have at 16 kHz, by its header; None if it has none."""
    try:
        about = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError):
        return None
    frames: int = about.frames
    rate: int = about.samplerate
    return math.floor(frames * SAMPLE_RATE / rate + 0.5)


def zero_tail(waveform: NDArray[np.floating], rate: int) -> ZeroTail:
    """The zeros at the end of a waveform [T] of `rate` Hz."""
    sounding = np.flatnonzero(waveform)
    start = int(sounding[-1]) + 1 if sounding.size else 0
    before = waveform[max(0, start - rate // 50) : start]
    level = float(np.abs(before).max(initial=0.0))
    return ZeroTail(start / rate, (len(waveform) - start) / rate, level)


def _decode(path: Path) -> tuple[NDArray[np.float64], int, str]:
    """The samples [T, channels], their rate in Hz and the file's encoding."""
    try:
        with soundfile.SoundFile(path) as file:
            rate, promised = file.samplerate, file.frames
            if promised > LONGEST_SECONDS * rate:
                raise SingError(f"{path}: {promised / rate:,.0f} s long, so not a note of 4 s")
            samples = file.read(dtype="float64", always_2d=True)
            encoding = f"{file.format} {file.subtype}"
    except (soundfile.LibsndfileError, OSError) as error:
        raise SingError(f"{path}: {_no_audio(error)}") from None
    missing = _missing_bytes(path)
    if missing or len(samples) < promised:
        what = f"{missing:,} bytes" if missing else f"{promised - len(samples):,} samples"
        raise SingError(f"{path}: cut short, {what} are missing; copy the file again")
    if not len(samples):
        raise SingError(f"{path}: holds no samples; make the file again")
    return samples, rate, encoding


def _no_audio(error: Exception) -> str:
    reason = getattr(error, "error_string", str(error)).rstrip(". ")
    return f"cannot be read as audio ({reason or 'broken off'})"


def _missing_bytes(path: Path) -> int:
    """What a WAV file lacks of its header's promise; libsndfile reads the rest without a word."""
    with path.open("rb") as file:
        header = file.read(8)
    promised = int.from_bytes(header[4:8], "little")
    if header[:4] != b"RIFF" or promised == 0 or promised >= _OPEN_END:
        return 0
    return max(0, promised + 8 - path.stat().st_size)
