"""Run by test_distributed under torchrun: the gradients of a step of each phase, from rank 0."""

import sys
from pathlib import Path

import torch

from sing.config import AutoencoderPhase, FinetunePhase, LstmPhase, ModelConfig
from sing.data.batches import Batch, NoteBatches
from sing.data.nsynth import open_dataset
from sing.data.vocabulary import Vocabulary
from sing.losses import spectral_loss
from sing.model.sing import build
from sing.processes import Processes, processes
from sing.train import PHASES
from sing.train.steps import Trainee, autoencoder_step, finetune_step, lstm_step


def step(phase: str, trainee: Trainee, batch: Batch, micro_batch_size: int) -> torch.Tensor:
    if phase == "autoencoder":
        settings = AutoencoderPhase(micro_batch_size=micro_batch_size, crop_samples=4096)
        return autoencoder_step(trainee, batch, settings, spectral_loss, "crops")
    if phase == "lstm":
        return lstm_step(trainee, batch, LstmPhase(micro_batch_size=micro_batch_size))
    settings = FinetunePhase(micro_batch_size=micro_batch_size)
    return finetune_step(trainee, batch, settings, spectral_loss)


def measure(phase: str, data: Path, micro_batch_size: int, group: Processes) -> dict:
    dataset = open_dataset(data)
    vocabulary = Vocabulary.of(dataset.notes)
    config = ModelConfig(hidden_channels=6, decoder_channels=8, initialization="kaiming")
    networks = build(config, vocabulary.instrument_count, vocabulary.pitch_rows, 2, seed=1)
    networks.requires_grad_(False)
    modules = {"autoencoder": networks.autoencoder, "lstm": networks.sequence}
    module = modules.get(phase, networks.synthesizer).requires_grad_(True)
    batches = NoteBatches(dataset, vocabulary, dataset.notes, 7, 3, group.rank, group.world_size)
    # A learning rate of zero: the LSTM's chunks then all see the first parameters.
    optimizer = torch.optim.SGD(module.parameters(), lr=0.0)
    trainee = Trainee(networks, group.wrap(module), optimizer, group)
    loss = step(phase, trainee, next(batches.epoch(phase, 0)), micro_batch_size)
    gradients = {n: p.grad for n, p in networks.named_parameters() if p.grad is not None}
    return {"loss": group.total(loss), "gradients": gradients}


def main(data: str, out: str, micro_batch_size: str) -> None:
    with processes("cpu") as group:
        results = {
            phase: measure(phase, Path(data), int(micro_batch_size), group) for phase in PHASES
        }
        if group.is_main:
            torch.save(results, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
