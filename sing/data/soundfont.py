"""Single notes of a General MIDI SoundFont, rendered in NSynth's protocol (Section 5.1).

A note is held for 3 s and released for 1 s, at 16 kHz, mono:

    48 kHz stereo --mean--> mono --3:1 FIR--> 16 kHz --shelf(velocity)--> fade-out --gain--> [T]

One gain for all notes of an instrument, so that a soft note stays soft beside a hard one.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Iterable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from sing import files
from sing.audio import SAMPLE_RATE
from sing.errors import SingError
from sing.notes import MAX_MIDI

DEFAULT_FONT_SHA256 = "82475b91a76de15cb28a104707d3247ba932e228bada3f47bba63c6b31aaf7a1"
"""TimGM6mb.sf2 as pretty_midi ships it."""

DECIMATION = 3
SYNTH_RATE = SAMPLE_RATE * DECIMATION
"""Hz. The synthesizer interpolates its samples linearly: at 16 kHz it would alias audibly."""

HELD_SECONDS = 3
RELEASE_SECONDS = 1

FLUSH_SECONDS = 0.2
"""Rendered and dropped before each note: `sounds_off` only shortens the last note's release."""

FADE_SECONDS = 0.01

SHELF_HZ = 1_000.0
SHELF_DB = -15.0
"""Gain above the shelf of a note of velocity 0; a note of velocity 127 is left as it is."""

PEAK = 0.9
"""The largest sample of an instrument's loudest note."""

SILENCE = 1e-3
"""A note below this part of its instrument's peak (-60 dB) is a key without a sample."""

PARAMETERS: dict[str, float] = {
    "synth_rate_hz": SYNTH_RATE,
    "held_seconds": HELD_SECONDS,
    "release_seconds": RELEASE_SECONDS,
    "flush_seconds": FLUSH_SECONDS,
    "fade_seconds": FADE_SECONDS,
    "shelf_hz": SHELF_HZ,
    "shelf_db": SHELF_DB,
    "peak": PEAK,
    "silence": SILENCE,
}
"""What decides the sound besides the font and the engine, for a dataset's provenance."""

_INSTALL = "pip install --no-deps tinysoundfont==0.3.7"


def default_font() -> Path:
    """TimGM6mb.sf2 in pretty_midi's package folder; pretty_midi itself is not imported.

    Raises SingError when it is missing or is not the file that was pinned.
    """
    package = find_spec("pretty_midi")
    folders = list(package.submodule_search_locations or ()) if package else []
    font = Path(folders[0]) / "TimGM6mb.sf2" if folders else None
    if font is None or not font.is_file():
        raise SingError(
            "TimGM6mb.sf2: not found; pip install pretty_midi, or give a SoundFont with --soundfont"
        )
    if files.sha256(font) != DEFAULT_FONT_SHA256:
        raise SingError(
            f"{font}: not the TimGM6mb.sf2 that the demo dataset is made from; "
            "pip install --force-reinstall pretty_midi==0.2.11, or pass it as --soundfont"
        )
    return font


def engine_version() -> str:
    """The version of tinysoundfont. Raises SingError when it is not installed."""
    _engine()
    return metadata.version("tinysoundfont")


def _engine() -> Any:
    try:
        return importlib.import_module("tinysoundfont")
    except ImportError:
        # Its pyaudio is for live playback only, and needs PortAudio's headers to build.
        raise SingError(f"tinysoundfont: not installed; {_INSTALL}") from None


