"""From a file of ratings to the files of mean opinion scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import mos_report
from analysis.answers import Source, beside
from analysis.contracts_mos import MOS_GROUPS, RATERS, STIMULI
from analysis.dialect import read_cells
from analysis.mos import grouped_table, mos_table
from analysis.ratings import Ratings
from analysis.rows import are_notes
from analysis.subject_model import fit_study
from eval_suite.contracts import Contract
from eval_suite.study_contracts import MOS
from eval_suite.table_files import check_outputs, write_tables
from eval_suite.text_table import TextTable
from sing.errors import SingError


@dataclass(frozen=True)
class MosRequest:
    """What is asked of `sing-eval analyze mos`."""

    source: Source
    out: Path
    interval: str = "crowdmos"
    groupings: tuple[str, ...] = ()
    has_subject_model: bool = False
    seed: int = 0

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that will be written, the mos table first."""
        models = ("raters", "stimuli") if self.has_subject_model else ()
        return (self.out, *(beside(self.out, what) for what in (*self.groupings, *models)))


def run(request: MosRequest, force: bool = False) -> list[TextTable]:
    """Read, compute and write; the tables to print.

    Raises SingError, before anything is computed, where a file cannot be written or read.
    """
    check_outputs(request.outputs, request.source.files.values(), force)
    ratings = request.source.ratings()
    results = list(_results(request, ratings))
    tables = [
        (path, contract, table)
        for path, (contract, table, _) in zip(request.outputs, results, strict=True)
    ]
    facts = {"scale": ratings.scale, "interval": request.interval, "seed": request.seed}
    write_tables(tables, {**request.source.facts(ratings.rules), **facts})
    return [text for _, _, texts in results for text in texts]


def _results(
    request: MosRequest, ratings: Ratings
) -> Iterator[tuple[Contract, pd.DataFrame, list[TextTable]]]:
    """Contract, table and what is printed of it, in the order of `MosRequest.outputs`."""
    main = ratings.main
    if "family" in request.groupings:
        _require_families(request.source, main["note"])
    table = mos_table(main, request.interval, ratings.rules, request.seed)
    yield MOS, table, [mos_report.shown(table, request.seed)]
    for by in request.groupings:
        groups = grouped_table(main, by, request.interval, request.seed)
        yield MOS_GROUPS, groups, [mos_report.shown_groups(groups, by)]
    if request.has_subject_model:
        fitted = fit_study(main)
        yield RATERS, fitted.raters, mos_report.shown_raters(fitted, main)
        yield STIMULI, fitted.stimuli, []


def _require_families(source: Source, notes: pd.Series) -> None:
    """Raise SingError for the first name of a note that says no instrument."""
    other = next((name for name in notes.unique() if not are_notes([name])), None)
    if other is None:
        return
    cells = read_cells(source.path)
    named = cells.frame.get(source.columns.get("note", "note"))
    is_it = named == other if named is not None else pd.Series(False)
    place = f"{cells.places[int(is_it.to_numpy().argmax())]}: " if is_it.any() else ""
    raise SingError(
        f"{source.path}: {place}'{other}': not a note name such as bass_synthetic_068-049-025, so "
        "of no family; leave out --by family"
    )
