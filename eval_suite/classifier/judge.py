"""A trained classifier at work: features, pitch and family of any waveform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from eval_suite.classifier import folder as folders
from eval_suite.classifier.classes import Classes
from eval_suite.classifier.network import FEATURES, Network
from sing import files
from sing.audio import NOTE_SAMPLES
from sing.errors import SingError


@dataclass(frozen=True)
class Judgement:
    """What the classifier hears in B notes: features [B, 64], MIDI pitches [B] and families."""

    features: NDArray[np.float32]
    pitch: NDArray[np.int64]
    family: list[str]


class Classifier:
    """A classifier folder. Pickled it is its path: each process loads the weights itself."""

    def __init__(self, folder: Path, card: folders.Card) -> None:
        self.folder = folder
        self.card = card

    @property
    def classes(self) -> Classes:
        """The pitches and families that it can answer."""
        return self.card.classes

    @cached_property
    def _network(self) -> Network:
        return folders.read_network(self.folder, self.card)

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder, "card": self.card}

    def judge(self, waveforms: NDArray[np.float32]) -> Judgement:
        """Judge waveforms [B, 64000], on the CPU, each for itself.

        A gain changes nothing, and silence has an answer too, always the same. Raises ValueError
        for another shape and for a sample that is not finite.
        """
        if waveforms.ndim != 2 or waveforms.shape[1] != NOTE_SAMPLES:
            raise ValueError(f"expected [B, {NOTE_SAMPLES}], got {waveforms.shape}")
        features = np.empty((len(waveforms), FEATURES), dtype=np.float32)
        places = np.empty((len(waveforms), 2), dtype=np.int64)
        # One by one: in a batch the last bits of a note's features would depend on its company.
        for row, waveform in enumerate(waveforms):
            if not np.isfinite(waveform).all():
                raise ValueError(f"waveform {row} has a NaN or an infinity")
            with torch.inference_mode():
                answers = self._network(torch.tensor(waveform[None], dtype=torch.float32))
            features[row] = answers.features[0].numpy()
            places[row] = int(answers.pitch.argmax()), int(answers.family.argmax())
        pitches = np.array(self.classes.pitches, dtype=np.int64)[places[:, 0]]
        return Judgement(features, pitches, [self.classes.families[n] for n in places[:, 1]])

    def facts(self) -> dict[str, Any]:
        """On what it was trained, its accuracy there, and the hashes of its files (JSON)."""
        about = folders.provenance_of(self.folder)
        return {
            "folder": str(self.folder.resolve()),
            "dataset": about.get("dataset"),
            "notes_sha256": about.get("notes_sha256"),
            "test_accuracy": {
                head: found.share for head, found in self.card.accuracy.get("test", {}).items()
            },
            "sha256": {
                folders.CARD: files.sha256(self.folder / folders.CARD),
                folders.WEIGHTS: self.card.weights_sha256,
            },
        }


def open_classifier(folder: Path | None = None) -> Classifier:
    """The classifier in a folder, or the one of the demo dataset that comes with sing-eval.

    Its weights are read when they are first needed. Raises SingError when there is none.
    """
    if folder is None:
        folder = folders.shipped_classifier()
        if not folders.is_finished(folder):
            raise SingError(
                "this installation has no classifier; train one with sing-eval classifier train "
                "and give its folder"
            )
    return Classifier(folder, folders.read_card(folder))


def describe(classifier: Classifier) -> Mapping[str, str]:
    """What `sing-eval classifier info` prints: a name and a text a line."""
    about = folders.provenance_of(classifier.folder)
    classes = classifier.classes
    lines = {
        "trained on": str(about.get("dataset", "unknown")),
        "split": str(about.get("split_source", "unknown")),
        "pitches": f"{len(classes.pitches)} (MIDI {_ranges(classes.pitches)})",
        "families": ", ".join(classes.families),
    }
    for part, heads in classifier.card.accuracy.items():
        for head, found in heads.items():
            lines[f"{head} accuracy, {part}"] = _accuracy(found)
    lines["seed, epochs"] = f"{classifier.card.settings.seed}, {classifier.card.settings.epochs}"
    lines["weights"] = f"sha256 {classifier.card.weights_sha256[:16]}"
    return lines


def _accuracy(found: folders.Accuracy) -> str:
    share = "none" if found.share is None else f"{100 * found.share:.1f} %"
    unknown = f", {found.unknown:,} notes without a class left out" if found.unknown else ""
    return f"{share} ({found.right:,} of {found.judged:,} notes{unknown})"


def _ranges(pitches: tuple[int, ...]) -> str:
    """Sorted pitches as ranges: 36-84, 90."""
    starts = [p for p in pitches if p - 1 not in pitches]
    ends = [p for p in pitches if p + 1 not in pitches]
    pairs = zip(starts, ends, strict=True)
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in pairs)