class SoundFont:
    """A SoundFont opened for rendering. Raises SingError when the file is not one."""

    def __init__(self, path: Path) -> None:
        engine = _engine()
        if not path.is_file():
            raise SingError(f"{path}: there is no such file; check the path of the SoundFont")
        self._path = path
        self._synth = engine.Synth(samplerate=SYNTH_RATE)
        try:
            self._id = self._synth.sfload(os.fspath(path))
        except (RuntimeError, engine.SoundFontException) as error:
            raise SingError(f"{path}: not a SoundFont ({error}); give an .sf2 file") from None

    def has_program(self, program: int) -> bool:
        """Whether the font has this General MIDI program (0 to 127) in bank 0."""
        return self._synth.sfpreset_name(self._id, 0, program) is not None

    def note(self, program: int, pitch: int, velocity: int) -> NDArray[np.float32]:
        """One note [64000] at the font's own level; the same samples whatever was played before.

        Raises SingError when the font lacks the program.
        """
        if not self.has_program(program):
            raise SingError(f"{self._path}: no program {program} in bank 0; take another font")
        self._synth.program_select(0, self._id, 0, program)
        self._synth.sounds_off(0)
        self._render(FLUSH_SECONDS)
        self._synth.noteon(0, pitch, velocity)
        held = self._render(HELD_SECONDS)
        self._synth.noteoff(0, pitch)
        released = self._render(RELEASE_SECONDS)
        return _finish(np.concatenate([held, released]), velocity)

    def instrument(
        self, program: int, pitches: Iterable[int], velocities: Iterable[int]
    ) -> dict[tuple[int, int], NDArray[np.float32]]:
        """All notes of an instrument, (pitch, velocity) -> waveform [64000], peak 0.9.

        A key with a silent note is left out altogether; all keys silent gives an empty dict.
        """
        velocities = tuple(velocities)
        keys = {p: {v: self.note(program, p, v) for v in velocities} for p in pitches}
        peaks = {p: [float(np.abs(w).max()) for w in key.values()] for p, key in keys.items()}
        loudest = max((max(key) for key in peaks.values()), default=0.0)
        if loudest <= 0:
            return {}
        gain = np.float32(PEAK / loudest)
        return {
            (pitch, velocity): waveform * gain
            for pitch, key in keys.items()
            if min(peaks[pitch]) >= SILENCE * loudest
            for velocity, waveform in key.items()
        }

    def _render(self, seconds: float) -> NDArray[np.float32]:
        """The next stretch of sound, [seconds * 48000], the mean of both channels."""
        stereo = self._synth.generate_simple(round(seconds * SYNTH_RATE))
        mono: NDArray[np.float32] = np.frombuffer(stereo, np.float32).reshape(-1, 2).mean(axis=1)
        return mono


def brightness_shelf(velocity: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Digital first-order high-shelf (b, a) that darkens soft notes, gain 1 at 0 Hz.

    The engine turns velocity into a pure gain, while soft notes of real instruments are darker
    too. H(s) = (g s + w) / (s + w), g from -15 dB at velocity 0 to 0 dB at velocity 127.
    """
    gain = 10 ** (SHELF_DB * (1 - velocity / MAX_MIDI) / 20)
    corner = 2 * SAMPLE_RATE * np.tan(np.pi * SHELF_HZ / SAMPLE_RATE)
    b, a = scipy.signal.bilinear([gain, corner], [1.0, corner], fs=SAMPLE_RATE)
    return b, a


@functools.cache
def _decimation_filter() -> NDArray[np.float64]:
    """Linear-phase low-pass: flat to 7.2 kHz, -90 dB from 8 kHz, where aliasing starts."""
    length, beta = scipy.signal.kaiserord(90, width=800 / (SYNTH_RATE / 2))
    taps: NDArray[np.float64] = scipy.signal.firwin(
        length | 1, 7_600, window=("kaiser", beta), fs=SYNTH_RATE
    )
    return taps


def _decimated(rendered: NDArray[np.float32]) -> NDArray[np.float64]:
    """From 48 kHz to 16 kHz, as scipy.signal.resample_poly does but by FFT: three times faster."""
    taps = _decimation_filter()
    filtered: NDArray[np.float64] = scipy.signal.oaconvolve(rendered.astype(np.float64), taps)
    delay = len(taps) // 2
    return filtered[delay : delay + len(rendered) : DECIMATION]


def _finish(rendered: NDArray[np.float32], velocity: int) -> NDArray[np.float32]:
    """From 48 kHz [192000] to a note at 16 kHz [64000]: decimate, darken, fade out."""
    waveform = scipy.signal.lfilter(*brightness_shelf(velocity), _decimated(rendered))
    fade = round(FADE_SECONDS * SAMPLE_RATE)
    waveform[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / fade)
    finished: NDArray[np.float32] = waveform.astype(np.float32)
    return finished
