"""What a trained classifier hears in a note: is it the right pitch, the right kind of instrument?

The classifier's answer and its features are one feature of the waveform, so a reference is judged
once, and the distances between sets of notes get theirs from the same place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_suite.metrics.features import Feature
from eval_suite.metrics.spectra import Comparison, Spectra

if TYPE_CHECKING:
    from eval_suite.classifier.judge import Classifier


def pitch_accuracy(pair: Comparison, classifier: Classifier) -> float:
    """1 when the classifier hears the note's MIDI pitch in the estimate, else 0.

    Raises ValueError when that pitch was in none of the notes it was trained on.
    """
    pitch = pair.estimate.pitch
    if pitch not in classifier.classes.pitches:
        raise ValueError(f"the classifier does not know the pitch {pitch}")
    return float(_answers(pair.estimate, classifier)[-2] == pitch)


def family_accuracy(pair: Comparison, classifier: Classifier) -> float:
    """1 when the classifier hears the instrument's family in the estimate, else 0.

    Raises ValueError when that family was in none of the notes it was trained on.
    """
    families = classifier.classes.families
    if pair.family not in families:
        raise ValueError(f"the classifier does not know the family {pair.family}")
    return float(families[int(_answers(pair.estimate, classifier)[-1])] == pair.family)


def judged_features(spectra: Spectra, classifier: Classifier) -> NDArray[np.float64]:
    """The classifier's features of the waveform, [E]."""
    return _answers(spectra, classifier)[:-2]


def _answers(spectra: Spectra, classifier: Classifier) -> NDArray[np.float64]:
    """The features, the MIDI pitch and the place of the family among the classes, [E + 2]."""
    return spectra.feature(_judgement(classifier))


@lru_cache(maxsize=8)
def _judgement(classifier: Classifier) -> Feature:
    def judge(spectra: Spectra) -> NDArray[np.float64]:
        answer = classifier.judge(spectra.waveform[None])
        family = classifier.classes.families.index(answer.family[0])
        return np.array([*answer.features[0], answer.pitch[0], family], dtype=np.float64)

    return Feature(f"judgement {classifier.card.weights_sha256}", 1, judge)
