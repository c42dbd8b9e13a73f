"""From what was asked for to tables on disk: files are read, rules applied, tables written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.answers import Source, beside
from analysis.contracts_screening import MULTIVERSE
from analysis.reference import USUAL, stated_reference
from analysis.screening import multiverse as many
from analysis.screening.choices import ChoiceEvidence, gather_choices, screen_choices
from analysis.screening.evidence import Evidence, gather
from analysis.screening.rules import LockedRules, read_rules, shipped
from analysis.screening.screen import Verdicts, screen
from eval_suite.study_contracts import SCREENING, SESSIONS
from eval_suite.table_files import check_outputs, hashes, write_tables
from eval_suite.tables import read_table, write_table
from eval_suite.text_table import TextTable
from sing import log
from sing.errors import SingError


@dataclass(frozen=True)
class Request:
    """The arguments of the command that decide its tables, as they were given.

    `reference` is the hidden reference; None is that of the study beside the answers, else the
    usual name. With `is_choices` the answers are choices between two systems, not ratings.
    """

    source: Source
    rules_name: str = "default"
    sessions: Path | None = None
    reference: str | None = None
    seed: int = 0
    out: Path = Path("screening.csv")
    is_choices: bool = False

    @property
    def multiverse(self) -> Path:
        """The multiverse's table, beside the screening table."""
        return beside(self.out, "multiverse")

    @property
    def read(self) -> dict[str, Path]:
        """The files that are read, by what they are."""
        sessions = {} if self.sessions is None else {"sessions": self.sessions}
        return {**self.source.files, **sessions}


def check(asked: Request, with_multiverse: bool, force: bool) -> None:
    """Make sure that all tables can be made and written. Raises SingError, saying what to do."""
    outputs = [asked.out, asked.multiverse] if with_multiverse else [asked.out]
    check_outputs(outputs, asked.read.values(), force)
    if with_multiverse:
        if asked.is_choices:
            raise SingError("--multiverse: shows mean opinion scores, so not with --choices")
        rule_sets(asked.rules_name)


def screened(asked: Request) -> tuple[Evidence | None, Verdicts]:
    """Apply the rules, and write the screening table and where it comes from.

    The evidence is None of choices. Raises SingError for a faulty file, and for rules that do not
    go with these answers.
    """
    locked = read_rules(asked.rules_name)
    evidence = None if asked.is_choices else read_evidence(asked)
    if evidence is None:
        verdicts = screen_choices(_read_choices(asked), locked)
    else:
        verdicts = screen(evidence, locked, asked.seed)
    facts = {
        **asked.source.facts(rules="none"),
        **hashes(asked.read),
        "rules": {"name": locked.rules.name, "sha256": locked.sha256},
        "seed": asked.seed,
    }
    write_tables([(asked.out, SCREENING, verdicts.table)], facts)
    if not verdicts.kept:
        log.warning("%s keeps nobody", locked.rules.name)
    return evidence, verdicts


def read_evidence(asked: Request) -> Evidence:
    """The ratings that were asked for, with their sessions. Raises SingError for faulty files."""
    ratings = asked.source.ratings()
    path, study = asked.source.path, asked.source.study
    reference = asked.reference or stated_reference(path.parent, study) or USUAL
    return gather(ratings, _read_sessions(asked, ratings.table), reference)


def _read_choices(asked: Request) -> ChoiceEvidence:
    choices = asked.source.choices()
    return gather_choices(choices, _read_sessions(asked, choices.table))


def _read_sessions(asked: Request, answers: pd.DataFrame) -> pd.DataFrame | None:
    """The sessions of the answers' study. Raises SingError where they are of other raters."""
    if asked.sessions is None:
        return None
    sessions = read_table(asked.sessions, SESSIONS)
    if asked.source.study is not None:
        sessions = sessions[sessions["study"] == asked.source.study]
    if not set(sessions["participant"]) & set(answers["participant"]):
        more = ", or call the choices' own sessions choices-sessions.csv" * asked.is_choices
        raise SingError(
            f"{asked.sessions}: no participant of {asked.source.path}; check the file{more}"
        )
    return sessions


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
    write_table(asked.multiverse, MULTIVERSE, table)
    return many.shown(universes, systems)
