"""From files of ratings, choices and metrics to the tables of agreement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.agreement import agreement
from analysis.answers import Source, beside
from analysis.cells import interval, reasons
from analysis.choices import Choices
from analysis.contracts_agreement import (
    AGREEMENT,
    METRIC_AGREEMENT,
    METRIC_MEASURES,
    RATER_MEASURES,
)
from analysis.metric_agreement import metrics_against_ratings
from analysis.metric_choices import metrics_against_choices
from analysis.reading import Reading
from eval_suite.contracts import Contract
from eval_suite.study_contracts import CHOICES, RATINGS
from eval_suite.table_files import check_outputs, hashes, write_tables
from eval_suite.tables import METRICS, read_table
from eval_suite.text_table import TextTable, heading
from sing.errors import SingError


@dataclass(frozen=True)
class AgreementRequest:
    """What is asked of `sing-eval analyze agreement`.

    `choices` and `metrics` are further tables, or None; `metric_names` which metrics, or all.
    """

    source: Source
    out: Path
    metrics: Path | None = None
    choices: Source | None = None
    metric_names: tuple[str, ...] = ()
    seed: int = 0

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that will be written."""
        return (self.out,) if self.metrics is None else (self.out, beside(self.out, "metrics"))

    @property
    def read(self) -> dict[str, Path]:
        """The files that are read, by what they are."""
        found = {} if self.metrics is None else {"metrics": self.metrics}
        if self.choices is not None:
            found["choices"] = self.choices.path
            if self.choices.screening is not None:
                found["choices_screening"] = self.choices.screening
        return {**found, **self.source.files}


def sources(
    ratings: Path,
    screening: Path | None,
    choices: Path | None,
    choices_screening: Path | None,
    reading: Reading,
) -> tuple[Source, Source | None]:
    """The ratings and, if there are any, the choices: each takes of `reading` what it has.

    Raises SingError for a column, a study or a test that neither has, and for choices without a
    row of the study.
    """
    if choices is None:
        plain = Source(
            ratings, screening, reading.columns, reading.study, reading.test, reading.scale
        )
        return plain, None
    reading.check_tables({ratings: RATINGS, choices: CHOICES})
    asked = ((ratings, screening, RATINGS), (choices, choices_screening, CHOICES))
    found = []
    for path, kept_by, contract in asked:
        source = reading.source(path, kept_by, contract)
        if source is None:
            what = f"study '{reading.study}' in it" if path.is_file() else "such file"
            raise SingError(f"{path}: there is no {what}; name another table")
        found.append(source)
    return found[0], found[1]


def run(request: AgreementRequest, force: bool = False) -> list[TextTable]:
    """Read, compute and write; the tables to print. Raises SingError before it computes."""
    if request.metrics is None and (request.choices or request.metric_names):
        raise SingError("--choices and --metric ask about metrics; pass --metrics metrics.csv too")
    check_outputs(request.outputs, request.read.values(), force)
    ratings = request.source.ratings()
    choices = None if request.choices is None else request.choices.choices()
    metrics = None if request.metrics is None else read_table(request.metrics, METRICS)
    tables: list[tuple[Path, Contract, pd.DataFrame]] = []
    found = agreement(ratings.main, request.seed, where=str(ratings.path))
    tables.append((request.out, AGREEMENT, found))
    shown = [_shown_raters(found)]
    if metrics is not None:
        against = pd.concat(list(_metric_tables(request, ratings.main, choices, metrics)))
        tables.append((request.outputs[1], METRIC_AGREEMENT, against))
        shown.append(_shown_metrics(against))
    facts = _facts(request, ratings.rules, None if choices is None else choices.rules)
    write_tables(tables, facts)
    return shown


def _metric_tables(
    request: AgreementRequest,
    ratings: pd.DataFrame,
    choices: Choices | None,
    metrics: pd.DataFrame,
) -> Iterator[pd.DataFrame]:
    names, where = request.metric_names, str(request.source.path)
    yield metrics_against_ratings(ratings, metrics, names, request.seed, where=where)
    if choices is not None:
        yield metrics_against_choices(
            choices.main, metrics, names, request.seed, where=str(choices.path)
        )


def _facts(request: AgreementRequest, rules: str, choices_rules: str | None) -> dict[str, Any]:
    further: dict[str, Any] = {"metric_names": list(request.metric_names), "seed": request.seed}
    if request.choices is not None and choices_rules is not None:
        read = request.choices.facts(choices_rules)
        names = ("columns", "study", "test", "rules")
        further["choices_read"] = {name: read[name] for name in names}
    return {**request.source.facts(rules), **hashes(request.read), **further}


_RATER_HEADINGS = {
    "alpha": "ordinal alpha",
    "icc_1_1": "ICC(1,1)",
    "icc_2_1": "ICC(2,1)",
    "icc_2_k": "ICC(2,k)",
    "correlation": "mean correlation",
}


def _shown_raters(table: pd.DataFrame) -> TextTable:
    lines = []
    for system, rows in table.groupby("system", sort=False):
        first = rows.iloc[0]
        counts = [f"{int(first[name]):,}" for name in ("ratings", "participants", "stimuli")]
        lines.append((str(system), *counts, *_cells(rows, RATER_MEASURES)))
    meaning = (
        "agreement of raters, with 95 % intervals for other notes; alpha: Krippendorff's; ICC: "
        "Shrout and Fleiss's; correlation: of a rater with the mean of the others"
    )
    names = table["system"] + " " + table["measure"]
    header = ("system", "ratings", "raters", "stimuli", *_RATER_HEADINGS.values())
    remarks = (meaning, *reasons(zip(names, table["reason"], strict=True)))
    return TextTable(header, tuple(lines), remarks, names=1)


def _shown_metrics(table: pd.DataFrame) -> TextTable:
    lines = []
    for (metric, system), rows in table.groupby(["metric", "system"], sort=False):
        count = f"{int(rows['count'].max()):,}"
        lines.append((heading(str(metric)), str(system), count, *_cells(rows, METRIC_MEASURES)))
    header = ("metric", "system", "stimuli", "Pearson", "Spearman", "Kendall tau-b", "rmse",
              "rmse*", "share of choices")  # fmt: skip
    remarks = (
        "metric against mean opinions of stimuli; above 0: they agree; 95 % intervals for other "
        "notes; (within): mean over systems of the correlations within each",
        "rmse, rmse*: of a monotone cubic of the metric, in points of the scale; rmse* beyond the "
        "stimuli's own intervals (ITU-T P.1401)",
        "share of choices: trials in which the metric prefers what the listener does, 0.5 by "
        "guessing; two-way interval",
    )
    names = table["metric"] + " " + table["system"] + " " + table["measure"]
    given = reasons(zip(names, table["reason"], strict=True))
    return TextTable(header, tuple(lines), (*remarks, *given), names=3, left=2)


def _cells(rows: pd.DataFrame, measures: tuple[str, ...]) -> list[str]:
    by_measure = {row["measure"]: row for row in rows.to_dict("records")}
    cells = []
    for measure in measures:
        row = by_measure.get(measure)
        cells.append("" if row is None else interval(row["value"], row["ci_low"], row["ci_high"]))
    return cells
