"""From what was asked for to tables on disk: files are read, rules applied, tables written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.column_map import parse_columns
from analysis.contracts_screening import MULTIVERSE
from analysis.ratings import read_ratings
from analysis.screening import multiverse as many
from analysis.screening.evidence import Evidence, gather
from analysis.screening.rules import LockedRules, read_rules, shipped
from analysis.screening.screen import Verdicts, screen
from eval_suite.study_contracts import SCREENING, SESSIONS
from eval_suite.tables import read_table, write_table
from eval_suite.text_table import TextTable
from sing import files, log
from sing.errors import SingError
from sing.provenance import provenance


@dataclass(frozen=True)
class Request:
    """The arguments of the command that decide its tables, as they were given."""

    ratings: Path
    rules_name: str = "default"
    sessions: Path | None = None
    columns: tuple[str, ...] = ()
    study: str | None = None
    test: str | None = None
    scale: tuple[float, float] | None = None
    reference: str = "ground-truth"
    seed: int = 0
    out: Path = Path("screening.csv")


def multiverse_path(out: Path) -> Path:
    """The multiverse's table, beside the screening table."""
    return out.with_name(f"{out.stem}-multiverse.csv")


def check_outputs(asked: Request, with_multiverse: bool, force: bool) -> None:
    """Make sure that all tables can be made and written. Raises SingError, saying what to do."""
    outputs = [asked.out, multiverse_path(asked.out)] if with_multiverse else [asked.out]
    read = {path.resolve() for path in (asked.ratings, asked.sessions) if path is not None}
    for out in outputs:
        if out.resolve() in read:
            raise SingError(f"{out}: a table that is read; choose another --out")
        files.check_file(out, force)
    if with_multiverse:
        rule_sets(asked.rules_name)


def screened(asked: Request) -> tuple[Evidence, Verdicts]:
    """Apply the rules, and write the screening table and where it comes from.

    Raises SingError for a faulty file, and for rules that do not go with these ratings.
    """
    locked = read_rules(asked.rules_name)
    evidence = read_evidence(asked)
    verdicts = screen(evidence, locked, asked.seed)
    write_table(asked.out, SCREENING, verdicts.table)
    files.write_json(asked.out.with_suffix(".provenance.json"), provenance(**_facts(asked, locked)))
    if not verdicts.kept:
        log.warning("%s keeps nobody", locked.rules.name)
    return evidence, verdicts


def read_evidence(asked: Request) -> Evidence:
    """The ratings that were asked for, with their sessions. Raises SingError for faulty files."""
    ratings = read_ratings(
        asked.ratings,
        parse_columns(asked.columns),
        study=asked.study,
        test=asked.test,
        scale=asked.scale,
    )
    sessions = None if asked.sessions is None else _read_sessions(asked.sessions, asked.study)
    evidence = gather(ratings, sessions, asked.reference)
    if sessions is not None and not set(sessions["participant"]) & set(evidence.participants):
        raise SingError(f"{asked.sessions}: no participant of {asked.ratings}; check the file")
    return evidence


def _read_sessions(path: Path, study: str | None) -> pd.DataFrame:
    sessions = read_table(path, SESSIONS)
    return sessions if study is None else sessions[sessions["study"] == study]


def _facts(asked: Request, locked: LockedRules) -> dict[str, Any]:
    read = {"ratings": asked.ratings, "sessions": asked.sessions}
    return {
        "rules": {"name": locked.rules.name, "sha256": locked.sha256},
        "seed": asked.seed,
        "study": asked.study,
        "test": asked.test,
        **{
            name: {"file": str(path), "sha256": files.sha256(path)}
            for name, path in read.items()
            if path is not None
        },
    }


def rule_sets(rules_name: str) -> list[LockedRules]:
    """The shipped rule sets and, if it is none of them, the file that was asked for.

    Raises SingError when that file has other rules under a shipped name.
    """
    sets = [read_rules(name) for name in shipped()]
    asked = read_rules(rules_name)
    if asked.sha256 in {one.sha256 for one in sets}:
        return sets
    if asked.rules.name in {one.rules.name for one in sets}:
        raise SingError(
            f"{rules_name}: name = '{asked.rules.name}' is that of other rules; give them their own"
        )
    return [*sets, asked]


def write_multiverse(asked: Request, evidence: Evidence) -> TextTable:
    """Apply every rule set, write the multiverse's table, and return what is shown of it."""
    universes = many.multiverse(evidence, rule_sets(asked.rules_name), asked.seed)
    systems = sorted(map(str, evidence.main["system"].unique()))
    table = many.multiverse_table(universes, systems)
    write_table(multiverse_path(asked.out), MULTIVERSE, table)
    return many.shown(universes, systems)
