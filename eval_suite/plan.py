"""What one `sing-eval metrics` is going to compute: which notes, systems and metrics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eval_suite.baselines.trivial import NearestPitch, Silence, WhiteNoise, nearest_pitches
from eval_suite.ground_truth import GroundTruth
from eval_suite.metrics import Metric
from eval_suite.sources import Source
from sing import log
from sing.data.split import SPLITS, Split
from sing.errors import SingError, suggestion
from sing.generate.selection import listed_notes
from sing.losses import EPSILON, HOP_LENGTH, N_FFT
from sing.notes import Note
from sing.provenance import versions

CPU_BATCH = 8
GPU_BATCH = 64
"""Notes generated together: on a CPU more are no faster, on a GPU they are."""


@dataclass(frozen=True)
class Plan:
    """A table to compute. Its batches are fixed, so that no value depends on who computes it."""

    reference: Source
    systems: tuple[Source, ...]
    notes: tuple[Note, ...]
    metrics: tuple[Metric, ...]
    seed: int
    device: str

    @property
    def batch_size(self) -> int:
        """Notes that are read, generated, scored and kept together."""
        return GPU_BATCH if self.device.startswith("cuda") else CPU_BATCH

    @property
    def batch_count(self) -> int:
        """How many batches the notes make."""
        return -(-len(self.notes) // self.batch_size)

    def batch(self, index: int) -> tuple[Note, ...]:
        """The notes of one batch; the last one may be shorter."""
        return self.notes[index * self.batch_size :][: self.batch_size]

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Everything that decides the numbers, for the provenance and for `key`."""
        listed = "\n".join(note.name for note in self.notes)
        return {
            "batch_size": self.batch_size,
            "device": self.device.partition(":")[0],
            "metrics": [{"name": m.column, "epsilon": m.epsilon} for m in self.metrics],
            "notes": {
                "count": len(self.notes),
                "sha256": hashlib.sha256(listed.encode()).hexdigest(),
            },
            "reference": {"name": self.reference.name, **self.reference.facts()},
            "seed": self.seed,
            "stft": {"n_fft": N_FFT, "hop_length": HOP_LENGTH, "window": "hann, periodic"},
            "default_epsilon": EPSILON,
            "systems": [{"name": system.name, **system.facts()} for system in self.systems],
        }

    @cached_property
    def key(self) -> str:
        """A hash that two plans share only when they are to compute the same table."""
        facts = json.dumps({**self.facts, "versions": versions()}, sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()


def choose_notes(
    truth: GroundTruth, split_name: str | None, notes_file: str | None
) -> tuple[Note, ...]:
    """The notes to score, sorted by name: those of a list, else those of a part of the split.

    `split_name` is train, valid, test, all, or None for `test` without a list and `all` with one.
    Raises SingError for a note of the list that the reference lacks, and when nothing is left.
    """
    members = truth.reference.members
    notes = list(members) if notes_file is None else _listed(notes_file, truth)
    part = split_name or ("test" if notes_file is None else "all")
    if part != "all":
        if truth.split is None and split_name is None:
            log.warning("no dataset in reach, so no split: scoring all notes of the reference")
        elif truth.split is None:
            raise SingError(f"--split {part}: no dataset in reach to split; pass --data DATASET")
        else:
            held = set(truth.split.part(part))
            notes = [note for note in notes if note in held]
    if not notes:
        raise SingError(
            f"--split {part}: no such note in {truth.reference.name}; check --data and --reference"
        )
    return tuple(sorted(notes, key=lambda note: note.name))


def _listed(source: str, truth: GroundTruth) -> list[Note]:
    notes = listed_notes(source)
    for note in notes:
        if not truth.reference.covers(note):
            hint = suggestion(note.name, (known.name for known in truth.reference.members))
            raise SingError(f"{source}: no note '{note.name}' in {truth.reference.name}; {hint}")
    return notes


def common_notes(notes: Sequence[Note], systems: Sequence[Source]) -> tuple[Note, ...]:
    """The notes that every system has; says how many each lacks.

    Raises SingError when there is none.
    """
    kept = list(notes)
    for system in systems:
        has = [note for note in notes if system.covers(note)]
        if len(has) < len(notes):
            log.warning(
                "%s has %s of the %s notes; all systems are compared on the notes they share",
                system.name,
                f"{len(has):,}",
                f"{len(notes):,}",
            )
        kept = [note for note in kept if system.covers(note)]
    if not kept:
        raise SingError(
            f"{', '.join(system.name for system in systems)}: no note in common with the "
            f"{len(notes):,} to be scored; check --split, --data and --reference"
        )
    return tuple(kept)


def baselines(truth: GroundTruth, notes: Sequence[Note], seed: int) -> list[Source]:
    """Silence, white noise and, where a dataset and its split are known, the nearest pitch."""
    found: list[Source] = [Silence(), WhiteNoise(seed)]
    if truth.dataset is None or truth.split is None:
        log.warning("no dataset in reach, so no nearest-pitch baseline: pass --data DATASET")
        return found
    training = [note for note in truth.split.train if truth.dataset.covers(note)]
    return [*found, NearestPitch(truth.dataset, nearest_pitches(notes, training))]


def split_labels(notes: Sequence[Note], split: Split | None) -> list[str]:
    """The part of the split in which each note is; empty where it is in none."""
    part_of = {} if split is None else {n: part for part in SPLITS for n in split.part(part)}
    return [part_of.get(note, "") for note in notes]
