"""Everything that the runs show, measured once: what the tables, the page and pictures tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import frame_rate
import hybrids
import levels
import numpy as np
import pandas as pd
import weak_spots
from findings import ABLATION_COLUMNS, COLUMNS, Scores, ablations, find_all, scores_of
from hours import Hours, hours_of
from places import Finished, Places, first_seeds

from eval_suite.intervals import bootstrap_means, cluster_numbers
from sing import files
from sing.notes import Note

MEAN_COLUMNS = ("system", "part", "metric", "mean", "ci_low", "ci_high")

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Measured:
    """All scores of the finished runs, and what follows from them.

    What lies between `ablations` and `hours` is of the first seeds; `hours` has a value for each
    finished run.
    """

    finished: Sequence[Finished]
    scores: Scores
    findings: Rows
    ablations: Rows
    frame_rate: Rows
    hybrids: Rows
    levels: Rows
    weak_spots: Rows
    hours: Sequence[Hours]

    @property
    def table(self) -> pd.DataFrame:
        """The table of all scores: a row a system and note."""
        return self.scores.table

    @property
    def shown(self) -> list[Finished]:
        """The runs that pictures and long tables show."""
        return first_seeds(self.finished)


def measure(
    places: Places,
    finished: Sequence[Finished],
    missing: Mapping[str, str],
    table: pd.DataFrame,
) -> Measured:
    """Judge the claims, and look into the sounds of the first seeds; `table` has all scores."""
    scores = scores_of(table, finished, missing)
    shown = first_seeds(finished)
    return Measured(
        finished,
        scores,
        findings=find_all(scores),
        ablations=ablations(scores, finished),
        frame_rate=frame_rate.measure(places, shown, table),
        hybrids=hybrids.measure(places, shown[0]),
        levels=levels.measure(places, shown),
        weak_spots=weak_spots.measure(table, [one.system for one in shown]),
        hours=[hours_of(one.planned.name, one.run.folder) for one in finished],
    )


def write_tables(measured: Measured, out: Path) -> None:
    """Write findings, ablations and means of all seeds, and what is measured of the first ones."""
    files.write_csv(out / "findings.csv", COLUMNS, measured.findings)
    files.write_csv(out / "ablations.csv", ABLATION_COLUMNS, measured.ablations)
    files.write_csv(out / "frame-rate.csv", frame_rate.COLUMNS, measured.frame_rate)
    files.write_csv(out / "hybrids.csv", hybrids.COLUMNS, measured.hybrids)
    files.write_csv(out / "levels.csv", levels.COLUMNS, measured.levels)
    files.write_csv(out / "weak-spots.csv", weak_spots.COLUMNS, measured.weak_spots)
    files.write_csv(out / "means.csv", MEAN_COLUMNS, _means(measured.table))


def _means(table: pd.DataFrame) -> list[dict[str, object]]:
    """Every system's mean of every metric and part, with intervals over (instrument, pitch)."""
    rows: list[dict[str, object]] = []
    names = list(table.select_dtypes("number"))
    for (system, part), group in table.groupby(["system", "split"], sort=True):
        pairs = cluster_numbers([Note.parse(name).pair for name in group["note"]])
        ends = bootstrap_means(group[names].to_numpy(dtype=np.float64), pairs, 0)
        for metric, *values in zip(names, *ends, strict=True):
            cells = (None if np.isnan(value) else float(value) for value in values)
            rows.append(dict(zip(MEAN_COLUMNS, (system, part, metric, *cells), strict=True)))
    return rows
