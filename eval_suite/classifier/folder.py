"""Classifier folders: what a training leaves behind, and how it is opened again.

classifiers/C/  provenance.json split.csv     written at the start
                history.csv checkpoint.pt     while it trains; the checkpoint goes at the end
                model.safetensors             the weights
                classifier.json               written last: classes, settings, accuracy
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pydantic
from safetensors import SafetensorError
from safetensors.torch import load_file

from eval_suite.classifier.classes import Classes
from eval_suite.classifier.network import Network
from sing import files
from sing.errors import SingError
from sing.run import save_weights

FORMAT = 1

CARD, WEIGHTS, PROVENANCE = "classifier.json", "model.safetensors", "provenance.json"
SPLIT, HISTORY = "split.csv", "history.csv"


@dataclass(frozen=True)
class Accuracy:
    """How many of `judged` notes got the right answer; `unknown` notes have none to get."""

    right: int
    judged: int
    unknown: int

    @property
    def share(self) -> float | None:
        """Right answers among judged notes, 0 to 1; None when no note was judged."""
        return self.right / self.judged if self.judged else None


@dataclass(frozen=True)
class Settings:
    """What decides the weights besides the notes."""

    seed: int = 0
    epochs: int = 16
    batch_size: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.01


@dataclass(frozen=True)
class Card:
    """What classifier.json says. `accuracy` is keyed by part (train, test), then pitch, family."""

    classes: Classes
    settings: Settings
    accuracy: Mapping[str, Mapping[str, Accuracy]]
    weights_sha256: str


class _CardFile(pydantic.BaseModel, extra="forbid"):
    format: int
    pitches: tuple[int, ...]
    families: tuple[str, ...]
    settings: Settings
    accuracy: dict[str, dict[str, Accuracy]]
    weights_sha256: str


def shipped_classifier() -> Path:
    """Where the classifier of the demo dataset lies in the installed package."""
    return Path(str(resources.files("eval_suite"))) / "demo_classifier"


def is_finished(folder: Path) -> bool:
    """True when the folder holds a whole classifier."""
    return (folder / CARD).is_file()


def classifier_marks(folder: Path) -> tuple[str, ...]:
    """The file by which --force may know the folder as a classifier's."""
    path = folder / PROVENANCE
    found = files.read_json(path) if path.is_file() else None
    is_ours = isinstance(found, dict) and "classifier_format" in found
    return (path.name,) if is_ours else ()


def write_classifier(
    folder: Path,
    network: Network,
    classes: Classes,
    settings: Settings,
    accuracy: Mapping[str, Mapping[str, Accuracy]],
) -> None:
    """Write the weights, and then the card that makes the folder whole."""
    save_weights(folder / WEIGHTS, network.state_dict())
    record = {
        "format": FORMAT,
        **asdict(classes),
        "settings": asdict(settings),
        "accuracy": {
            part: {head: asdict(found) for head, found in heads.items()}
            for part, heads in accuracy.items()
        },
        "weights_sha256": files.sha256(folder / WEIGHTS),
    }
    files.write_json(folder / CARD, record)


def read_card(folder: Path) -> Card:
    """What classifier.json says. Raises SingError when there is none, or of another format."""
    path = folder / CARD
    if not path.is_file():
        what = "an unfinished classifier" if classifier_marks(folder) else "not a classifier"
        raise SingError(
            f"{folder}: no {CARD}, so {what}; make one with sing-eval classifier train, "
            "whose --resume goes on where it stopped"
        )
    record = files.read_json(path)
    found = record.get("format") if isinstance(record, dict) else "none"
    if found != FORMAT:
        raise SingError(f"{path}: format {found}, this version reads {FORMAT}; train it again")
    try:
        card = _CardFile(**record)
    except pydantic.ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise SingError(f"{path}: '{where}': {fault['msg']}; restore the file") from None
    classes = Classes(card.pitches, card.families)
    return Card(classes, card.settings, card.accuracy, card.weights_sha256)


def read_network(folder: Path, card: Card) -> Network:
    """The trained network on the CPU, in evaluation mode.

    Raises SingError when the weights are missing or are not those of the card.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise SingError(f"{path}: there is no such file; restore it")
    if files.sha256(path) != card.weights_sha256:
        raise SingError(f"{path}: not the weights that {CARD} is about; restore both files")
    network = Network(len(card.classes.pitches), len(card.classes.families))
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        fault = str(error).splitlines()[-1].strip()
        raise SingError(f"{path}: does not fit {CARD}: {fault}; train it again") from None
    return network.eval()


def provenance_of(folder: Path) -> Mapping[str, Any]:
    """What the folder's provenance.json holds; nothing when it is not there."""
    path = folder / PROVENANCE
    found = files.read_json(path) if path.is_file() else {}
    return found if isinstance(found, dict) else {}
