"""The command `sing`. Groups and commands are named as strings and imported when asked for."""

from __future__ import annotations

import click

from sing import __version__
from sing.cli.lazy import LazyGroup, run_command


@click.group(
    cls=LazyGroup,
    commands_at={
        "data": "sing.cli.data:data",
        "train": "sing.cli.train:train",
        "generate": "sing.cli.generate:generate",
        "reconstruct": "sing.cli.generate:reconstruct",
        "stream": "sing.cli.generate:stream",
        "info": "sing.cli.runs:info",
        "speed": "sing.cli.runs:speed",
        "import": "sing.cli.runs:import_run",
    },
    summaries={
        "data": "Datasets of notes: fetch, render, check, split, pack.",
        "train": "Train SING in the three phases of Section 4.3.",
        "generate": "Generate notes with a trained run.",
        "reconstruct": "Pass notes through a run's autoencoder (Table 1).",
        "stream": "Generate one note 256 samples at a time.",
        "info": "What a run is: sizes, training, vocabulary.",
        "speed": "How fast a run generates, and how large it is (Table 2).",
        "import": "Read the public pretrained sing.th as a run.",
    },
)
@click.version_option(__version__, prog_name="sing")
def cli() -> None:
    """SING: a neural synthesizer of musical notes (NeurIPS 2018)."""


def main() -> None:
    """Entry point of the command `sing`."""
    run_command(cli, "sing")
