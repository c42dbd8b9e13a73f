"""The contracts of the results tables: which columns a table has, and what they mean.

A contract may gain columns; keys and meanings stay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "note", "number"]


@dataclass(frozen=True)
class Column:
    """A column: its kind, what it means, and which values it takes."""

    name: str
    kind: Kind
    meaning: str
    is_required: bool = True
    may_be_empty: bool = False
    choices: tuple[str, ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf


@dataclass(frozen=True)
class Contract:
    """A table: its columns, which of them make the key, and what a column of another name is.

    `others` is None when further columns are left as text. `needs_reason`: a row with an empty
    number must say why in the column `reason`.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    others: Column | None = None
    needs_reason: bool = False

    def column(self, name: str) -> Column:
        """The column of this name, by its own description or as one of the `others`."""
        for column in self.columns:
            if column.name == name:
                return column
        return self.others or Column(name, "text", "", is_required=False, may_be_empty=True)


def count(name: str, meaning: str) -> Column:
    """A number of things, or another number from 0, that is always known."""
    return Column(name, "number", meaning, minimum=0)


def value(name: str, meaning: str, minimum: float = -math.inf) -> Column:
    """A number that may be missing."""
    return Column(name, "number", meaning, may_be_empty=True, minimum=minimum)


def share(name: str, meaning: str) -> Column:
    """A share or a chance, from 0 to 1, that may be missing."""
    return Column(name, "number", meaning, may_be_empty=True, minimum=0, maximum=1)


REASON = Column("reason", "text", "why a value is missing", may_be_empty=True)

_SYSTEM = Column("system", "text", "what turned the note into a waveform")
_NOTE = Column("note", "note", "instrument-pitch-velocity, such as bass_synthetic_068-049-025")

NOTES = Contract("notes", (_NOTE,), ("note",))

METRICS = Contract(
    "metrics",
    (
        _SYSTEM,
        _NOTE,
        Column(
            "split",
            "text",
            "part of the dataset; empty where it has none",
            may_be_empty=True,
            choices=("train", "valid", "test"),
        ),
        REASON,
    ),
    ("system", "note"),
    others=Column("metric", "number", "one column a metric", may_be_empty=True, minimum=0),
    needs_reason=True,
)

SPEED = Contract(
    "speed",
    (
        _SYSTEM,
        Column("device", "text", "what it ran on"),
        count("seconds_per_second", "seconds of audio made in one second"),
        count("megabytes", "size of the weights, MB of 2**20 bytes"),
        value("compression_factor", "64,000 samples over the numbers that a note is generated from",
              0),
        value("training_hours", "hours of training, all processes added up", 0),
    ),
    ("system", "device"),
)  # fmt: skip


_METRIC = Column("metric", "text", "a column of the metrics table, such as spectral_loss")

GROUPINGS = ("family", "source", "octave", "velocity")
"""What can group notes. Octaves are numbered so that middle C, MIDI 60, begins octave 4."""

BREAKDOWN = Contract(
    "breakdown",
    (
        _SYSTEM,
        Column(
            "by",
            "text",
            "what groups the notes",
            choices=GROUPINGS,
        ),
        Column("group", "text", "which group, such as bass, acoustic, 4 or 100"),
        _METRIC,
        value("mean", "over the group's scored notes; empty for none"),
        value("ci_low", "lower end of the 95 % interval; empty for fewer than two pairs"),
        value("ci_high", "upper end of the 95 % interval"),
        count("notes", "scored notes in the group"),
        count("pairs", "their (instrument, pitch) pairs"),
    ),
    ("system", "by", "group", "metric"),
)

DIFFERENCES = Contract(
    "differences",
    (
        _METRIC,
        Column("a", "text", "a system"),
        Column("b", "text", "the system that it is compared with"),
        Column("mean_a", "number", "mean of a over the notes that both have scores for"),
        Column("mean_b", "number", "mean of b over the same notes"),
        Column("difference", "number", "mean_a - mean_b"),
        Column("ci_low", "number", "lower end of the difference's 95 % interval, two-way"),
        Column("ci_high", "number", "upper end of the difference's 95 % interval, two-way"),
        Column("p_value", "number", "two-sided, of no difference", minimum=0, maximum=1),
        Column(
            "p_holm",
            "number",
            "p_value after Holm's correction over the metric's comparisons",
            minimum=0,
            maximum=1,
        ),
        count("notes", "notes that both have scores for"),
        count("instruments", "their instruments"),
        count("pitches", "their pitches"),
    ),
    ("metric", "a", "b"),
)

DISTANCES = Contract(
    "distances",
    (
        _SYSTEM,
        Column("metric", "text", "a distance of all notes, such as frechet_distance"),
        value("value", "0 for equal distributions; the kernel distance, unbiased, may fall below"),
        value("ci_low", "lower end of the 95 % interval; empty for fewer than two pairs"),
        value("ci_high", "upper end of the 95 % interval"),
        count("notes", "notes that the system and the reference both have"),
        Column("reason", "text", "why the value is missing", may_be_empty=True),
    ),
    ("system", "metric"),
)

CONTRACTS = {
    contract.name: contract
    for contract in (NOTES, METRICS, DISTANCES, SPEED, BREAKDOWN, DIFFERENCES)
}
