"""What the runs cost: hours of training, from their histories."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sing import files


@dataclass(frozen=True)
class Hours:
    """A run's epochs and hours of training.

    `elapsed` is what the clock said, pauses of a machine included; `paced` takes each epoch for
    as long as the median one of its phase.
    """

    name: str
    epochs: int
    elapsed: float
    paced: float


def hours_of(name: str, run: Path) -> Hours:
    """The hours of the run in a folder; zeros before its first epoch."""
    path = run / "history.csv"
    rows = files.read_csv(path, ("phase", "seconds")) if path.is_file() else []
    seconds: dict[str, list[float]] = {}
    for row in rows:
        seconds.setdefault(row["phase"], []).append(float(row["seconds"]))
    paced = sum(len(of_phase) * statistics.median(of_phase) for of_phase in seconds.values())
    return Hours(name, len(rows), sum(map(sum, seconds.values())) / 3600, paced / 3600)


def total(all_hours: Sequence[Hours]) -> Hours:
    """The sum of several runs."""
    sums = (sum(getattr(run, key) for run in all_hours) for key in ("epochs", "elapsed", "paced"))
    return Hours("all", *sums)


def hours_lines(all_hours: Sequence[Hours]) -> list[str]:
    """The table for a terminal, with a line of sums."""
    lines = [f"{'run':<24}{'epochs':>8}{'hours':>8}{'at median pace':>16}"]
    for run in (*all_hours, total(all_hours)):
        lines.append(f"{run.name:<24}{run.epochs:>8}{run.elapsed:>8.2f}{run.paced:>16.2f}")
    return lines
