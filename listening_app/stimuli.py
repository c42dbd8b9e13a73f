"""Stimuli: waveforms of one loudness, in files of which nothing but the sound tells the system.

Every file has the same header, length and time stamp, a name that is a keyed hash, no offset to
speak of, and its own dither: no run of exact zeros is left that one system has and another has
not, and two files with the same sound differ.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval_suite.loudness import integrated_loudness
from listening_app.anchors import ANCHOR, BEEPS
from listening_app.degraded import Waveform, beeps, degrade
from listening_app.draw import Source
from listening_app.setting_tables import Loudness
from sing import files, log
from sing.audio import FULL_SCALE, NOTE_SAMPLES, SAMPLE_RATE, wav_header
from sing.errors import SingError
from sing.notes import Note

SILENCE_LUFS = -65.0
"""Below this a stimulus counts as silent, and stays as it is instead of becoming loud noise."""

MOST_OFFSET = 1e-3
"""The mean that a stimulus may have: -60 dBFS."""

_EXACT_LU = 0.005
_MOST_STEPS = 20

TIME_STAMP = 1_500_000_000
"""When every stimulus claims to have been written: the order of writing tells nothing."""


@dataclass(frozen=True, order=True)
class Sound:
    """What a stimulus holds. `kind`: system, reference, copy, anchor or trap.

    `variant` is the number of beeps of a trap, and tells apart several anchors of one note.
    """

    kind: str
    system: str
    note: Note
    variant: int = 0

    @property
    def anchor(self) -> str:
        """The degradation's name, empty for a sound that is not degraded."""
        return self.system.removeprefix(ANCHOR) if self.system.startswith(ANCHOR) else ""


@dataclass(frozen=True)
class Levelled:
    """A waveform at its level, with what was done: gain in dB, and loudness in LUFS after it.

    The loudness is None for a silent one.
    """

    samples: NDArray[np.float64]
    gain_db: float
    lufs: float | None


class Names:
    """Opaque names: a keyed hash of what a stimulus holds.

    The key is a hash of all that the study is made of, waveforms included, so that whoever can
    guess the seed and the systems' names still cannot work out the names.
    """

    def __init__(self, made_of: str) -> None:
        self._key = hashlib.sha256(made_of.encode()).digest()

    def digest(self, sound: Sound, purpose: str = "name") -> bytes:
        """The hash of a sound, another one for each purpose."""
        text = f"{purpose}|{sound.kind}|{sound.system}|{sound.note.name}|{sound.variant}"
        return self.digest_text(text)

    def digest_text(self, text: str) -> bytes:
        """The hash of any text."""
        return hmac.new(self._key, text.encode(), "sha256").digest()

    def name(self, sound: Sound) -> str:
        """Twelve hexadecimal digits."""
        return self.digest(sound).hex()[:12]

    def noise(self, sound: Sound, purpose: str) -> np.random.Generator:
        """A source of noise that belongs to this sound alone."""
        return np.random.default_rng(list(self.digest(sound, purpose)))


def write_stimuli(
    folder: Path,
    sounds: Iterable[Sound],
    sources: Mapping[str, Source],
    clean: str,
    loudness: Loudness,
    names: Names,
) -> list[dict[str, object]]:
    """Write the sounds into `folder` and return the rows of stimuli.csv, sorted by name.

    `clean` is the system whose waveforms are degraded for anchors. Raises SingError when a
    waveform cannot be read.
    """
    of_note: dict[Note, list[Sound]] = {}
    for sound in sorted(set(sounds)):
        of_note.setdefault(sound.note, []).append(sound)
    rows = []
    lowered = []
    folder.mkdir(parents=True)
    for note, together in log.progress(of_note.items(), "stimuli", len(of_note)):
        levelled = level([_waveform(sound, sources, clean, names) for sound in together], loudness)
        heard = [one.lufs for one in levelled if one.lufs is not None]
        if loudness.normalize and heard and max(heard) < loudness.target_lufs - 0.05:
            lowered.append((note, max(heard)))
        for sound, one in zip(together, levelled, strict=True):
            rows.append(_write(folder, sound, one, names))
    if lowered:
        softest = min(lowered, key=lambda pair: pair[1])
        log.warning(
            "softer than %g LUFS, in all systems alike, because a peak would pass %g dBFS: "
            "%d of %d notes; the softest, %s, is at %.1f LUFS",
            *(loudness.target_lufs, loudness.peak_dbfs, len(lowered), len(of_note)),
            *(softest[0].name, softest[1]),
        )
    if len({row["stimulus"] for row in rows}) < len(rows):
        raise SingError("two stimuli got the same name; change the seed")
    return sorted(rows, key=lambda row: str(row["stimulus"]))


