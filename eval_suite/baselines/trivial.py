"""Baselines that need no model: silence, noise and the nearest note of the training set.

Silence scores better in spectral loss than a perfect note detuned by 50 cents, so a number says
little until these stand beside it (docs/decisions/0003).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from eval_suite.sources import DatasetSource, Sounds
from sing import files
from sing.audio import NOTE_SAMPLES
from sing.notes import Note

NOISE_RMS = 0.1
"""The level of white noise: -20 dB relative to full scale, for every note and dataset."""


def note_generator(seed: int, note: Note) -> np.random.Generator:
    """Random numbers that depend on the seed and the note alone, so not on its batch."""
    digest = hashlib.sha256(f"{seed}/{note.name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


@dataclass(frozen=True)
class Silence:
    """Zeros for every note."""

    name: str = "silence"

    def covers(self, note: Note) -> bool:  # noqa: ARG002
        """True: there is a silence for every note."""
        return True

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """Zeros [B, 64000]."""
        return Sounds(np.zeros((len(notes), NOTE_SAMPLES), dtype=np.float32), {})

    def facts(self) -> dict[str, Any]:
        """What it is, for the provenance."""
        return {"kind": "baseline"}


@dataclass(frozen=True)
class WhiteNoise:
    """Gaussian noise at -20 dB of full scale, drawn from the seed and the note's name."""

    seed: int
    name: str = "white-noise"

    def covers(self, note: Note) -> bool:  # noqa: ARG002
        """True: there is a noise for every note."""
        return True

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """Noise [B, 64000]: a note's is the same in every batch."""
        waveforms = np.empty((len(notes), NOTE_SAMPLES), dtype=np.float32)
        for row, note in enumerate(notes):
            note_generator(self.seed, note).standard_normal(dtype=np.float32, out=waveforms[row])
        waveforms *= np.float32(NOISE_RMS)
        return Sounds(waveforms, {})

    def facts(self) -> dict[str, Any]:
        """What it is, for the provenance."""
        return {"kind": "baseline", "seed": self.seed, "rms": NOISE_RMS}


@dataclass(frozen=True)
class NearestPitch:
    """The training note of the same instrument and velocity whose pitch is nearest, unchanged."""

    dataset: DatasetSource
    stand_ins: Mapping[Note, Note]
    name: str = "nearest-pitch"

    def covers(self, note: Note) -> bool:  # noqa: ARG002
        """True: a note without a stand-in is a row with a reason."""
        return True

    def sounds(self, notes: Sequence[Note]) -> Sounds:
        """The stand-ins' waveforms [B, 64000]."""
        waveforms = np.zeros((len(notes), NOTE_SAMPLES), dtype=np.float32)
        known = [row for row, note in enumerate(notes) if note in self.stand_ins]
        found = self.dataset.sounds([self.stand_ins[notes[row]] for row in known])
        waveforms[known] = found.waveforms
        faults = {known[place]: fault for place, fault in found.faults.items()}
        for row in set(range(len(notes))).difference(known):
            faults[row] = f"{notes[row].name}: no training note of this instrument to stand in"
        return Sounds(waveforms, faults)

    def facts(self) -> dict[str, Any]:
        """What it is, for the provenance: another split has other stand-ins."""
        dataset = self.dataset.facts()
        pairs = sorted(f"{note.name}\t{other.name}" for note, other in self.stand_ins.items())
        return {
            "kind": "baseline",
            "dataset": dataset["folder"],
            "dataset_sha256": dataset["sha256"],
            "stand_ins_sha256": files.sha256_of_lines(pairs),
        }


def nearest_pitches(notes: Iterable[Note], training: Iterable[Note]) -> dict[Note, Note]:
    """The training note that stands in for each of `notes`; none for an unknown instrument.

    Of the same instrument: the nearest velocity, which is nearly always the note's own, then the
    nearest pitch; the lower one of a tie. Never a note of the same (instrument, pitch) pair.
    """
    of_instrument: dict[str, list[Note]] = {}
    for candidate in training:
        of_instrument.setdefault(candidate.instrument, []).append(candidate)
    stand_ins = {}
    for note in notes:
        others = [
            other for other in of_instrument.get(note.instrument, ()) if other.pair != note.pair
        ]
        if others:
            stand_ins[note] = min(others, key=partial(_distance, note))
    return stand_ins


def _distance(note: Note, other: Note) -> tuple[int, int, int, int]:
    return (
        abs(other.velocity - note.velocity),
        abs(other.pitch - note.pitch),
        other.velocity,
        other.pitch,
    )
