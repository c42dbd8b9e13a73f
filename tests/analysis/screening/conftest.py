"""Evidence made from matrices of scores."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.ratings import Ratings
from analysis.screening.evidence import Evidence, gather
from analysis.simulate import note_names, participant_names

Make = Callable[..., Evidence]


def make_table(scores: np.ndarray, **columns: Any) -> pd.DataFrame:
    """A row for each number in scores [raters, systems, notes]; NaN was not rated."""
    rater, system, note = np.indices(scores.shape).reshape(3, -1)
    table = pd.DataFrame(
        {
            "participant": participant_names(len(scores))[rater],
            "system": [f"system{number}" for number in system],
            "note": note_names(scores.shape[2])[note],
            "score": scores.ravel(),
            "kind": "main",
            **columns,
        }
    )
    return table[table["score"].notna()].reset_index(drop=True)


@pytest.fixture
def make_evidence() -> Make:
    """Evidence from scores [raters, systems, notes] or a table, with more columns or rows."""

    def make(
        scores: np.ndarray | pd.DataFrame,
        scale: tuple[float, float] | None = (1, 5),
        sessions: pd.DataFrame | None = None,
        reference: str = "system0",
        **columns: Any,
    ) -> Evidence:
        table = scores if isinstance(scores, pd.DataFrame) else make_table(scores, **columns)
        return gather(Ratings(Path("r.csv"), table, scale), sessions, reference)

    return make


@pytest.fixture
def honest() -> np.ndarray:
    """Scores [20, 3, 10] of raters who hear the same qualities, each with their own noise."""
    generator = np.random.default_rng(3)
    quality = np.array([4.2, 2.5, 3.4])[:, None] + 0.5 * generator.standard_normal((3, 10))
    bias = 0.6 * generator.standard_normal((20, 1, 1))
    noisy = quality + bias + 0.8 * generator.standard_normal((20, 3, 10))
    return np.clip(np.round(noisy), 1, 5)
