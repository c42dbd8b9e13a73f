"""Training a run: the three phases of Section 4.3, one after the other."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from sing import log
from sing.config import Config, Phase
from sing.data.batches import Batch, NoteBatches
from sing.data.demo import demo_dataset
from sing.data.nsynth import Dataset, open_dataset
from sing.losses import LOSSES, Loss, log_spectral_mse
from sing.memory import keep_freed_memory
from sing.model.sing import Sing
from sing.notes import Note
from sing.processes import Processes, processes
from sing.run import Run, is_begun, load_weights, open_run, save_weights
from sing.train import PHASES
from sing.train.checkpoints import Checkpoint, CheckpointFile, Position, Setting, after
from sing.train.evaluation import EVALUATION_BATCH, Evaluation, evaluation_notes
from sing.train.history import ScalarWriter, check_tensorboard, open_tensorboard
from sing.train.lock import require_free, training_lock
from sing.train.loop import Loop, Step, run_epochs, stop_requests
from sing.train.start import Request, begin, check_batches, check_same
from sing.train.steps import Trainee, autoencoder_step, finetune_step, lstm_step


@dataclass(frozen=True)
class _Training:
    """A request being carried out."""

    request: Request
    run: Run
    dataset: Dataset
    processes: Processes
    networks: Sing
    stop_asked: Callable[[], bool]
    tensorboard: ScalarWriter | None


def train(request: Request) -> Path:
    """Train a run, or go on with one, and return its folder.

    Raises SingError for what the user can mend and when the loss stops being finite, Stopped after
    Ctrl-C or SIGTERM. Whatever happens, the last sound checkpoint is whole.
    """
    keep_freed_memory()
    if request.tensorboard:
        check_tensorboard()
    with processes(request.device) as group, contextlib.ExitStack() as held:
        # The first to need the demo dataset renders it; the others wait for it.
        dataset = open_dataset(request.data or demo_dataset())
        group.on_main(lambda: require_free(request.out))
        if request.force or not (request.resume and is_begun(request.out)):
            group.on_main(lambda: begin(request, dataset))
        run = group.on_main(lambda: _open(request, dataset, group))
        group.on_main(lambda: held.enter_context(training_lock(run.folder)))
        with log.log_to_file(run.folder / "log.txt"), stop_requests() as stop_asked:
            networks = run.untrained().to(group.device)
            writer = open_tensorboard(run.folder) if request.tensorboard and group.is_main else None
            _train_phases(_Training(request, run, dataset, group, networks, stop_asked, writer))
    return run.folder


def _open(request: Request, dataset: Dataset, group: Processes) -> Run:
    run = open_run(request.out)
    check_same(request, run, dataset)
    check_batches(run, group.world_size)
    if run.config.precision == "bfloat16" and group.device.type == "cpu":
        log.warning("precision bfloat16 is for GPUs; on this CPU it is float32")
    return run


def _train_phases(training: _Training) -> None:
    group = training.processes
    checkpoints = CheckpointFile(training.run.folder, Setting.here(group.world_size))
    checkpoint = group.on_main(checkpoints.load)
    position = Position()
    if checkpoint:
        load_weights(training.networks, checkpoint.networks, checkpoints.path)
        position = checkpoint.position
        log.info("%s: resuming %s at epoch %d, step %d", training.run.folder, position.phase,
                 position.epoch + 1, position.step)  # fmt: skip
    else:
        group.on_main(lambda: checkpoints.save(position, training.networks, None))
    for phase in PHASES[: PHASES.index(training.request.last_phase) + 1]:
        if position.is_past(phase):
            continue
        _train_phase(training, position, checkpoint, checkpoints)
        position, checkpoint = _close_phase(training, phase, checkpoints), None


def _train_phase(
    training: _Training,
    position: Position,
    checkpoint: Checkpoint | None,
    checkpoints: CheckpointFile,
) -> None:
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
        checkpoints=checkpoints,
        checkpoint_seconds=60 * run.config.checkpoint_minutes,
        stop_asked=training.stop_asked,
        tensorboard=training.tensorboard,
    )
    run_epochs(loop, position)


def _module(networks: Sing, phase: str) -> nn.Module:
    """The networks that a phase trains, joined."""
    if phase == "autoencoder":
        return networks.autoencoder
    return networks.sequence if phase == "lstm" else networks.synthesizer


def _step(trainee: Trainee, config: Config, phase: str) -> Step:
    if phase == "lstm":
        return lambda batch, _: lstm_step(trainee, batch, config.lstm)
    settings = config.autoencoder if phase == "autoencoder" else config.finetune
    loss, warm = _loss(config), partial(log_spectral_mse, epsilon=config.epsilon)

    def step(batch: Batch, position: Position) -> Tensor:
        now = warm if position.epoch < settings.mse_epochs else loss
        if phase == "finetune":
            return finetune_step(trainee, batch, config.finetune, now)
        crops = f"{config.seed}/{position.epoch}/{position.step}"
        return autoencoder_step(trainee, batch, config.autoencoder, now, crops)

    return step


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
        parts[name] = replace(_batches(training, notes, size), keep_rest=True)
    return Evaluation(parts)


def _close_phase(training: _Training, phase: str, checkpoints: CheckpointFile) -> Position:
    """Write the phase's weights and a checkpoint at the start of the next phase."""
    folder, position = training.run.folder, after(phase)

    def write() -> None:
        weights = training.networks.state_dict()
        if phase == "autoencoder":
            kept = {name: w for name, w in weights.items() if not name.startswith("sequence.")}
            save_weights(folder / "autoencoder.safetensors", kept)
        save_weights(folder / "model.safetensors", weights)
        checkpoints.save(position, training.networks, None)
        checkpoints.confirm()

    training.processes.on_main(write)
    return position
