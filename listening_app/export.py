"""The answers of a study as tables, by the contracts (eval_suite.study_contracts).

export/  ratings.csv (mos, mushra) or choices.csv   a row an answer, systems by name
         sessions.csv  answers.csv                  the raters, and what they said about themselves
         provenance.json                            what was exported, and whether rules were locked

The same rows give the same bytes. Nothing tells who a rater is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from eval_suite.contracts import Contract
from eval_suite.study_contracts import ANSWERS, CHOICES, RATINGS, SESSIONS
from eval_suite.tables import write_table
from listening_app.export_rows import Exported, exported
from listening_app.store import Store
from listening_app.store.rules import LockedRules, locked_rules, matches
from sing import files, log
from sing.provenance import write_provenance

MARK = "sessions.csv"
"""The file by which --force knows an earlier export."""

_COMMENT = ("comment",)


@dataclass(frozen=True)
class Export:
    """A finished export: its folder, and the rows of each table."""

    folder: Path
    rows: dict[str, int]


def export(store: Store, out: Path, rules: Path | None = None, force: bool = False) -> Export:
    """Write everything that raters gave into the folder `out`, whole or not at all.

    `rules` are the screening rules to compare with those that were locked; by default the file of
    the locked name in the study's folder. An export before rules are locked is allowed, warned of
    and remembered. Raises SingError when `out` is there already and not to be replaced.
    """
    files.check_folder(out, force, MARK)
    locked = store.database.read(locked_rules)
    if locked is None:
        log.warning(
            "the screening rules are not locked, so nobody can tell later whether they were "
            "chosen to fit; sing-eval study lock-rules %s FILE locks them",
            store.plan.study.folder,
        )
        store.note_unlocked_export()
    rows = store.database.read(lambda connection: exported(connection, store.plan))
    with files.whole_folder(out, force, MARK) as part:
        counted = _write(part, store, rows)
        _write_provenance(part, store, rows, locked, rules, counted)
    return Export(out, counted)


def _write(folder: Path, store: Store, rows: Exported) -> dict[str, int]:
    test = store.plan.study.settings.test
    given = RATINGS if test in ("mos", "mushra") else CHOICES
    tables: tuple[tuple[Contract, list[dict[str, Any]], tuple[str, ...]], ...] = (
        (given, rows.given, _COMMENT),
        (SESSIONS, rows.sessions, ()),
        (ANSWERS, rows.answers, ()),
    )
    for contract, listed, more in tables:
        columns = [column.name for column in contract.columns]
        frame = pd.DataFrame(listed, columns=[*columns, *more], dtype=object)
        write_table(folder / f"{contract.name}.csv", contract, frame)
    return {contract.name: len(listed) for contract, listed, _ in tables}


def _write_provenance(
    folder: Path,
    store: Store,
    rows: Exported,
    locked: LockedRules | None,
    rules: Path | None,
    counted: dict[str, int],
) -> None:
    study = store.plan.study
    record: dict[str, Any] | None = None
    if locked is not None:
        path = rules or study.folder / locked.file
        is_same = matches(locked, path) if rules or path.is_file() else None
        if is_same is False:
            log.warning(
                "%s: not the rules that were locked at %s; the export says so",
                path,
                locked.locked_at,
            )
        record = {**asdict(locked), "matches": is_same}
    write_provenance(
        folder,
        study=rows.study,
        test=study.settings.test,
        reference=study.settings.reference,
        fingerprint=study.fingerprint,
        is_synthetic=rows.is_synthetic,
        rules=record,
        rows=counted,
        outputs={path.name: files.sha256(path) for path in sorted(folder.glob("*.csv"))},
    )
