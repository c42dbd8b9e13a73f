"""Claims about `sing-eval metrics` at scale, each measured against another way in this very run.

1. All metrics of the paper, notes from a packed dataset: within 2.5 times of what the FFTs of the
   same waveforms take alone (frames times window, torch.fft.rfft, one core).
2. Memory is flat: the peak of a process that scored eight times as many notes is no higher.
3. Per metric that a peer shares, faster than the peer on the same waveforms: auraloss for
   multi_resolution_stft, torchmetrics for wav_mse.

    python benchmarks/metrics_scale.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import auraloss
import numpy as np
import torch
import torchmetrics.functional.regression as peers
from numpy.typing import NDArray

from eval_suite.metrics.metric import parse_metric, parse_metrics
from eval_suite.plan import Plan
from eval_suite.scoring import score_batch
from eval_suite.sources import DatasetSource
from sing.audio import write_waveform
from sing.data.nsynth import open_dataset, write_examples
from sing.data.pack import pack
from sing.losses import HOP_LENGTH, N_FFT
from sing.memory import keep_freed_memory
from sing.notes import Note
from sing.workers import worker_pool

TARGET = 2.5
WINDOW = torch.hann_window(N_FFT, periodic=True)


def make_dataset(folder: Path, count: int, detuning: float) -> DatasetSource:
    """A packed dataset of decaying tones."""
    notes = [Note("organ_electronic_000", 24 + n % 84, n // 84) for n in range(count)]
    seconds = np.arange(64_000) / 16_000
    generator = np.random.default_rng(0)
    (folder / "audio").mkdir(parents=True)
    for note in notes:
        tone = np.sin(2 * np.pi * note.frequency * detuning * seconds)
        noisy = 0.3 * tone * np.exp(-seconds) + generator.normal(0, 1e-3, 64_000)
        write_waveform(folder / "audio" / f"{note.name}.wav", noisy)
    write_examples(folder, notes)
    pack(open_dataset(folder))
    return DatasetSource(open_dataset(folder))


def plan_for(reference: DatasetSource, estimate: DatasetSource, systems: int) -> Plan:
    notes = tuple(sorted(reference.dataset.notes, key=lambda note: note.name))
    metrics = parse_metrics(())
    return Plan(reference, (estimate,) * systems, notes, metrics, 0, "cpu", keeps_features=False)


def prepare() -> None:
    torch.set_num_threads(1)
    keep_freed_memory()


def timed(act: Callable[[], object]) -> float:
    """Processor seconds."""
    started = time.process_time()
    act()
    return time.process_time() - started


def score_all(plan: Plan) -> None:
    for index in range(plan.batch_count):
        score_batch(plan, index)


def ffts_alone(waveforms: torch.Tensor) -> None:
    """The FFTs of waveforms [B, T], eight at a time."""
    for part in waveforms.split(8):
        torch.fft.rfft(part.unfold(-1, N_FFT, HOP_LENGTH) * WINDOW)


def compare_with_ffts(
    reference: DatasetSource, estimate: DatasetSource, systems: int, turns: int
) -> tuple[float, float]:
    """Medians of processor seconds for a scored pair: all of ours, and the FFTs alone."""
    plan = plan_for(reference, estimate, systems)
    heard = torch.from_numpy(reference.sounds(plan.notes).waveforms)
    score_all(plan), ffts_alone(heard)
    ours, alone = [], []
    for _ in range(turns):
        ours.append(timed(lambda: score_all(plan)))
        alone.append(timed(lambda: [ffts_alone(heard) for _ in range(systems + 1)]))
    pairs = len(plan.notes) * systems
    return statistics.median(ours) / pairs, statistics.median(alone) / pairs


def peak_memory(folder: Path, systems: int) -> float:
    """MB of this process's own memory, at most, while scoring the folder's datasets.

    The pages of the packs, which the system drops when it needs the room, do not count (Linux).
    """
    prepare()
    plan = plan_for(*(opened(folder / name) for name in ("reference", "estimate")), systems)
    peak = 0.0
    for index in range(plan.batch_count):
        score_batch(plan, index)
        status = Path("/proc/self/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("RssAnon"))
        peak = max(peak, int(line.split()[1]) / 1024)
    return peak


def opened(folder: Path) -> DatasetSource:
    return DatasetSource(open_dataset(folder))


def peer_ways(
    reference: NDArray[np.float32], estimate: NDArray[np.float32]
) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """By metric: ours and the peer's way to one value a note."""
    loss = auraloss.freq.MultiResolutionSTFTLoss()
    first, second = torch.from_numpy(reference), torch.from_numpy(estimate)
    multi, square = parse_metric("multi_resolution_stft"), parse_metric("wav_mse")

    def auraloss_way() -> list[float]:
        pairs = zip(first, second, strict=True)
        return [loss(other[None, None], one[None, None]).item() for one, other in pairs]

    def torchmetrics_way() -> list[float]:
        pairs = zip(first, second, strict=True)
        return [peers.mean_squared_error(other, one).item() for one, other in pairs]

    return {
        "multi_resolution_stft, auraloss": (lambda: multi(reference, estimate), auraloss_way),
        "wav_mse, torchmetrics": (lambda: square(reference, estimate), torchmetrics_way),
    }


def report_peers(reference: DatasetSource, estimate: DatasetSource, turns: int) -> None:
    notes = sorted(reference.dataset.notes, key=lambda note: note.name)[:32]
    waveforms = [source.sounds(notes).waveforms for source in (reference, estimate)]
    for name, (ours, theirs) in peer_ways(*waveforms).items():
        largest = np.abs(np.divide(np.array(ours()), np.array(theirs())) - 1).max()
        pairs = [(timed(ours), timed(theirs)) for _ in range(turns)]
        mine, other = (
            statistics.median(column) / len(notes) for column in zip(*pairs, strict=True)
        )
        print(
            f"{name}: {1000 * mine:.3f} ms a note, peer {1000 * other:.3f}: {other / mine:.1f} "
            f"times faster (target: more than 1); values differ by {largest:.0e}"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description="Metrics at scale, each claim in one run.")
    arguments.add_argument("--notes", type=int, default=64)
    arguments.add_argument("--turns", type=int, default=7)
    given = arguments.parse_args()
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        for count in (given.notes, 8 * given.notes):
            for name, detuning in (("reference", 1.0), ("estimate", 1.01)):
                make_dataset(Path(folder, str(count), name), count, detuning)
        small = Path(folder, str(given.notes))
        reference, estimate = opened(small / "reference"), opened(small / "estimate")
        for systems in (1, 4):
            ours, alone = compare_with_ffts(reference, estimate, systems, given.turns)
            verdict = "met" if ours <= TARGET * alone else "MISSED"
            print(
                f"{systems} system(s): {1000 * ours:.2f} ms a pair, FFTs alone "
                f"{1000 * alone:.2f} ms: ratio {ours / alone:.2f} (target {TARGET}, {verdict})"
            )
        peaks = []
        for count in (given.notes, 8 * given.notes):
            with worker_pool(1) as fresh:
                peaks.append(fresh.submit(peak_memory, Path(folder, str(count)), 4).result())
        print(
            f"peak memory: {peaks[0]:.0f} MB for {given.notes} notes, {peaks[1]:.0f} MB for "
            f"{8 * given.notes}: ratio {peaks[1] / peaks[0]:.2f}"
        )
        report_peers(reference, estimate, given.turns)


if __name__ == "__main__":
    main()
