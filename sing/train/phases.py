"""Training a run: the three phases of Section 4.3, one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from sing import files, log
from sing.config import Config, Phase
from sing.data.batches import Batch, NoteBatches
from sing.data.demo import demo_dataset
from sing.data.nsynth import Dataset, open_dataset
from sing.data.split import make_split, read_split, split_path, warn_unseen
from sing.data.vocabulary import Vocabulary
from sing.errors import SingError
from sing.losses import LOSSES, Loss, log_spectral_mse
from sing.memory import keep_freed_memory
from sing.model.sing import Sing
from sing.notes import Note
from sing.run import DEMO, Run, is_begun, open_run, save_weights, write_run
from sing.train.checkpoints import (
    PHASES,
    Checkpoint,
    Position,
    after,
    load_checkpoint,
    save_checkpoint,
)
from sing.train.distributed import Processes, processes
from sing.train.evaluation import EVALUATION_BATCH, Evaluation, evaluation_notes
from sing.train.loop import Loop, Step, run_epochs, stop_requests
from sing.train.steps import Trainee, autoencoder_step, finetune_step, lstm_step


@dataclass(frozen=True)
class Request:
    """What `sing train` was asked for; it stops after `last_phase`. No `data`: the demo dataset.

    `resume` goes on with the run in `out`, or begins it when there is none yet.
    """

    config: Config
    data: Path | None
    out: Path
    last_phase: str = "finetune"
    resume: bool = False
    force: bool = False
    device: str | None = None
    workers: int = 0
    tensorboard: bool = False


@dataclass(frozen=True)
class _Training:
    """A request being carried out."""

    request: Request
    run: Run
    dataset: Dataset
    processes: Processes
    networks: Sing
    stop_asked: Callable[[], bool]


def train(request: Request) -> Path:
    """Train a run, or go on with one, and return its folder.

    Raises SingError for what the user can mend and when the loss stops being finite, Stopped after
    Ctrl-C or SIGTERM. Whatever happens, the last checkpoint is whole.
    """
    keep_freed_memory()
    dataset = open_dataset(request.data or demo_dataset())
    with processes(request.device) as group:
        if group.is_main and not (request.resume and is_begun(request.out)):
            _start(request, dataset)
        group.barrier()
        run = open_run(request.out)
        _check_same(request, run, dataset)
        with log.log_to_file(run.folder / "log.txt"), stop_requests() as stop_asked:
            networks = run.untrained().to(group.device)
            _train_phases(_Training(request, run, dataset, group, networks, stop_asked))
    return run.folder


def _start(request: Request, dataset: Dataset) -> None:
    """Make the run folder with what is known before the first step.

    With --resume a folder in which an earlier start was cut short is taken over.
    """
    left = {path.name for path in request.out.glob("[!.]*")} if request.out.is_dir() else set()
    if not (request.resume and left <= {"vocabulary.json", "split.csv", "provenance.json"}):
        files.claim_output(request.out, request.force, "config.toml", "vocabulary.json")
    file = split_path(dataset.folder)
    if file.is_file():
        split = read_split(file)
        log.info("split: that of %s", file)
    else:
        split = make_split(dataset.notes, request.config.split)
    warn_unseen(split)
    write_run(
        request.out,
        request.config,
        Vocabulary.of(dataset.notes),
        split,
        dataset=str(dataset.folder.resolve()) if request.data else DEMO,
        notes_sha256=_fingerprint(dataset),
    )


def _fingerprint(dataset: Dataset) -> str:
    """The SHA-256 of the sorted note names, one a line."""
    names = "\n".join(note.name for note in dataset.notes)
    return hashlib.sha256(names.encode()).hexdigest()


def _check_same(request: Request, run: Run, dataset: Dataset) -> None:
    """A run goes on with the configuration and the notes it began with, or not at all."""
    ours, theirs = request.config.model_dump(), run.config.model_dump()
    for key in ours:
        if ours[key] != theirs[key]:
            raise SingError(
                f"{run.folder}: '{key}' is {theirs[key]} in the run and {ours[key]} in this "
                "command; resume with the run's own config.toml"
            )
    if run.provenance.get("notes_sha256") != _fingerprint(dataset):
        raise SingError(
            f"{run.folder}: was begun on other notes than {dataset.folder} holds; "
            "pass the same --data"
        )


def _train_phases(training: _Training) -> None:
    checkpoint = load_checkpoint(training.run.folder)
    position = Position()
    if checkpoint:
        training.networks.load_state_dict(checkpoint.networks)
        position = checkpoint.position
        _report_resume(training.run, checkpoint)
    for phase in PHASES[: PHASES.index(training.request.last_phase) + 1]:
        if position.is_past(phase):
            continue
        _train_phase(training, position, checkpoint)
        position, checkpoint = _close_phase(training, phase), None


def _report_resume(run: Run, checkpoint: Checkpoint) -> None:
    position = checkpoint.position
    log.info("%s: resuming %s at epoch %d, step %d", run.folder, position.phase,
             position.epoch + 1, position.step)  # fmt: skip
    if checkpoint.threads != torch.get_num_threads():
        log.warning(
            "the checkpoint was made with %d threads, now there are %d: results will differ in "
            "the last bits; set OMP_NUM_THREADS=%d for the same ones",
            checkpoint.threads, torch.get_num_threads(), checkpoint.threads,
        )  # fmt: skip


def _train_phase(training: _Training, position: Position, checkpoint: Checkpoint | None) -> None:
    run, group = training.run, training.processes
    settings: Phase = getattr(run.config, position.phase)
    trained = _module(training.networks, position.phase)
    training.networks.requires_grad_(False)
    trained.requires_grad_(True)
    optimizer = torch.optim.Adam(trained.parameters(), settings.learning_rate, fused=True)
    if checkpoint and checkpoint.optimizer:
        optimizer.load_state_dict(checkpoint.optimizer)
    bfloat16 = run.config.precision == "bfloat16" and group.device.type == "cuda"
    trainee = Trainee(training.networks, group.wrap(trained), optimizer, group, bfloat16)
    loop = Loop(
        run=run.folder,
        networks=training.networks,
        optimizer=optimizer,
        step=_step(trainee, run.config, position.phase),
        batches=_batches(training, run.split.train, settings.batch_size),
        evaluation=_evaluation(training),
        processes=group,
        settings=settings,
        checkpoint_seconds=60 * run.config.checkpoint_minutes,
        tensorboard=training.request.tensorboard,
    )
    run_epochs(loop, position, training.stop_asked)


def _module(networks: Sing, phase: str) -> nn.Module:
    """The networks that a phase trains, joined."""
    if phase == "autoencoder":
        return networks.autoencoder
    return networks.sequence if phase == "lstm" else networks.synthesizer


def _step(trainee: Trainee, config: Config, phase: str) -> Step:
    loss = _loss(config)
    if phase == "autoencoder":
        settings = config.autoencoder

        def step(batch: Batch, position: Position) -> Tensor:
            in_warm_up = position.epoch < settings.mse_epochs
            crops = f"{config.seed}/{position.epoch}/{position.step}"
            now = log_spectral_mse if in_warm_up else loss
            return autoencoder_step(trainee, batch, settings, now, crops)

        return step
    if phase == "lstm":
        return lambda batch, _: lstm_step(trainee, batch, config.lstm)
    return lambda batch, _: finetune_step(trainee, batch, config.finetune, loss)


def _loss(config: Config) -> Loss:
    loss: Callable[..., Tensor] = LOSSES[config.loss]
    return loss if config.loss == "waveform" else partial(loss, epsilon=config.epsilon)


def _batches(training: _Training, notes: Sequence[Note], size: int) -> NoteBatches:
    return NoteBatches(
        training.dataset,
        training.run.vocabulary,
        notes,
        size,
        training.run.config.seed,
        training.processes.rank,
        training.processes.world_size,
        training.request.workers,
    )


def _evaluation(training: _Training) -> Evaluation:
    config, split = training.run.config, training.run.split
    size = EVALUATION_BATCH * training.processes.world_size
    parts = {}
    for name in ("train", "test"):
        notes = evaluation_notes(split.part(name), config.evaluation_notes, config.seed)
        parts[name] = _batches(training, notes, size)
    return Evaluation(parts)


def _close_phase(training: _Training, phase: str) -> Position:
    """Write the phase's weights and a checkpoint at the start of the next phase."""
    position = after(phase)
    if training.processes.is_main:
        weights = training.networks.state_dict()
        if phase == "autoencoder":
            kept = {name: w for name, w in weights.items() if not name.startswith("sequence.")}
            save_weights(training.run.folder / "autoencoder.safetensors", kept)
        save_weights(training.run.folder / "model.safetensors", weights)
        save_checkpoint(training.run.folder, position, training.networks, None)
    training.processes.barrier()
    return position
