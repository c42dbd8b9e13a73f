"""`sing train`."""

from __future__ import annotations

from pathlib import Path

import click

from sing.train import PHASES


@click.command()
@click.argument("config")
@click.option("--data", type=Path, help="Dataset folder; the embedded demo dataset if left out.")
@click.option("--out", type=Path, help="Run folder; runs/<name of the config> if left out.")
@click.option(
    "--phase",
    type=click.Choice(("all", *PHASES)),
    default="all",
    help="Stop after this phase; the ones before it are trained too, or resumed.",
)
@click.option("--resume", is_flag=True, help="Go on from the run's last checkpoint.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a setting.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Seed of parameters and batches; that of CONFIG if left out.",
)
@click.option("--device", help="cpu, cuda or cuda:N; a GPU when there is one.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes that read ahead.")
@click.option("--tensorboard", is_flag=True, help="Write the figures for TensorBoard as well.")
@click.option("--force", is_flag=True, help="Replace the run folder.")
def train(
    config: str,
    data: Path | None,
    out: Path | None,
    phase: str,
    resume: bool,
    overrides: tuple[str, ...],
    seed: int | None,
    device: str | None,
    workers: int,
    tensorboard: bool,
    force: bool,
) -> None:
    """Train a run in three phases: autoencoder, LSTM, end-to-end (Section 4.3).

    CONFIG is a TOML file or a shipped configuration: spectral, waveform, no_time (the rows of
    Table 1 at the paper's size), demo, tiny. With several GPUs or machines:
    torchrun --nproc-per-node 4 -m sing train CONFIG ...
    """
    from sing.config import load_config
    from sing.log import is_main_process
    from sing.train.phases import train as run_training
    from sing.train.start import Request

    if seed is not None:
        overrides = (*overrides, f"seed={seed}")
    resolved = load_config(config, overrides)
    request = Request(
        config=resolved,
        data=data,
        out=out or Path("runs") / resolved.name,
        last_phase=PHASES[-1] if phase == "all" else phase,
        resume=resume,
        force=force,
        device=device,
        workers=workers,
        tensorboard=tensorboard,
    )
    folder = run_training(request)
    if is_main_process():
        click.echo(folder)
