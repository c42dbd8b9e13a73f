"""A small synthetic study with all of its tables, as a folder of results."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.designs import crossed
from analysis.results import Results, open_results
from analysis.simulate import Population, note_names, simulate_choices, simulate_ratings
from analysis.study_run import Settings, analyse
from analysis.variances import Variances

SYSTEMS = {"ground-truth": 4.2, "sing": 3.5, "wavenet": 2.4}
ROWS = {"SING spectral": "sing", "Wavenet": "wavenet", "Ground Truth": "ground-truth"}


def metrics_frame() -> pd.DataFrame:
    """Spectral loss and wav MSE of 20 notes, every fourth of them held out."""
    generator = np.random.default_rng(0)
    rows = [
        {
            "system": system,
            "note": note,
            "split": "test" if place % 4 == 0 else "train",
            "spectral_loss": round(level * float(generator.lognormal(0, 0.3)), 6),
            "wav_mse": 0.0002,
            "reason": "",
        }
        for system, level in (("sing", 0.05), ("wavenet", 0.08))
        for place, note in enumerate(sorted(note_names(20).tolist()))
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def make_study(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a folder of results; `study` is its name, `leave` the files that it lacks."""

    def make(study: str = "pilot", leave: tuple[str, ...] = ()) -> Path:
        folder = tmp_path_factory.mktemp("results")
        population = Population(Variances(0.2, 0.2, 0.5))
        ratings = simulate_ratings(crossed(12, 20), SYSTEMS, population, seed=1).ratings
        choices = simulate_choices(crossed(10, 20), 0.7, 0.1, 0.1, seed=2)
        tables = {
            "ratings.csv": ratings.assign(study=study),
            "choices.csv": choices.assign(study=study),
            "metrics.csv": metrics_frame(),
            "speed.csv": pd.DataFrame(
                {
                    "system": ["sing", "sing"],
                    "device": ["cpu, batch 1", "cpu, batch 8"],
                    "seconds_per_second": [24.3, 54.32],
                    "megabytes": [243.18, 243.18],
                    "compression_factor": [64_000 / 30] * 2,
                    "training_hours": [1.25, 1.25],
                }
            ),
            "sing.history.csv": pd.DataFrame(
                {
                    "phase": ["autoencoder", "autoencoder", "finetune"],
                    "epoch": [1, 2, 1],
                    "train_spectral_loss": [0.1, 0.08, 0.05],
                    "test_spectral_loss": [0.12, 0.09, 0.06],
                }
            ),
        }
        for file, frame in tables.items():
            if file not in leave:
                frame.to_csv(folder / file, index=False)
        return folder

    return make


@pytest.fixture(scope="module")
def results(make_study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The study with everything computed."""
    work = tmp_path_factory.mktemp("work")
    analyse(make_study(), work, Settings(rules="none"))
    return open_results(work)


@pytest.fixture
def breakdown_frame() -> Callable[[list[str]], pd.DataFrame]:
    """A breakdown by velocity: means 0.1 and 0.02, interval 0.02 wide; one group of one pair."""

    def make(systems: list[str]) -> pd.DataFrame:
        return pd.DataFrame(
            [
                {"system": system, "by": "velocity", "group": group, "metric": "spectral_loss",
                 "mean": mean, "ci_low": low, "ci_high": low + 0.02, "notes": 4.0, "pairs": pairs}
                for system in systems
                for group, mean, low, pairs in (("100", 0.1, 0.09, 2.0), ("25", 0.02, np.nan, 1.0))
            ]
        )  # fmt: skip

    return make
