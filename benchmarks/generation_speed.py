"""Claim: generation is not slower than the public implementation's way of computing.

Measures, in one run and in turns so that a busy machine slows all alike: our engine; the plain
formulation (nn.LSTM, Conv1d, ConvTranspose1d with the same weights, the window multiplied in at
each call); and the machine's own float32 matrix product, the peak that both are held against.
Times are the best of the rounds. Threads that share a core with another process wait for each
other: on a machine that is not idle set OMP_NUM_THREADS to the number of free cores.

    python benchmarks/generation_speed.py [--size paper] [--batch 8] [--rounds 3]

The public implementation at paper size, measured on two cores whose matrix product gives 258
GFLOP/s: 22.9 seconds of audio per second at batch 8 (a share of 0.74 of that peak) and 8.5 at batch
1 (0.27).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from sing.config import ModelConfig, load_config
from sing.generate.engine import Engine
from sing.generate.stream import Clock, Streamer
from sing.model.sing import Sing, build

CARDINALITIES = (1006, 121, 5)
PEAK_SIZE = 2048
PUBLIC_SHARES = {1: 0.27, 8: 0.74}


class Plain(nn.Module):
    """SING with torch's own layers, all 265 frames, with the weights of one of our models."""

    def __init__(self, networks: Sing) -> None:
        super().__init__()
        decoder = networks.decoder
        channels = decoder.context.out_channels
        self.sequence = networks.sequence
        self.layers = nn.Sequential(
            decoder.context,
            nn.ReLU(),
            nn.Conv1d(channels, channels, 1),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 1),
            nn.ReLU(),
        )
        self.transposed = nn.ConvTranspose1d(channels, 1, 1024, 256, padding=768)
        self.window = decoder.synthesis.window
        with torch.no_grad():
            for place, layer in ((2, decoder.pointwise_1), (4, decoder.pointwise_2)):
                self.layers[place].weight.copy_(layer.weight.unsqueeze(2))
                self.layers[place].bias.copy_(layer.bias)
            self.transposed.weight.copy_(decoder.synthesis.weight.unsqueeze(1))
            self.transposed.bias.copy_(decoder.synthesis.bias)

    def forward(self, keys: Tensor) -> Tensor:
        codes, _ = self.sequence(keys)
        hidden = self.layers(codes.transpose(1, 2))
        weight = self.transposed.weight * self.window
        decoded = nn.functional.conv_transpose1d(hidden, weight, self.transposed.bias, 256, 768)
        return decoded[:, 0, 512:-512]


class StaticOnce(nn.Module):
    """The LSTM as a loop of cells; instrument, pitch and velocity are multiplied once a note."""

    def __init__(self, networks: Sing) -> None:
        super().__init__()
        self.sequence = networks.sequence

    def forward(self, keys: Tensor) -> Tensor:
        sequence = self.sequence
        embeddings, lstm = sequence.embeddings, sequence.lstm
        note = embeddings.note(keys)
        gates = torch.empty(0)
        rows = torch.empty(0)
        for place, (input_weight, recurrent_weight, *biases) in enumerate(lstm.all_weights):
            bias = biases[0] + biases[1]
            if place == 0:
                static = note @ input_weight[:, : note.shape[1]].T + bias
                moving = embeddings.time.weight @ input_weight[:, note.shape[1] :].T
                gates = moving.unsqueeze(1) + static
            else:
                gates = nn.functional.linear(rows, input_weight, bias)
            hidden = cell = gates.new_zeros(len(keys), lstm.hidden_size)
            rows = gates.new_empty(len(gates), len(keys), lstm.hidden_size)
            for step, static_part in enumerate(gates):
                gate = torch.addmm(static_part, hidden, recurrent_weight.T)
                input_gate, forget_gate, cell_gate, output_gate = gate.chunk(4, dim=1)
                cell = forget_gate.sigmoid() * cell + input_gate.sigmoid() * cell_gate.tanh()
                hidden = output_gate.sigmoid() * cell.tanh()
                rows[step] = hidden
        return sequence.projection(rows).transpose(0, 1)


def note_flop(model: ModelConfig) -> int:
    """Floating-point operations of a note, two a multiplication with addition."""
    hidden, channels, codes = model.hidden_channels, model.decoder_channels, model.code_channels
    inputs = [30] + [hidden] * (model.lstm_layers - 1)
    step = sum(4 * hidden * (width + hidden) for width in inputs) + hidden * codes
    frame = channels * (9 * codes + 2 * channels + 1024)
    return 2 * (265 * step + 257 * frame)


def best_times(contestants: dict[str, Callable[[], Tensor]], rounds: int) -> dict[str, float]:
    """The shortest time of each, in seconds, after one call each to warm up."""
    best = dict.fromkeys(contestants, float("inf"))
    for turn in range(rounds + 1):
        for name, contestant in contestants.items():
            began = time.perf_counter()
            contestant()
            if turn:
                best[name] = min(best[name], time.perf_counter() - began)
    return best


def measure(size: str, model: ModelConfig, batch: int, rounds: int) -> None:
    """Print the results of one size and batch."""
    networks = build(model, *CARDINALITIES, seed=0).eval()
    engine, plain, static = Engine(networks.synthesizer), Plain(networks), StaticOnce(networks)
    place = torch.arange(batch)
    keys = torch.stack([place * 37 % 1006, 30 + place % 60, place % 5], dim=1)
    square = torch.randn(PEAK_SIZE, PEAK_SIZE, generator=torch.Generator().manual_seed(0))
    difference = (engine.generate(keys) - plain(keys)).abs().max().item()
    assert difference < 1e-5, difference
    best = best_times(
        {
            "plain": lambda: plain(keys),
            "engine": lambda: engine.generate(keys),
            "lstm": lambda: networks.sequence(keys)[0],
            "static": lambda: static(keys),
            "peak": lambda: square @ square,
        },
        rounds,
    )
    audio, flop = 4 * batch, batch * note_flop(model)
    peak = 2 * PEAK_SIZE**3 / best["peak"]
    shares = {name: flop / best[name] / peak for name in ("plain", "engine")}
    public = (
        f", public {PUBLIC_SHARES[batch]}" if size == "paper" and batch in PUBLIC_SHARES else ""
    )
    print(f"{size} size, batch {batch}: peak {peak / 1e9:.0f} GFLOP/s")
    print(f"  plain   {audio / best['plain']:8.1f} seconds of audio per second")
    print(
        f"  engine  {audio / best['engine']:8.1f}, {best['plain'] / best['engine']:.2f} times plain"
    )
    print(
        f"  share of the peak: plain {shares['plain']:.2f}, engine {shares['engine']:.2f}{public}"
    )
    print(
        f"  LSTM with static inputs multiplied once: {best['lstm'] / best['static']:.2f} "
        "times as fast as torch's own"
    )
    if batch == 1:
        clock = Clock()
        for _ in clock.timed(iter(Streamer(engine, keys[0]))):
            pass
        print(
            f"  streamed: first 256 samples after {1000 * clock.first_block:.1f} ms, real-time "
            f"factor {clock.real_time_factor:.3f}, latest block {1000 * clock.latest:.0f} ms late"
        )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", action="append", choices=("paper", "demo"))
    parser.add_argument("--batch", action="append", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{torch.get_num_threads()} thread(s), torch {torch.__version__}")
    configs = {"paper": ModelConfig(), "demo": load_config("demo").model}
    with torch.inference_mode():
        for size in arguments.size or configs:
            for batch in arguments.batch or (1, 8):
                measure(size, configs[size], batch, arguments.rounds)


if __name__ == "__main__":
    main()
