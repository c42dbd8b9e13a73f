"""What a report says of scores beside their means: differences, and what other rules would say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis import compare_run
from analysis.compare import compare
from analysis.ratings import Ratings
from analysis.results import Results
from analysis.screening.evidence import gather
from analysis.screening.multiverse import multiverse, shown
from analysis.screening.run import rule_sets
from analysis.study_run import NO_RULES, Settings
from eval_suite.text_table import TextTable


@dataclass(frozen=True)
class Comparison:
    """A table of a page: its caption, and how many of its first columns are words."""

    caption: str
    table: TextTable
    words: int


def comparisons(results: Results, settings: Settings) -> list[Comparison]:
    """Paired differences of the scored systems, and every rule set's scores side by side.

    Nothing of fewer than two systems. Raises SingError for faulty ratings.
    """
    return list(_comparisons(results, settings))


def _comparisons(results: Results, settings: Settings) -> Iterator[Comparison]:
    everyone, kept = results.all_ratings, results.ratings
    if everyone is None or kept is None or kept.main["system"].nunique() < 2:
        return
    table = compare(kept.main, where=str(kept.path))
    yield Comparison("Paired differences of scores", compare_run.shown(table), 2)
    evidence = gather(everyone, _sessions(results, kept), settings.truth)
    rules = rule_sets(Settings.rules if settings.rules == NO_RULES else settings.rules)
    universes = multiverse(evidence, rules, settings.seed)
    systems = sorted(map(str, evidence.main["system"].unique()))
    yield Comparison("Scores under each set of screening rules", shown(universes, systems), 1)


def _sessions(results: Results, ratings: Ratings) -> pd.DataFrame | None:
    """The sessions, unless they are of other people than those who rated."""
    table = results.sessions
    if table is None or not set(table["participant"]) & set(ratings.main["participant"]):
        return None
    return table
