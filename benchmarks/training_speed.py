"""A training step of each phase, beside the public implementation's way of computing it.

Both formulations get the same parameters' sizes, the same notes and float32, and are timed in turn
in one run. The plain one is what the public code does: Conv1d and ConvTranspose1d with the window
multiplied onto the weights, torch.stft with autograd through it, torch's unfused Adam. Printed:
notes per second of both, their ratio, and ours as a share of the machine's own matrix product.

    python benchmarks/training_speed.py [--hidden 1024 --channels 4096 --batch 8 --steps 3]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv_transpose1d

from sing.config import AutoencoderPhase, FinetunePhase, LstmPhase, ModelConfig
from sing.data.batches import Batch
from sing.losses import spectral_loss
from sing.memory import keep_freed_memory
from sing.model.framing import NOTE_FRAMES, decoder_target, pad_note, squared_hann
from sing.model.sing import Sing, build
from sing.processes import Processes
from sing.train.steps import Trainee, autoencoder_step, finetune_step, lstm_step

# facts: measured on the public code, notes per second at these sizes and batches, two threads of a
# machine whose float32 matrix product gave 258 GFLOP/s.
PUBLIC = {
    (1024, 4096, 8): {"autoencoder": 1.4, "lstm": 2.9, "finetune": 1.42},
    (512, 1024, 32): {"autoencoder": 13.9, "lstm": 18.6, "finetune": 10.8},
    (256, 512, 32): {"autoencoder": 26.0, "lstm": 56.0, "finetune": 24.0},
    (128, 256, 32): {"autoencoder": 56.0, "lstm": 163.0, "finetune": 48.0},
}
PUBLIC_PEAK = 258.0


class PlainEncoder(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(1, channels, 1024, 256)
        self.register_buffer("window", squared_hann())
        self.rest = nn.Sequential(
            nn.ReLU(), nn.Conv1d(channels, channels, 1), nn.ReLU(),
            nn.Conv1d(channels, channels, 1), nn.ReLU(), nn.Conv1d(channels, 128, 1),
        )  # fmt: skip

    def forward(self, padded: Tensor) -> Tensor:
        weight = self.first.weight * self.window
        return self.rest(conv1d(padded.unsqueeze(1), weight, self.first.bias, stride=256))


class PlainDecoder(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(128, channels, 9), nn.ReLU(), nn.Conv1d(channels, channels, 1), nn.ReLU(),
            nn.Conv1d(channels, channels, 1), nn.ReLU(),
        )  # fmt: skip
        self.last = nn.ConvTranspose1d(channels, 1, 1024, 256, padding=768)
        self.register_buffer("window", squared_hann())

    def forward(self, codes: Tensor) -> Tensor:
        weight = self.last.weight * self.window
        hidden = self.layers(codes)
        return conv_transpose1d(hidden, weight, self.last.bias, stride=256, padding=768).squeeze(1)


def plain_spectral_loss(reference: Tensor, estimate: Tensor) -> Tensor:
    window = torch.hann_window(1024)

    def log_power(waveform: Tensor) -> Tensor:
        stft = torch.stft(waveform, 1024, 256, window=window, center=False, return_complex=True)
        return torch.log(1 + stft.real**2 + stft.imag**2)

    return (log_power(reference) - log_power(estimate)).abs().mean()


def plain_steps(networks: Sing, channels: int, batch: Batch) -> dict[str, Callable[[], None]]:
    """The public way of computing each phase; the LSTM is torch's own in both."""
    encoder, decoder, sequence = PlainEncoder(channels), PlainDecoder(channels), networks.sequence
    autoencoder = nn.Sequential(encoder, decoder)
    target = decoder_target(pad_note(batch.waveforms))
    optimizers = {
        "autoencoder": torch.optim.Adam(autoencoder.parameters(), 3e-4, fused=False, foreach=False),
        "lstm": torch.optim.Adam(sequence.parameters(), 3e-4, fused=False, foreach=False),
        "finetune": torch.optim.Adam(
            [*sequence.parameters(), *decoder.parameters()], 3e-4, fused=False, foreach=False
        ),
    }

    def update(phase: str, loss: Tensor) -> None:
        optimizers[phase].zero_grad()
        loss.backward()
        optimizers[phase].step()

    def autoencoder_plain() -> None:
        update("autoencoder", plain_spectral_loss(target, autoencoder(pad_note(batch.waveforms))))

    def lstm_plain() -> None:
        with torch.no_grad():
            codes = encoder(pad_note(batch.waveforms)).transpose(1, 2)
        state = None
        for start in range(0, NOTE_FRAMES, 32):
            stop = min(start + 32, NOTE_FRAMES)
            estimate, (hidden, cell) = sequence(batch.keys, start, stop, state)
            state = (hidden.detach(), cell.detach())
            update("lstm", (estimate - codes[:, start:stop]).square().mean())

    def finetune_plain() -> None:
        estimate = decoder(sequence(batch.keys)[0].transpose(1, 2))
        update("finetune", plain_spectral_loss(target, estimate))

    return {"autoencoder": autoencoder_plain, "lstm": lstm_plain, "finetune": finetune_plain}


