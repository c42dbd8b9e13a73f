"""From a file of ratings to the files of mean opinion scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import mos_report
from analysis.contracts_mos import MOS_GROUPS, RATERS, STIMULI
from analysis.mos import grouped_table, mos_table
from analysis.ratings import Ratings, keep, read_ratings
from analysis.subject_model import fit_study
from eval_suite.contracts import Contract
from eval_suite.study_contracts import MOS
from eval_suite.tables import write_table
from eval_suite.text_table import TextTable
from sing import files
from sing.errors import SingError
from sing.provenance import provenance


@dataclass(frozen=True)
class MosRequest:
    """What is asked of `sing-eval analyze mos`."""

    ratings: Path
    out: Path
    interval: str = "crowdmos"
    screening: Path | None = None
    groupings: tuple[str, ...] = ()
    has_subject_model: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    study: str | None = None
    test: str | None = None
    scale: tuple[float, float] | None = None
    seed: int = 0

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that will be written, the mos table first."""
        models = ("raters", "stimuli") if self.has_subject_model else ()
        beside = (mos_report.beside(self.out, what) for what in (*self.groupings, *models))
        return (self.out, *beside)


def run(request: MosRequest, force: bool = False) -> tuple[list[TextTable], tuple[Path, ...]]:
    """Read, compute and write; the tables to print and the paths written.

    Raises SingError, before anything is computed, where a file cannot be written or read.
    """
    _check_outputs(request, force)
    ratings = read_ratings(request.ratings, request.columns, study=request.study, test=request.test)
    if request.screening is not None:
        ratings = keep(ratings, request.screening)
    results = list(_results(request, ratings))
    for path, (contract, table, _) in zip(request.outputs, results, strict=True):
        write_table(path, contract, table)
    record = provenance(**_facts(request, ratings))
    files.write_json(request.out.with_suffix(".provenance.json"), record)
    return [text for _, _, texts in results for text in texts], request.outputs


def _results(
    request: MosRequest, ratings: Ratings
) -> Iterator[tuple[Contract, pd.DataFrame, list[TextTable]]]:
    """Contract, table and what is printed of it, in the order of `MosRequest.outputs`."""
    main = ratings.main
    table = mos_table(main, request.interval, ratings.rules, request.seed)
    yield MOS, table, [mos_report.shown(table, request.seed)]
    for by in request.groupings:
        groups = grouped_table(main, by, request.interval, request.seed)
        yield MOS_GROUPS, groups, [mos_report.shown_groups(groups, by)]
    if request.has_subject_model:
        fitted = fit_study(main)
        yield RATERS, fitted.raters, mos_report.shown_raters(fitted, main)
        yield STIMULI, fitted.stimuli, []


def _check_outputs(request: MosRequest, force: bool) -> None:
    read = {path.resolve() for path in (request.ratings, request.screening) if path is not None}
    for path in request.outputs:
        if path.resolve() in read:
            raise SingError(f"{path}: a table that is read; choose another --out")
        files.check_file(path, force)


def _facts(request: MosRequest, ratings: Ratings) -> dict[str, Any]:
    """What decides the numbers, for the record beside the table."""
    screening = {} if request.screening is None else {"screening": _file(request.screening)}
    return {
        "ratings": _file(request.ratings),
        **screening,
        "rules": ratings.rules,
        "columns": dict(request.columns),
        "study": request.study,
        "test": request.test,
        "scale": ratings.scale,
        "interval": request.interval,
        "seed": request.seed,
    }


def _file(path: Path) -> dict[str, str]:
    return {"file": str(path), "sha256": files.sha256(path)}
