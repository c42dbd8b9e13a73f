"""Claim: `sing-eval metrics` scores notes at least 5 times faster than one by one with librosa.

Both read the same wav files and compute the same six metrics on one core, in turns within this one
run; medians of processor seconds are compared, per scored pair (system, note). One by one means
soundfile.read, librosa.stft and numpy as they come, which is in float64, in a process of its own;
the same in float32, and in a process that keeps its freed memory as ours does, is printed too. The
claim is made for a table of four systems, the least that the command prints (one system and three
baselines): there the reference's spectra serve four times.

    python benchmarks/metrics_speed.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import librosa
import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from eval_suite.metrics.metric import parse_metrics
from eval_suite.plan import Plan
from eval_suite.scoring import score_batch
from eval_suite.sources import Source, SystemSource
from sing.audio import NOTE_SAMPLES
from sing.memory import keep_freed_memory
from sing.notes import Note
from sing.systems import System, SystemWriter
from sing.workers import worker_pool

TARGET = 5.0
BASELINE = "librosa float64"


def librosa_one_by_one(
    reference: System, estimate: System, notes: list[Note], dtype: str
) -> NDArray[np.float64]:
    """The straightforward way, [notes, metrics]: read, librosa.stft, numpy, note after note."""
    rows = []
    for note in notes:
        paths = [system.audio_path(note) for system in (reference, estimate)]
        waves = [soundfile.read(path, dtype=dtype)[0] for path in paths]
        spectra = [librosa.stft(w, n_fft=1024, hop_length=256, center=False) for w in waves]
        magnitudes = [np.abs(spectrum) for spectrum in spectra]
        powers = [magnitude**2 for magnitude in magnitudes]
        logs = [np.log(1 + power) for power in powers]
        difference = logs[0] - logs[1]
        rows.append(
            [
                np.abs(difference).mean(),
                (difference**2).mean(),
                ((magnitudes[0] - magnitudes[1]) ** 2).mean(),
                ((powers[0] - powers[1]) ** 2).mean(),
                ((waves[0] - waves[1]) ** 2).mean(),
                (np.exp(difference) - difference - 1).mean(),
            ]
        )
    return np.array(rows, dtype=np.float64)


def make_notes(folder: Path, count: int) -> tuple[list[Note], System, System]:
    """Two system folders of decaying harmonic tones with a little noise, the second detuned."""
    notes = [Note("organ_electronic_000", 24 + n % 84, 25 + n // 84) for n in range(count)]
    seconds = np.arange(NOTE_SAMPLES) / 16_000
    generator = np.random.default_rng(0)
    systems = []
    for name, detuning in (("reference", 1.0), ("estimate", 1.01)):
        writer = SystemWriter(folder / name, name, "benchmark")
        for note in notes:
            cycles = note.frequency * detuning * seconds
            tone = sum(np.sin(2 * np.pi * order * cycles) / order for order in range(1, 5))
            noise = generator.normal(0, 1e-3, NOTE_SAMPLES)
            writer.write(note, 0.3 * tone * np.exp(-seconds) + noise)
        systems.append(writer.finish(notes))
    return notes, systems[0], systems[1]


def ours(
    reference: System, estimates: list[System], notes: list[Note]
) -> tuple[NDArray[np.float64], float]:
    """The values of the first estimate [notes, metrics], and the seconds spent reading."""
    systems: tuple[Source, ...] = tuple(SystemSource(estimate) for estimate in estimates)
    plan = Plan(SystemSource(reference), systems, tuple(notes), parse_metrics(()), 0, "cpu")
    batches = [score_batch(plan, index) for index in range(plan.batch_count)]
    values = np.concatenate([batch.values[0] for batch in batches])
    return values, sum(batch.reading for batch in batches)


def timed_librosa(
    reference: System, estimate: System, notes: list[Note], dtype: str
) -> tuple[float, NDArray[np.float64]]:
    """Processor seconds a pair, and the values."""
    started = time.process_time()
    values = librosa_one_by_one(reference, estimate, notes, dtype)
    return (time.process_time() - started) / len(notes), values


def timed_ours(
    reference: System, estimate: System, notes: list[Note], systems: int
) -> tuple[float, float, NDArray[np.float64]]:
    """Processor seconds a pair, of which reading, and the values."""
    started = time.process_time()
    values, reading = ours(reference, [estimate] * systems, notes)
    pairs = systems * len(notes)
    return (time.process_time() - started) / pairs, reading / pairs, values


def prepare_as_the_command_does() -> None:
    """One thread, and the allocator's setting."""
    torch.set_num_threads(1)
    keep_freed_memory()


def measure(notes_count: int, turns: int) -> tuple[dict[str, float], float]:
    """Processor seconds a pair by way of scoring, and the largest relative difference of values."""
    seconds: dict[str, list[float]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as folder,
        worker_pool(1) as plain,
        worker_pool(1, prepare_as_the_command_does) as prepared,
    ):
        notes, reference, estimate = make_notes(Path(folder), notes_count)
        given = (reference, estimate, notes)
        ways = (
            ("librosa float32", plain, "float32"),
            ("librosa float64, keeps memory", prepared, "float64"),
            (BASELINE, plain, "float64"),
        )
        for pool in (plain, prepared):
            pool.submit(timed_librosa, reference, estimate, notes[:2], "float64").result()
        for _ in range(turns):
            for way, pool, dtype in ways:
                spent, expected = pool.submit(timed_librosa, *given, dtype).result()
                seconds[way].append(spent)
            for systems in (1, 4):
                spent, reading, values = prepared.submit(timed_ours, *given, systems).result()
                seconds[f"ours, {systems} system{'s' * (systems > 1)}"].append(spent)
            seconds["reading"].append(reading)
    difference = float(np.abs(values / expected - 1).max())
    return {way: statistics.median(spent) for way, spent in seconds.items()}, difference


def main() -> None:
    """Measure and print times, ratios, notes per second and the share of reading."""
    arguments = argparse.ArgumentParser(description="Speed of scoring against librosa, one core.")
    arguments.add_argument("--notes", type=int, default=64)
    arguments.add_argument("--turns", type=int, default=7)
    given = arguments.parse_args()
    seconds, difference = measure(given.notes, given.turns)
    reading = seconds.pop("reading")
    print("processor time for a note of one system, six metrics, one core")
    for way, spent in seconds.items():
        ratio = seconds[BASELINE] / spent
        print(f"{way:30}{1000 * spent:6.2f} ms {1 / spent:6.0f} notes a second, {ratio:4.1f} times")
    print(f"share of reading, 4 systems: {reading / seconds['ours, 4 systems']:.0%}")
    print(f"largest relative difference of a value to librosa's float64: {difference:.1e}")
    ratio = seconds[BASELINE] / seconds["ours, 4 systems"]
    verdict = "met" if ratio >= TARGET else "MISSED"
    print(f"ratio: {ratio:.1f} (target: at least {TARGET:.0f}, {verdict})")


if __name__ == "__main__":
    main()
