"""Training of the classifier, on a dataset's training split alone; the test split measures it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from eval_suite.classifier import folder as folders
from eval_suite.classifier.augmentation import augmented, changed_filters, step_generator
from eval_suite.classifier.checkpoint import Position, load_checkpoint, save_checkpoint
from eval_suite.classifier.classes import Classes
from eval_suite.classifier.judge import Classifier, open_classifier
from eval_suite.classifier.measuring import measure, spread
from eval_suite.classifier.network import Network, new_network
from sing import files, log
from sing.data.batches import epoch_order, step_count
from sing.data.nsynth import Dataset, open_dataset
from sing.data.split import Split, split_of, split_path, write_split
from sing.errors import SingError
from sing.memory import keep_freed_memory
from sing.notes import Note
from sing.processes import pick_device
from sing.provenance import write_provenance
from sing.run import DEMO
from sing.train.loop import Stopped, stop_requests

CHECKPOINT = "checkpoint.pt"
CHECKPOINT_SECONDS = 60.0
WARM_UP = 0.2
"""The share of all steps in which the learning rate rises; it then falls as a cosine."""

MOST_MEASURED = 5_000
"""So many notes, evenly spread, show progress after an epoch, and the accuracy in training."""

_HISTORY = ("epoch", "objective", "test_pitch_accuracy", "test_family_accuracy")


@dataclass(frozen=True)
class Request:
    """What `sing-eval classifier train` was asked for. No `data`: the demo dataset."""

    data: Path | None
    out: Path
    settings: folders.Settings = field(default_factory=folders.Settings)
    device: str | None = None
    resume: bool = False
    force: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether what is in `out` is gone on with: never when it is to be replaced."""
        return self.resume and not self.force and bool(folders.classifier_marks(self.out))


@dataclass
class _Training:
    """What stays the same during a training, and the rows of its history."""

    request: Request
    dataset: Dataset
    split: Split
    classes: Classes
    network: Network
    optimizer: torch.optim.Optimizer
    device: torch.device
    rows: list[dict[str, Any]]

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return step_count(len(self.split.train), self.request.settings.batch_size)


def train(request: Request) -> Classifier:
    """Train a classifier into the folder `request.out` and open it.

    A finished one is opened as it is when `resume` is asked for; with `force` as well, training
    begins again. On a CPU the same notes, seed and
    number of threads give the same bytes, stopped and resumed or not.
    Raises SingError when the folder may not be written, or was begun with something else.
    """
    device = pick_device(request.device)
    if not request.goes_on:
        files.check_folder(request.out, request.force, *folders.classifier_marks(request.out))
    dataset = open_dataset(request.data or _demo())
    split = split_of(dataset)
    if not split.train:
        raise SingError(f"{dataset.folder}: no note is left for training; check the split")
    _begin(request, dataset, split)
    if folders.is_finished(request.out):
        return open_classifier(request.out)
    keep_freed_memory()
    training = _prepare(request, dataset, split, device)
    with stop_requests() as stop_asked:
        _run(training, stop_asked)
    _finish(training)
    return open_classifier(request.out)


def _demo() -> Path:
    from sing.data.demo import demo_dataset  # scipy.signal is slow to load

    return demo_dataset()


def _begin(request: Request, dataset: Dataset, split: Split) -> None:
    """Write what is known before the first step, or check that a resumed one is the same."""
    beside = split_path(dataset.folder)
    facts = {
        "classifier_format": folders.FORMAT,
        "dataset": str(dataset.folder.resolve()) if request.data else DEMO,
        "notes_sha256": _fingerprint(split),
        "settings": asdict(request.settings),
        "split_source": f"the file {beside.name}" if beside.is_file() else "the paper's policy",
    }
    if request.goes_on:
        begun = folders.provenance_of(request.out)
        for key in ("notes_sha256", "settings"):
            if begun.get(key) != facts[key]:
                what = "other notes or another split" if key == "notes_sha256" else "other settings"
                raise SingError(
                    f"{request.out}: was begun with {what}: {begun.get(key)}; resume with the "
                    "same, or start again with --force"
                )
        return
    files.claim_folder(request.out, request.force, *folders.classifier_marks(request.out))
    write_split(request.out / folders.SPLIT, split)
    write_provenance(request.out, **facts)


def _fingerprint(split: Split) -> str:
    """The SHA-256 of the names of the training notes and then of the test notes, one a line."""
    return files.sha256_of_lines(note.name for note in (*split.train, *split.test))


def _prepare(request: Request, dataset: Dataset, split: Split, device: torch.device) -> _Training:
    classes = Classes.of(split.train)
    settings = request.settings
    network = new_network(len(classes.pitches), len(classes.families), settings.seed).to(device)
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    path = request.out / folders.HISTORY
    rows = list(files.read_csv(path, _HISTORY)) if path.is_file() else []
    log.info(
        "training on %s notes: %d pitches, %d families",
        f"{len(split.train):,}", len(classes.pitches), len(classes.families),
    )  # fmt: skip
    return _Training(request, dataset, split, classes, network, optimizer, device, list(rows))


