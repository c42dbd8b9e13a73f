"""The accuracy of a network on a dataset's notes, while it is trained and at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from eval_suite.classifier.accuracy import correctness, counted
from eval_suite.classifier.classes import Classes
from eval_suite.classifier.folder import Accuracy
from eval_suite.classifier.network import Network
from sing.data.nsynth import Dataset
from sing.notes import Note

BATCH_SIZE = 16


def spread(notes: Sequence[Note], most: int) -> list[Note]:
    """At most so many of the notes, evenly spread over their order."""
    count = min(most, len(notes))
    return [notes[place * len(notes) // count] for place in range(count)]


def measure(
    network: Network, classes: Classes, dataset: Dataset, notes: Sequence[Note]
) -> dict[str, Accuracy]:
    """The accuracy of each head on the notes, computed where the network is, in evaluation mode."""
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    right = [np.empty((0, 2))]
    for start in range(0, len(notes), BATCH_SIZE):
        batch = notes[start : start + BATCH_SIZE]
        waveforms = torch.from_numpy(dataset.waveforms(batch)).to(device)
        with torch.no_grad():
            answers = network(waveforms)
        pitch, family = answers.pitch.argmax(1).tolist(), answers.family.argmax(1).tolist()
        pitches = np.array([classes.pitches[place] for place in pitch])
        families = [classes.families[place] for place in family]
        right.append(correctness(classes, pitches, families, batch))
    network.train(was_training)
    return counted(np.concatenate(right))
