"""The start of a run: what was asked for, and the folder in which it is written down."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sing import files, log
from sing.config import Config, first_difference
from sing.data.batches import step_count
from sing.data.nsynth import Dataset
from sing.data.split import Split, make_split, split_of, split_path, warn_unseen
from sing.data.vocabulary import Vocabulary
from sing.errors import SingError
from sing.model.sing import parameter_count
from sing.run import DEMO, Run, blank_networks, run_marks, write_run
from sing.train import PHASES

_FIRST_FILES = {"vocabulary.json", "split.csv", "provenance.json"}
"""What an earlier start, cut short before it wrote config.toml, can have left."""


@dataclass(frozen=True)
class Request:
    """What `sing train` was asked for; it stops after `last_phase`. No `data`: the demo dataset.

    `resume` goes on with the run in `out`, or begins it when there is none yet.
    """

    config: Config
    data: Path | None
    out: Path
    last_phase: str = PHASES[-1]
    resume: bool = False
    force: bool = False
    device: str | None = None
    workers: int = 0
    tensorboard: bool = False


def begin(request: Request, dataset: Dataset) -> None:
    """Make the run folder with what is known before the first step.

    All that can be wrong with the request is said before a folder is replaced.
    """
    left = {path.name for path in request.out.glob("[!.]*")} if request.out.is_dir() else set()
    is_cut_short = request.resume and left <= _FIRST_FILES
    if not is_cut_short:
        files.check_folder(request.out, request.force, *run_marks(request.out))
    split, source = _split(request, dataset)
    vocabulary = Vocabulary.of(dataset.notes)
    _check_memory(request.config, vocabulary)
    if not is_cut_short:
        files.claim_folder(request.out, request.force, *run_marks(request.out))
    write_run(
        request.out,
        request.config,
        vocabulary,
        split,
        split_source=source,
        dataset=str(dataset.folder.resolve()) if request.data else DEMO,
        notes_sha256=_fingerprint(dataset),
    )


def _check_memory(config: Config, vocabulary: Vocabulary) -> None:
    """The weights alone must fit into this machine's memory."""
    parameters = parameter_count(blank_networks(config, vocabulary))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if 4 * parameters > memory:
        raise SingError(
            f"{config.name}: {parameters:,} parameters take {4 * parameters / 2**30:.0f} GB, this "
            f"machine has {memory / 2**30:.0f} GB; lower model.hidden_channels or "
            "model.decoder_channels"
        )


def _split(request: Request, dataset: Dataset) -> tuple[Split, str]:
    """The split beside the dataset, else the configuration's policy; and which of them it is."""
    beside = split_path(dataset.folder)
    if beside.exists():
        split, source = split_of(dataset), f"the file {beside.name}"
        log.info("the split is that of %s, whatever the configuration says", beside)
    else:
        split = make_split(dataset.notes, request.config.split)
        source = f"the policy {request.config.split}"
        warn_unseen(split)
    if not split.train:
        raise SingError(f"{dataset.folder}: no note is left for training; check the split")
    return split, source


def _fingerprint(dataset: Dataset) -> str:
    """The SHA-256 of the sorted note names, one a line."""
    return files.sha256_of_lines(note.name for note in dataset.notes)


def check_same(request: Request, run: Run, dataset: Dataset) -> None:
    """A run goes on with the configuration and the notes it began with, or not at all."""
    if difference := first_difference(request.config, run.config):
        key, ours, theirs = difference
        raise SingError(
            f"{run.folder}: '{key}' is {theirs} in the run and {ours} in this "
            "command; resume with the run's own config.toml"
        )
    if run.provenance.get("notes_sha256") != _fingerprint(dataset):
        raise SingError(
            f"{run.folder}: was begun on other notes than {dataset.folder} holds; "
            "pass the same --data"
        )


def check_batches(run: Run, world_size: int) -> None:
    """Every phase must have a step in which each process has a note."""
    notes = len(run.split.train)
    for phase in PHASES:
        size = min(getattr(run.config, phase).batch_size, notes)
        if size < world_size or step_count(notes, size, world_size) == 0:
            raise SingError(
                f"{run.folder}: {phase}.batch_size {size} is less than the {world_size} "
                "processes; start fewer, or raise the batch size"
            )