def _run(training: _Training, stop_asked: Callable[[], bool]) -> None:
    out, settings = training.request.out, training.request.settings
    position = load_checkpoint(out / CHECKPOINT, training.network, training.optimizer)
    # A kill between the two files leaves a row of an epoch that the checkpoint does not know.
    training.rows = [row for row in training.rows if int(row["epoch"]) <= position.epoch]
    while position.epoch < settings.epochs:
        began = time.monotonic()
        position = _run_epoch(training, position, stop_asked)
        row = _row(training, position)
        training.rows.append(row)
        log.info(
            "classifier %d/%d  objective %.4g  test pitch %s family %s  %.0f s",
            row["epoch"], settings.epochs, row["objective"],
            _shown(row["test_pitch_accuracy"]), _shown(row["test_family_accuracy"]),
            time.monotonic() - began,
        )  # fmt: skip
        files.write_csv(out / folders.HISTORY, _HISTORY, training.rows)
        position = Position(position.epoch + 1)
        _save(training, position)


def _shown(share: float | None) -> str:
    return "none" if share is None else f"{share:.3f}"


def _row(training: _Training, position: Position) -> dict[str, Any]:
    notes = spread(training.split.test, MOST_MEASURED)
    found = measure(training.network, training.classes, training.dataset, notes)
    return {
        "epoch": position.epoch + 1,
        "objective": position.loss_sum / max(1, position.notes),
        "test_pitch_accuracy": found["pitch"].share,
        "test_family_accuracy": found["family"].share,
    }


def _finish(training: _Training) -> None:
    """Measure the classifier, write it and drop the checkpoint."""
    split, out = training.split, training.request.out
    measured = {"train": spread(split.train, MOST_MEASURED), "test": split.test}
    accuracy = {
        part: measure(training.network, training.classes, training.dataset, notes)
        for part, notes in measured.items()
    }
    settings = training.request.settings
    folders.write_classifier(out, training.network, training.classes, settings, accuracy)
    (out / CHECKPOINT).unlink(missing_ok=True)


def _run_epoch(training: _Training, position: Position, stop_asked: Callable[[], bool]) -> Position:
    """The steps of one epoch from `position.step` on; the position after the last of them."""
    settings, notes = training.request.settings, training.split.train
    order = epoch_order(len(notes), settings.seed, "classifier", position.epoch)
    label = f"classifier {position.epoch + 1}/{settings.epochs}"
    training.network.train()
    saved = time.monotonic()
    for step in log.progress(range(position.step, training.steps), label):
        places = order[step * settings.batch_size : (step + 1) * settings.batch_size]
        loss = _step(training, [notes[place] for place in places], position)
        if not math.isfinite(loss):
            raise SingError(
                f"{training.request.out}: the loss is not finite in epoch {position.epoch + 1}, "
                f"step {step + 1}; try another --seed"
            )
        position = replace(
            position,
            step=step + 1,
            loss_sum=position.loss_sum + loss * len(places),
            notes=position.notes + len(places),
        )
        if stop_asked():
            _save(training, position)
            raise Stopped(
                f"{training.request.out}: stopped and saved at epoch {position.epoch + 1}, step "
                f"{position.step}; the same command with --resume goes on"
            )
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            _save(training, position)
            saved = time.monotonic()
    return position


def _step(training: _Training, notes: Sequence[Note], position: Position) -> float:
    """One update; returns the mean over the notes of both heads' cross-entropies, added up."""
    settings = training.request.settings
    done = (position.epoch * training.steps + position.step) / (settings.epochs * training.steps)
    for group in training.optimizer.param_groups:
        group["lr"] = settings.learning_rate * rate_share(done)
    generator = step_generator(settings.seed, position.epoch, position.step)
    waveforms = torch.from_numpy(np.ascontiguousarray(training.dataset.waveforms(notes)))
    heard = augmented(waveforms, generator).to(training.device)
    filters = changed_filters(len(notes), generator).to(training.device)
    answers = training.network(heard, filters)
    classes = torch.from_numpy(training.classes.of_notes(notes)).to(training.device)
    loss = functional.cross_entropy(answers.pitch, classes[:, 0])
    loss = loss + functional.cross_entropy(answers.family, classes[:, 1])
    training.optimizer.zero_grad()
    loss.backward()
    training.optimizer.step()
    return loss.item()


def _save(training: _Training, position: Position) -> None:
    path = training.request.out / CHECKPOINT
    save_checkpoint(path, position, training.network, training.optimizer)


def rate_share(done: float) -> float:
    """The learning rate, as a share of the highest, when the share `done` of all steps is done."""
    if done < WARM_UP:
        return 0.02 + 0.98 * done / WARM_UP
    return (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))) / 2
