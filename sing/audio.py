"""Waveforms on disk: 16 kHz mono 16-bit PCM, 64,000 samples a note (Section 5.1).

A sample s of 16 bits is the float s / 32768, and back: reading what was written gives the same
samples again (decisions/0001).
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from sing.errors import SingError

SAMPLE_RATE = 16_000
"""Hz."""

NOTE_SAMPLES = 64_000
"""The length of a note: 4 s."""

FULL_SCALE = 32_768

AUDIO_SUFFIXES = (".wav", ".flac")
"""The kinds of file in which a dataset may keep its notes, first choice first."""


def wav_header(samples: int) -> bytes:
    """The first 44 bytes of a WAV file with so many samples, 16 kHz mono PCM16."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + 2 * samples, b"WAVE", b"fmt ", 16),
        *(1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16),  # PCM, mono, bytes a second, a frame, bits
        *(b"data", 2 * samples),
    )


_NOTE_HEADER = wav_header(NOTE_SAMPLES)

NOTE_FILE_BYTES = len(_NOTE_HEADER) + 2 * NOTE_SAMPLES
"""The size of a note's WAV file as `write_waveform` writes it."""


def to_pcm16(waveform: NDArray[np.floating]) -> tuple[NDArray[np.int16], int]:
    """The waveform in 16 bits, and how many samples had to be clipped to fit."""
    scaled = np.rint(np.asarray(waveform, dtype=np.float64) * FULL_SCALE)
    clipped = int(np.count_nonzero((scaled > FULL_SCALE - 1) | (scaled < -FULL_SCALE)))
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16), clipped


def from_pcm16(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """16-bit samples as floats in [-1, 1)."""
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def write_waveform(path: Path, waveform: NDArray[np.floating]) -> int:
    """Write a mono waveform [T] in [-1, 1] as 16 kHz PCM16 and return its count of clipped samples.

    Raises ValueError when a sample is not finite or the waveform has more than one axis.
    """
    if waveform.ndim != 1:
        raise ValueError(f"{path}: shape {waveform.shape}, expected one axis")
    if not np.isfinite(waveform).all():
        raise ValueError(f"{path}: the waveform holds a NaN or an infinity")
    samples, clipped = to_pcm16(waveform)
    # libsndfile's errors do not tell a full disk from anything else.
    path.write_bytes(wav_header(len(samples)) + samples.astype("<i2", copy=False).tobytes())
    return clipped


def read_pcm16(path: Path) -> NDArray[np.int16]:
    """The 64,000 samples of a note's file, as they are stored.

    Raises SingError when the file is missing, is no audio, or is not a 16 kHz mono note of 4 s.
    """
    samples, fault = _read(path, "int16")
    if fault is not None:
        raise SingError(f"{path}: {fault}")
    return samples  # type: ignore[return-value]


def read_waveform(path: Path) -> NDArray[np.float32]:
    """The waveform [64000] in [-1, 1] of a note's file (integer or float samples).

    Raises SingError as `read_pcm16` does, and when a sample is not finite.
    """
    samples, fault = _read(path, "float32")
    if fault is None and not np.isfinite(samples).all():
        fault = "a sample is NaN or infinite; write the file again"
    if fault is not None:
        raise SingError(f"{path}: {fault}")
    return samples  # type: ignore[return-value]


def _read(path: Path, dtype: str) -> tuple[NDArray[np.generic], str | None]:
    samples = _read_canonical(path)
    if samples is not None:
        return (samples if dtype == "int16" else from_pcm16(samples)), None
    return _read_any(path, dtype)


def _read_canonical(path: Path) -> NDArray[np.int16] | None:
    """The samples of a file that is, byte for byte, what `write_waveform` writes; else None.

    NSynth's own files are of this form. It is five times as fast as a general reader.
    """
    if path.suffix != ".wav":
        return None
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if len(content) != NOTE_FILE_BYTES or not content.startswith(_NOTE_HEADER):
        return None
    samples = np.frombuffer(content, dtype="<i2", offset=len(_NOTE_HEADER))
    return samples.astype(np.int16, copy=False)


def _read_any(path: Path, dtype: str) -> tuple[NDArray[np.generic], str | None]:
    try:
        samples, rate = soundfile.read(path, dtype=dtype, always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        if not path.exists():
            return np.empty(0), "there is no such file; check the path"
        return np.empty(0), f"cannot be read as audio ({getattr(error, 'error_string', error)})"
    if rate != SAMPLE_RATE:
        return samples, f"{rate:,} Hz, expected 16,000 Hz; resample the file"
    if samples.shape[1] != 1:
        return samples, f"{samples.shape[1]} channels, expected mono; mix the file down"
    if len(samples) != NOTE_SAMPLES:
        return samples, (
            f"{len(samples):,} samples, expected 64,000 (4 s at 16 kHz); restore the file, or fit "
            "its length with sing-eval systems import"
        )
    return samples[:, 0], None