def level(waveforms: Sequence[Waveform], loudness: Loudness) -> list[Levelled]:
    """The waveforms of one note at one loudness: the target, or less if a peak would be too high.

    Silent ones stay silent.
    """
    if not loudness.normalize:
        return [Levelled(waveform, 0.0, loudness_of(waveform)) for waveform in waveforms]
    loudest = [_at_peak(waveform, loudness.peak_dbfs) for waveform in waveforms]
    goal = min([loudness.target_lufs, *(lufs for lufs in loudest if lufs is not None)])
    return [
        Levelled(waveform, 0.0, None) if lufs is None else _brought_to(waveform, goal)
        for waveform, lufs in zip(waveforms, loudest, strict=True)
    ]


def _at_peak(waveform: Waveform, peak_dbfs: float) -> float | None:
    """The loudness at which the highest peak is at `peak_dbfs`; None for silence."""
    if loudness_of(waveform) is None:
        return None
    return loudness_of(waveform * (10 ** (peak_dbfs / 20) / np.abs(waveform).max()))


def _brought_to(waveform: Waveform, goal: float) -> Levelled:
    """The waveform at the loudness `goal`.

    Loudness does not follow the gain exactly, because the standard leaves out what is below an
    absolute threshold: the tail of a soft note, but not that of a loud one. So it is measured
    again until it is right.
    """
    gain = 0.0
    found = loudness_of(waveform)
    for _ in range(_MOST_STEPS):
        if found is None or abs(found - goal) <= _EXACT_LU:
            break
        gain += goal - found
        found = loudness_of(waveform * 10 ** (gain / 20))
    return Levelled(waveform * 10 ** (gain / 20), gain, found)


def loudness_of(waveform: Waveform) -> float | None:
    """The integrated loudness in LUFS (ITU-R BS.1770); None for silence."""
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")
        lufs = integrated_loudness(waveform)
    return lufs if lufs >= SILENCE_LUFS else None


def _waveform(sound: Sound, sources: Mapping[str, Source], clean: str, names: Names) -> Waveform:
    if sound.system == BEEPS:
        return beeps(sound.variant)
    origin = sources[clean if sound.anchor else sound.system]
    waveform = origin.waveform(sound.note).astype(np.float64)
    if not sound.anchor:
        return waveform
    # A copy of an anchor holds the same noise as the anchor.
    original = Sound("anchor", sound.system, sound.note, sound.variant)
    return degrade(waveform, sound.anchor, names.noise(original, "noise"))


def _write(folder: Path, sound: Sound, levelled: Levelled, names: Names) -> dict[str, object]:
    name = names.name(sound)
    path = folder / f"{name}.wav"
    samples = _dithered(without_offset(levelled.samples), names.noise(sound, "dither"))
    path.write_bytes(wav_header(len(samples)) + samples.astype("<i2").tobytes())
    os.utime(path, (TIME_STAMP, TIME_STAMP))
    return {
        "stimulus": name,
        "system": sound.system,
        "note": sound.note.name,
        "kind": sound.kind,
        "gain_db": round(levelled.gain_db, 4),
        "lufs": None if levelled.lufs is None else round(levelled.lufs, 4),
        "seconds": NOTE_SAMPLES / SAMPLE_RATE,
        "sha256": files.sha256(path),
    }


def without_offset(waveform: Waveform) -> Waveform:
    """The waveform less its mean, if that is a real offset.

    A note that fades has a small mean without any: to subtract it would lift its silence.
    """
    mean = waveform.mean()
    return waveform - mean if abs(mean) > MOST_OFFSET else waveform


def _dithered(waveform: Waveform, rng: np.random.Generator) -> NDArray[np.int16]:
    """16-bit samples with triangular dither of one step to either side."""
    noise = rng.random(len(waveform)) - rng.random(len(waveform))
    steps = np.rint(waveform * FULL_SCALE + noise)
    return np.clip(steps, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
