"""SING and its autoencoder, joined from the three networks of Section 4."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from sing.config import ModelConfig
from sing.model.decoder import Decoder
from sing.model.encoder import Encoder
from sing.model.framing import crop_note, pad_note
from sing.model.sequence import SequenceGenerator


class Autoencoder(nn.Module):
    """d(e(x)), the first phase of training and the upper bound of Table 1 (Section 4.3)."""

    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, padded: Tensor) -> Tensor:
        """The reconstruction [B, P - 3584] of padded waveforms [B, P]: see `decoder_target`."""
        result: Tensor = self.decoder(self.encoder(padded))
        return result

    def reconstruct(self, waveform: Tensor) -> Tensor:
        """Notes [B, 64000] -> their reconstructions [B, 64000]."""
        return crop_note(self(pad_note(waveform)))


class Synthesizer(nn.Module):
    """d(s(V, I, P)): the paper's SING, 63,747,927 parameters at its size (Section 4)."""

    def __init__(self, sequence: SequenceGenerator, decoder: Decoder) -> None:
        super().__init__()
        self.sequence = sequence
        self.decoder = decoder

    def forward(self, keys: Tensor) -> Tensor:
        """Decoded waveforms [B, 65024] of keys [B, 3] (instrument, pitch, velocity indices)."""
        codes, _ = self.sequence(keys)
        result: Tensor = self.decoder(codes)
        return result

    def generate(self, keys: Tensor) -> Tensor:
        """Notes [B, 64000] of keys [B, 3]."""
        return crop_note(self(keys))


class Sing(nn.Module):
    """The three networks that a run trains and keeps: `encoder`, `sequence`, `decoder`."""

    def __init__(
        self, config: ModelConfig, instruments: int, pitches: int, velocities: int
    ) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.sequence = SequenceGenerator(config, instruments, pitches, velocities)
        self.decoder = Decoder(config)
        if config.initialization == "kaiming":
            _initialize_kaiming(self.encoder, self.decoder)

    @property
    def autoencoder(self) -> Autoencoder:
        """The autoencoder, sharing this model's parameters."""
        return Autoencoder(self.encoder, self.decoder)

    @property
    def synthesizer(self) -> Synthesizer:
        """The synthesizer, sharing this model's parameters."""
        return Synthesizer(self.sequence, self.decoder)


def _initialize_kaiming(encoder: Encoder, decoder: Decoder) -> None:
    """Keep the signal's power through the ReLU layers, and start without biases.

    torch's default lets the signal fade and the biases speak: a small autoencoder then rests for
    long at the loss of silence (decisions/0005).
    """
    layers: tuple[nn.Linear | nn.Conv1d, ...] = (*encoder.relu_layers, *decoder.relu_layers)
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.constant_(layer.bias, 0.0)  # type: ignore[arg-type]


def build(config: ModelConfig, instruments: int, pitches: int, velocities: int, seed: int) -> Sing:
    """A model with freshly drawn parameters (torch's defaults), the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Sing(config, instruments, pitches, velocities)


class _LeftBlank(TorchFunctionMode):
    """Leaves out initialisation: on torch's device "meta" it would load its compiler (2 s)."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func.__name__ in ("uniform_", "normal_"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def blank(config: ModelConfig, instruments: int, pitches: int, velocities: int) -> Sing:
    """A model without memory for its parameters: to be counted, whatever its size."""
    with torch.device("meta"), _LeftBlank():
        return Sing(config, instruments, pitches, velocities)


def parameter_count(module: nn.Module) -> int:
    """How many numbers the module learns."""
    return sum(parameter.numel() for parameter in module.parameters())
