"""From a folder of results to a folder of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.abx_sentence import abx_sentences
from analysis.breakdown_tables import breakdown_tables
from analysis.paper_table import OURS, PAPER, PaperTable
from analysis.paper_tables import paper_tables, results_systems
from analysis.results import TABLES, Results
from analysis.row_map import match_rows
from analysis.settings_used import settings_used
from analysis.study_run import Settings, completed
from analysis.table_files import headings, printed_rows, write_tables
from eval_suite.text_table import TextTable
from sing import files
from sing.provenance import provenance

MARK = "tables.provenance.json"
"""The file by which --force knows a folder of tables."""

ABX_FILE = "abx.md"


@dataclass(frozen=True)
class MadeTables:
    """The paper's tables, what is printed of them, the sentences about ABX trials, breakdowns."""

    tables: tuple[PaperTable, ...]
    texts: tuple[TextTable, ...]
    sentences: tuple[str, ...]
    breakdowns: tuple[PaperTable, ...] = ()


def run(
    folder: Path,
    out: Path,
    settings: Settings,
    force: bool = False,
    breakdown: Path | None = None,
    metrics: Sequence[str] = (),
) -> MadeTables:
    """Read the results, write the folder of tables, and return what is printed.

    Scores and preferences that the folder has answers for, and no table, are computed. `breakdown`
    is the breakdown table, by default that of the folder, if any; `metrics` are those of which
    breakdowns are made.

    Raises SingError for results that cannot be read, and for an `out` that may not be written.
    """
    files.check_folder(out, force, MARK)
    settings = settings.settled(folder)
    elsewhere = {} if breakdown is None else {"breakdown": breakdown}
    with completed(folder, settings, elsewhere) as results:
        made = make_tables(results, settings.rows, settings.seed, metrics)
        with files.whole_folder(out, force, MARK) as part:
            write_made(made, part)
            files.write_json(part / MARK, _record(results, settings))
    return made


def _record(results: Results, settings: Settings) -> dict[str, Any]:
    """What the tables were made of: every table by its hash, those that were computed too."""
    read = {f"{name}.csv": results.table_path(name) for name in TABLES}
    hashes = {name: files.sha256(path) for name, path in read.items() if path.exists()}
    used = settings_used(results, settings.facts())
    return provenance(read=hashes, settings=used, is_synthetic=results.is_synthetic)


def make_tables(
    results: Results, rows: Mapping[str, str], seed: int, metrics: Sequence[str] = ()
) -> MadeTables:
    """The paper's tables and sentences, and breakdowns of these metrics.

    Errors as `paper_tables` and `breakdown_tables`.
    """
    tables = paper_tables(results, rows, seed)
    matched = match_rows(rows, results_systems(results))
    sentences = abx_sentences(results, matched)
    breakdowns = breakdown_tables(results.table("breakdown"), metrics, results.is_synthetic)
    return MadeTables(tuple(tables), tuple(map(_text, tables)), sentences, breakdowns)


def write_made(made: MadeTables, folder: Path) -> None:
    """Write every table in every format, and the sentences."""
    write_tables(folder, (*made.tables, *made.breakdowns))
    files.write_text(folder / ABX_FILE, "\n\n".join(made.sentences) + "\n")


def _text(table: PaperTable) -> TextTable:
    """The table for a terminal."""
    short = {OURS: "", PAPER: "(paper)"}
    names = [f"{quantity} {short.get(whose, '')}".strip() for quantity, whose in headings(table)]
    lines = tuple(tuple(row) for row in printed_rows(table))
    labels = len(table.label_headings)
    return TextTable(tuple(names), lines, table.all_remarks, names=labels, left=labels)