def our_steps(networks: Sing, batch: Batch) -> dict[str, Callable[[], None]]:
    alone = Processes(0, 1, torch.device("cpu"))

    def trainee(module: nn.Module) -> Trainee:
        optimizer = torch.optim.Adam(module.parameters(), 3e-4, fused=True)
        return Trainee(networks, module, optimizer, alone)

    parts = {
        "autoencoder": trainee(networks.autoencoder),
        "lstm": trainee(networks.sequence),
        "finetune": trainee(networks.synthesizer),
    }
    return {
        "autoencoder": lambda: autoencoder_step(
            parts["autoencoder"], batch, AutoencoderPhase(), spectral_loss, ""
        ),
        "lstm": lambda: lstm_step(parts["lstm"], batch, LstmPhase()),
        "finetune": lambda: finetune_step(parts["finetune"], batch, FinetunePhase(), spectral_loss),
    }


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def matrix_peak(size: int = 2048) -> float:
    """GFLOP/s of torch's float32 matrix product, the best of ten."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    return 2 * size**3 / min(seconds(lambda: a @ b) for _ in range(10)) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--channels", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    arguments = parser.parse_args()
    keep_freed_memory()  # as sing train does; the plain formulation profits too
    config = ModelConfig(hidden_channels=arguments.hidden, decoder_channels=arguments.channels)
    networks = build(config, 1006, 121, 5, seed=0)
    generator = torch.Generator().manual_seed(0)
    waveforms = 0.1 * torch.randn(arguments.batch, 64_000, generator=generator)
    keys = torch.zeros(arguments.batch, 3, dtype=torch.long)
    batch = Batch(keys, waveforms, torch.arange(arguments.batch), arguments.batch)
    ours, plain = our_steps(networks, batch), plain_steps(networks, arguments.channels, batch)
    peak = matrix_peak()
    size = (arguments.hidden, arguments.channels, arguments.batch)
    print(f"hidden {size[0]}, channels {size[1]}, batch {size[2]}, "
          f"{torch.get_num_threads()} threads, matrix product {peak:.0f} GFLOP/s")  # fmt: skip
    for phase, step in ours.items():
        step(), plain[phase]()
        pairs = [(seconds(step), seconds(plain[phase])) for _ in range(arguments.steps)]
        mine, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(other / own for own, other in pairs)
        line = f"{phase:12} {size[2] / mine:7.2f} notes/s   plain {size[2] / theirs:7.2f}   "
        line += f"ratio {ratio:.2f}"
        if size in PUBLIC:
            # The public rate on this machine, if it scales with the matrix product.
            target = PUBLIC[size][phase] * peak / PUBLIC_PEAK
            line += f"   public at this peak {target:.2f} (x {size[2] / mine / target:.2f})"
        print(line, flush=True)


if __name__ == "__main__":
    main()
