"""The three variances of a rating: of who rates, of what is rated, and of the rest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variances:
    """Variances of the model score = mean + participant + note + residual (crowdMOS: Vw, Vs, Vu).

    In squared points of the scale. `note` is the variance between the notes of one system.
    """

    participant: float
    note: float
    residual: float

    def __post_init__(self) -> None:
        if min(self.participant, self.note, self.residual) < 0:
            raise ValueError(f"{self}: a variance is negative")

    @property
    def total(self) -> float:
        """The variance of one rating of a random participant and note."""
        return self.participant + self.note + self.residual
