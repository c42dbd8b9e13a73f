"""What one `sing-eval metrics` is going to compute: which notes, systems and metrics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eval_suite.baselines import BASELINES
from eval_suite.baselines.griffin_lim import GriffinLim
from eval_suite.baselines.mulaw import MuLaw8
from eval_suite.baselines.trivial import NearestPitch, Silence, WhiteNoise, nearest_pitches
from eval_suite.classifier.judge import Classifier
from eval_suite.ground_truth import GroundTruth
from eval_suite.metrics.metric import Metric
from eval_suite.metrics.registry import Distance
from eval_suite.sources import Source
from sing import files, log
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
    """A table to compute. Its batches are fixed, so that no value depends on who computes it.

    `distances` of whole systems are computed from the features of `classifier`, which metrics of
    single notes may need too. `keeps_features`: later commands find small features in the cache.
    """

    reference: Source
    systems: tuple[Source, ...]
    notes: tuple[Note, ...]
    metrics: tuple[Metric, ...]
    seed: int
    device: str
    distances: tuple[Distance, ...] = ()
    classifier: Classifier | None = None
    keeps_features: bool = True

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
        return {
            "batch_size": self.batch_size,
            "device": self.device.partition(":")[0],
            "metrics": [{"name": m.column, "epsilon": m.epsilon} for m in self.metrics],
            "distances": [distance.name for distance in self.distances],
            "classifier": self.classifier.facts() if self.classifier else None,
            "notes": {
                "count": len(self.notes),
                "sha256": files.sha256_of_lines(note.name for note in self.notes),
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


def parse_baselines(names: Sequence[str]) -> tuple[str, ...]:
    """The baselines of these names, each once, in the order of tables; all for no names.

    Raises SingError for a name that is not known.
    """
    for name in names:
        if name not in BASELINES:
            raise SingError(f"--baseline {name}: {suggestion(name, BASELINES)}")
    return tuple(name for name in BASELINES if name in names or not names)


def baselines(
    truth: GroundTruth, notes: Sequence[Note], seed: int, names: Sequence[str] = ()
) -> list[Source]:
    """The baselines of these names; all that are possible for no names.

    nearest-pitch is possible where a dataset and its split are known. Raises SingError for a name
    that is not known, or for nearest-pitch asked for by name where it is not possible.
    """
    makers: dict[str, Callable[[], Source]] = {
        "silence": Silence,
        "white-noise": lambda: WhiteNoise(seed),
        "nearest-pitch": lambda: _nearest_pitch(truth, notes),
        "griffin-lim": lambda: GriffinLim(truth.reference, seed),
        "mulaw8": lambda: MuLaw8(truth.reference),
    }
    wanted = parse_baselines(names)
    if "nearest-pitch" in wanted and (truth.dataset is None or truth.split is None):
        if names:
            raise SingError("--baseline nearest-pitch: no dataset in reach; pass --data DATASET")
        log.warning("no dataset in reach, so no nearest-pitch baseline: pass --data DATASET")
        wanted = tuple(name for name in wanted if name != "nearest-pitch")
    return [makers[name]() for name in wanted]


def _nearest_pitch(truth: GroundTruth, notes: Sequence[Note]) -> NearestPitch:
    if truth.dataset is None or truth.split is None:
        raise ValueError("no dataset, or no split, to take training notes from")
    training = [note for note in truth.split.train if truth.dataset.covers(note)]
    return NearestPitch(truth.dataset, nearest_pitches(notes, training))


def split_labels(notes: Sequence[Note], split: Split | None) -> list[str]:
    """The part of the split in which each note is; empty where it is in none."""
    part_of = {} if split is None else {n: part for part in SPLITS for n in split.part(part)}
    return [part_of.get(note, "") for note in notes]
