"""The figures that a folder of results gives, and the folder they are written to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from analysis.figures import coverage, pitches, scatter, scores, training
from analysis.figures.style import Drawing, styled, write_drawing
from analysis.paper_tables import results_systems
from analysis.reference import USUAL
from analysis.results import Results
from analysis.row_map import match_rows
from analysis.score_scale import other_scale
from analysis.settings_used import settings_used
from analysis.study_run import Settings, completed
from eval_suite.metric_columns import metric_columns, named_metrics
from sing import files, log
from sing.errors import SingError, suggestion
from sing.provenance import provenance

MARK = "figures.provenance.json"
"""The file by which --force knows a folder of figures."""

METRIC = "spectral_loss"
"""The metric of the maps and breakdowns when none is asked for: that of Table 1."""


def run(
    folder: Path,
    out: Path,
    settings: Settings,
    metrics: Sequence[str] = (),
    systems: Sequence[str] = (),
    force: bool = False,
    coverage_table: Path | None = None,
) -> list[Drawing]:
    """Draw what the results give and write it as PDF and PNG; what was drawn.

    Scores and preferences that the folder has answers for, and no table, are computed.
    `coverage_table` is by the contract COVERAGE, by default that of the folder, if any.

    Raises SingError for results that cannot be read or give no figure, and for an `out` that may
    not be written.
    """
    elsewhere = {} if coverage_table is None else {"interval-coverage": coverage_table}
    files.check_folder(out, force, MARK)
    settings = settings.settled(folder)
    with completed(folder, settings, elsewhere) as results:
        drawn = draw(results, settings.rows, metrics, systems, settings.seed)
        is_synthetic = results.is_synthetic
        used = settings_used(results, settings.facts())
    if not drawn:
        raise SingError(f"{folder}: nothing to draw; it needs metrics.csv, mos.csv or history.csv")
    with files.whole_folder(out, force, MARK) as part:
        for one in log.progress(drawn, "writing figures", len(drawn)):
            write_drawing(part, one)
        about = {one.name: {"title": one.title, "shows": one.description} for one in drawn}
        files.write_json(
            part / MARK,
            provenance(figures=about, settings=used, is_synthetic=is_synthetic),
        )
    return drawn


def draw(
    results: Results,
    rows: Mapping[str, str],
    metrics: Sequence[str] = (),
    systems: Sequence[str] = (),
    seed: int = 0,
) -> list[Drawing]:
    """All figures that the results give. `metrics` are set against ears, the first is mapped.

    `systems` are those whose errors are mapped; by default those that are rows of the paper, else
    all. `seed` is of the bootstraps. Raises SingError for a metric or a system that is not in the
    results.
    """
    matched = match_rows(rows, results_systems(results))
    with styled():
        return [
            *_of_scores(results, matched),
            *_of_metrics(results, matched, metrics, systems, seed),
            *_of_histories(results),
            *_of_intervals(results),
        ]


def _of_scores(results: Results, rows: Mapping[str, str]) -> Iterator[Drawing]:
    mos, abx = results.table("mos"), results.table("abx")
    if mos is not None:
        yield scores.draw_mos(mos, rows, results.is_synthetic, other_scale(results))
    if abx is not None:
        yield scores.draw_abx(abx, results.is_synthetic)


def _of_metrics(
    results: Results,
    rows: Mapping[str, str],
    metrics: Sequence[str],
    systems: Sequence[str],
    seed: int,
) -> Iterator[Drawing]:
    table = results.table("metrics")
    if table is None:
        return
    metrics = named_metrics(metrics, metric_columns(table), "metrics.csv")
    metrics = metrics or _default_metric(table)
    if not metrics:
        return
    is_synthetic = results.is_synthetic
    if results.ratings is not None:
        for metric in metrics:
            drawn = scatter.draw_scatter(results.ratings.main, table, metric, is_synthetic)
            if drawn is not None:
                yield drawn
    mapped = _mapped(table, rows, systems)
    compared = table[table["system"].isin(mapped)]
    for system in mapped:
        drawn = pitches.draw_pitches(compared, system, metrics[0], is_synthetic)
        if drawn is not None:
            yield drawn
    drawn = pitches.draw_families(table, metrics[0], is_synthetic, seed)
    if drawn is not None:
        yield drawn


def _of_histories(results: Results) -> Iterator[Drawing]:
    if results.histories:
        yield training.draw_training(results.histories, results.is_synthetic)


def _of_intervals(results: Results) -> Iterator[Drawing]:
    table = results.table("interval-coverage")
    if table is not None:
        yield coverage.draw_coverage(table)


def _default_metric(table: pd.DataFrame) -> list[str]:
    """Spectral loss, else the table's first metric, if it has one."""
    known = metric_columns(table)
    return [METRIC] if METRIC in known else known[:1]


def _mapped(table: pd.DataFrame, rows: Mapping[str, str], systems: Sequence[str]) -> list[str]:
    present = sorted(set(table["system"]) - {USUAL})
    for name in systems:
        if name not in present:
            raise SingError(f"--system {name}: not in metrics.csv; {suggestion(name, present)}")
    chosen = systems or [name for name in rows.values() if name in present]
    return list(dict.fromkeys(chosen)) or present
