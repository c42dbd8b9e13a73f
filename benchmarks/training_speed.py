"""A training step of each phase, beside the public implementation's way of computing it.

Both formulations get the same parameters' sizes, the same notes and float32, and are timed in turn
in one run. The plain one is what the public code does: Conv1d and ConvTranspose1d with the window
multiplied onto the weights, torch's LSTM, torch.stft with autograd through it, torch's unfused
Adam. Printed: notes per second of both, their ratio, and ours as a share of what the public code
would reach here if it scaled with the matrix product. That product is timed in the same turns: what
else the machine does slows it as much as the steps.

    python benchmarks/training_speed.py [--hidden 1024 --channels 4096 --batch 8 --steps 3]
                                        [--phase lstm]
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
from sing.model.recurrence import State
from sing.model.sequence import SequenceGenerator
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


class PlainSequence(nn.Module):
    """torch's own LSTM at every size, on the parameters of ours."""

    def __init__(self, ours: SequenceGenerator) -> None:
        super().__init__()
        self.embeddings, self.lstm, self.projection = ours.embeddings, ours.lstm, ours.projection

    def forward(
        self, keys: Tensor, start: int = 0, stop: int = NOTE_FRAMES, state: State | None = None
    ) -> tuple[Tensor, State]:
        hidden, state = self.lstm(self.embeddings(keys, start, stop), state)
        return self.projection(hidden), state


def plain_spectral_loss(reference: Tensor, estimate: Tensor) -> Tensor:
    window = torch.hann_window(1024)

    def log_power(waveform: Tensor) -> Tensor:
        stft = torch.stft(waveform, 1024, 256, window=window, center=False, return_complex=True)
        return torch.log(1 + stft.real**2 + stft.imag**2)

    return (log_power(reference) - log_power(estimate)).abs().mean()


def plain_steps(networks: Sing, channels: int, batch: Batch) -> dict[str, Callable[[], None]]:
    """The public way of computing each phase."""
    encoder, decoder = PlainEncoder(channels), PlainDecoder(channels)
    sequence = PlainSequence(networks.sequence)
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


def matrix_rate(size: int = 2048, times: int = 5) -> float:
    """GFLOP/s of torch's float32 matrix product, over several of them."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    _ = a @ b
    return 2 * size**3 * times / sum(seconds(lambda: a @ b) for _ in range(times)) / 1e9


def report(phase: str, size: tuple[int, int, int], turns: list[tuple[float, ...]]) -> str:
    """A line on one phase from turns of (seconds of ours, of the plain one, GFLOP/s)."""
    mine, theirs, peak = (statistics.median(column) for column in zip(*turns, strict=True))
    ratio = statistics.median(other / own for own, other, _ in turns)
    line = f"{phase:12} {size[2] / mine:7.2f} notes/s   plain {size[2] / theirs:7.2f}   "
    line += f"ratio {ratio:.2f}   matrix product {peak:.0f} GFLOP/s"
    if size in PUBLIC:
        public = [PUBLIC[size][phase] * rate / PUBLIC_PEAK for _, _, rate in turns]
        share = statistics.median(
            size[2] / own / rate for (own, _, _), rate in zip(turns, public, strict=True)
        )
        line += f"   public at that {statistics.median(public):.2f} (x {share:.2f})"
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--channels", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--phase", action="append", choices=["autoencoder", "lstm", "finetune"])
    arguments = parser.parse_args()
    keep_freed_memory()  # as sing train does; the plain formulation profits too
    config = ModelConfig(hidden_channels=arguments.hidden, decoder_channels=arguments.channels)
    networks = build(config, 1006, 121, 5, seed=0)
    generator = torch.Generator().manual_seed(0)
    waveforms = 0.1 * torch.randn(arguments.batch, 64_000, generator=generator)
    keys = torch.zeros(arguments.batch, 3, dtype=torch.long)
    batch = Batch(keys, waveforms, torch.arange(arguments.batch), arguments.batch)
    ours, plain = our_steps(networks, batch), plain_steps(networks, arguments.channels, batch)
    size = (arguments.hidden, arguments.channels, arguments.batch)
    print(f"hidden {size[0]}, channels {size[1]}, batch {size[2]}, "
          f"{torch.get_num_threads()} threads")  # fmt: skip
    for phase in arguments.phase or ours:
        step, other = ours[phase], plain[phase]
        step(), other()
        turns = [(seconds(step), seconds(other), matrix_rate()) for _ in range(arguments.steps)]
        print(report(phase, size, turns), flush=True)


if __name__ == "__main__":
    main()
