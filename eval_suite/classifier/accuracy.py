"""Whether a judgement is right, note by note."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval_suite.classifier.classes import UNKNOWN, Classes
from eval_suite.classifier.folder import Accuracy
from sing.notes import Note

HEADS = ("pitch", "family")


def correctness(
    classes: Classes, pitch: NDArray[np.int64], family: Sequence[str], notes: Sequence[Note]
) -> NDArray[np.float64]:
    """1 where pitch or family is that of the note, 0 where not, NaN where it has no class: [B, 2].

    `pitch` [B] and `family` are those of a Judgement of the notes.

    A note of a pitch or family that the classifier never heard could only be judged wrong; that
    would say nothing about the note.
    """
    heard_pitch = pitch == np.array([note.pitch for note in notes])
    heard_family = [a == note.family for a, note in zip(family, notes, strict=True)]
    right = np.column_stack([heard_pitch, heard_family]).astype(np.float64)
    right[classes.of_notes(notes) == UNKNOWN] = np.nan
    return right


def counted(right: NDArray[np.float64]) -> dict[str, Accuracy]:
    """The counts of each head, from the rows [N, 2] of `correctness`."""
    return {
        head: Accuracy(
            right=int(np.nansum(right[:, place])),
            judged=int(np.count_nonzero(~np.isnan(right[:, place]))),
            unknown=int(np.count_nonzero(np.isnan(right[:, place]))),
        )
        for place, head in enumerate(HEADS)
    }
