"""Claim: rainbowgrams are at least 3 times faster in batches than note by note.

Both are librosa's constant-Q transform on one core, in turns within this one run, and medians of
processor seconds are compared. librosa makes its filters anew in every call: in a batch, 16 notes
share them. Both ways give the same pictures. The published recipe as it is usually written
(librosa.cqt, unwrap, two matplotlib maps), note by note, is printed too.

    python benchmarks/rainbowgram_speed.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import statistics
import time
from collections.abc import Callable

import librosa
import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from eval_suite.rainbowgram import BATCH, rainbowgrams
from sing.audio import NOTE_SAMPLES, SAMPLE_RATE
from sing.memory import keep_freed_memory

TARGET = 3.0
ALONE, BATCHED, RECIPE = "note by note", f"in batches of {BATCH}", "published recipe, note by note"


def make_notes(count: int) -> NDArray[np.float32]:
    """Decaying harmonic tones with a little noise, [count, 64000]."""
    seconds = np.arange(NOTE_SAMPLES) / SAMPLE_RATE
    generator = np.random.default_rng(0)
    notes = np.empty((count, NOTE_SAMPLES), dtype=np.float32)
    for row in range(count):
        pitch = 110 * 2 ** (row % 36 / 12)
        tone = sum(np.sin(2 * np.pi * pitch * k * seconds) / k for k in range(1, 6))
        notes[row] = 0.2 * tone * np.exp(-seconds) + 1e-3 * generator.standard_normal(NOTE_SAMPLES)
    return notes


def alone(notes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """One call a note."""
    return np.concatenate([rainbowgrams(note[None]) for note in notes])


def recipe(notes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Note by note, in the steps in which the NSynth paper's authors published it."""
    pictures = []
    for note in notes:
        transform = librosa.cqt(
            note, sr=16_000, hop_length=256, bins_per_octave=40, n_bins=240, filter_scale=0.8,
            fmin=librosa.note_to_hz("C2"),
        )  # fmt: skip
        magnitude, phase = librosa.magphase(transform)
        advance = np.diff(np.unwrap(np.angle(phase)), axis=1, prepend=0) / np.pi
        advance[:, 0] = 0
        decibels = librosa.power_to_db(magnitude**2, amin=1e-13, top_db=70, ref=np.max)
        levels = np.clip(decibels / 70 + 1, 0, 1)
        hues = colormaps["rainbow"]((advance + 1) / 2)[..., :3]
        pictures.append(np.rint(255 * hues * levels[..., None]).astype(np.uint8))
    return np.stack(pictures)


def measure(count: int, turns: int) -> tuple[dict[str, float], int]:
    """Median processor seconds a note for each way, and the largest difference of a pixel."""
    notes = make_notes(count)
    ways: dict[str, Callable[[NDArray[np.float32]], NDArray[np.uint8]]] = {
        ALONE: alone,
        BATCHED: rainbowgrams,
        RECIPE: recipe,
    }
    pictures = {way: function(notes) for way, function in ways.items()}  # and warm-up
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(turns):
        for way, function in ways.items():
            start = time.process_time()
            function(notes)
            seconds[way].append((time.process_time() - start) / count)
    difference = np.abs(pictures[ALONE].astype(int) - pictures[BATCHED]).max()
    return {way: statistics.median(spent) for way, spent in seconds.items()}, int(difference)


def main() -> None:
    """Measure and print times and ratios."""
    arguments = argparse.ArgumentParser(description="Speed of rainbowgrams, one core.")
    arguments.add_argument("--notes", type=int, default=32)
    arguments.add_argument("--turns", type=int, default=5)
    given = arguments.parse_args()
    keep_freed_memory()
    seconds, difference = measure(given.notes, given.turns)
    print(f"processor time for a rainbowgram, {given.notes} notes, one core")
    for way, spent in seconds.items():
        print(f"{way:32}{1000 * spent:6.1f} ms {1 / spent:5.0f} notes a second")
    print(f"largest difference of a pixel between the two ways: {difference} of 255")
    ratio = seconds[ALONE] / seconds[BATCHED]
    verdict = "met" if ratio >= TARGET else "MISSED"
    print(f"ratio: {ratio:.1f} (target: at least {TARGET:.0f}, {verdict})")


if __name__ == "__main__":
    main()
