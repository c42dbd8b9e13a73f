"""`sing-eval classifier`: the small network behind pitch and family accuracy, FAD and KAD."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def classifier() -> None:
    """Train or describe the classifier of pitch and instrument family."""


@classifier.command()
@click.argument("dataset", required=False, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The classifier's folder.  [default: classifiers/<name of the dataset>]",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed of parameters and batches.",
)
@click.option(
    "--epochs", type=click.IntRange(1), default=16, show_default=True, help="Rounds over the notes."
)
@click.option("--device", metavar="NAME", help="cpu, cuda or cuda:N.  [default: a GPU if any]")
@click.option("--resume", is_flag=True, help="Go on where a stopped command left off.")
@click.option("--force", is_flag=True, help="Replace an existing classifier, even with --resume.")
def train(
    dataset: Path | None,
    out: Path | None,
    seed: int,
    epochs: int,
    device: str | None,
    resume: bool,
    force: bool,
) -> None:
    """Train a classifier on the training split of DATASET.

    DATASET is a dataset's folder; the embedded demo dataset if left out, for which a trained
    classifier comes with sing-eval. The test split, whose (instrument, pitch) pairs are never
    trained on, measures its accuracy. On one core a thousand notes take some ten seconds an epoch.
    """
    from eval_suite.classifier.folder import Settings
    from eval_suite.classifier.training import Request
    from eval_suite.classifier.training import train as run_training

    name = "demo" if dataset is None else dataset.resolve().name
    settings = Settings(seed=seed, epochs=epochs)
    folder = out or Path("classifiers") / name
    run_training(Request(dataset, folder, settings, device, resume, force))
    click.echo(str(folder))


@classifier.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def info(folder: Path | None) -> None:
    """Say what a classifier was trained on, what it can answer, and how often it is right.

    FOLDER is a classifier's; the one of the demo dataset if left out.
    """
    from eval_suite.classifier.judge import describe, open_classifier

    for name, text in describe(open_classifier(folder)).items():
        click.echo(f"{name + ':':24} {text}")
