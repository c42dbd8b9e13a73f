"""Findings: each claim's effect, interval and verdict, computed from the table of scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from claims import ABLATED, ABLATION_METRICS, CLAIMS, Claim, Term
from contrast import contrast, mean_of
from places import Finished

from eval_suite.text_table import is_higher_better
from eval_suite.two_way import Estimate

CONFIRMED, REFUTED = "confirmed", "not confirmed"
UNDECIDED = "undecided (interval includes zero)"
MISSING = "missing"

COLUMNS = (
    *("finding", "seed", "says", "source", "metric", "greater", "less", "unit"),
    *("value_greater", "value_less", "effect", "ci_low", "ci_high", "verdict"),
    *("paper_greater", "paper_less", "reason"),
)
ABLATION_COLUMNS = (
    *("system", "seed", "metric", "mean", "mean_spectral", "effect", "ci_low", "ci_high"),
    "verdict",
)


@dataclass(frozen=True)
class Scores:
    """All scores, and which system a run of a further seed is: `sing-x` to `sing-x-seed7`."""

    table: pd.DataFrame
    seeds: Sequence[int]
    first_seed: int
    missing: Mapping[str, str]

    def named(self, system: str, seed: int) -> str:
        """The system that was trained with this seed; a baseline has none."""
        is_trained = system.startswith(("sing-", "autoencoder-"))
        return f"{system}-seed{seed}" if is_trained and seed != self.first_seed else system

    def has(self, system: str) -> bool:
        """Whether the system was scored."""
        return bool((self.table["system"] == system).any())

    def why_not(self, system: str) -> str:
        """Why the system was not scored, as a line for the reader."""
        run = system.partition("-")[2]
        return f"no {system}: run {run} {self.missing.get(run, 'not planned')}"


def scores_of(
    table: pd.DataFrame, finished: Sequence[Finished], missing: Mapping[str, str]
) -> Scores:
    """The scores, with the seeds that any finished run has; the first seed stands first."""
    seeds = list(dict.fromkeys(one.planned.seed for one in finished))
    first = next((one.planned.seed for one in finished if one.planned.is_first_seed), seeds[0])
    return Scores(table, seeds, first, missing)


def find_all(scores: Scores) -> list[dict[str, object]]:
    """A row for each claim and seed; a further seed only where all of its systems are there."""
    return [
        row
        for claim in CLAIMS
        for seed in scores.seeds
        for row in _find(scores, claim, seed)
    ]  # fmt: skip


def _find(scores: Scores, claim: Claim, seed: int) -> Iterator[dict[str, object]]:
    def ours(term: Term) -> Term:
        return Term(scores.named(term.system, seed), term.part, term.published)

    terms = [(sign, ours(term)) for sign, term in claim.terms]
    absent = [term.system for _, term in terms if not scores.has(term.system)]
    if absent and seed != scores.first_seed:
        return
    made = None if absent else contrast(scores.table, claim.metric, terms, claim.is_relative)
    greater, less = ours(claim.greater), ours(claim.less)
    yield {
        "finding": claim.name, "seed": seed, "says": claim.says, "source": claim.source,
        "metric": claim.metric, "greater": str(greater), "less": str(less),
        "unit": "share of silence's" if claim.is_relative else "metric",
        "value_greater": _number(mean_of(scores.table, greater, claim.metric)),
        "value_less": _number(mean_of(scores.table, less, claim.metric)),
        **_interval(made), "verdict": _verdict(made, CONFIRMED, REFUTED),
        "paper_greater": claim.greater.published, "paper_less": claim.less.published,
        "reason": scores.why_not(absent[0]) if absent else "",
    }  # fmt: skip


def ablations(scores: Scores, finished: Sequence[Finished]) -> list[dict[str, object]]:
    """Each other run against `spectral` of the same seed, on held-out pairs, by several metrics."""
    rows: list[dict[str, object]] = []
    for one in finished:
        against = scores.named(ABLATED, one.planned.seed)
        if one.planned.variant == "spectral" or not scores.has(against):
            continue
        for metric in ABLATION_METRICS:
            pair = ((1.0, Term(one.system)), (-1.0, Term(against)))
            made = contrast(scores.table, metric, pair)
            words = ("better", "worse") if is_higher_better(metric) else ("worse", "better")
            rows.append(
                {
                    "system": one.system, "seed": one.planned.seed, "metric": metric,
                    "mean": _number(mean_of(scores.table, Term(one.system), metric)),
                    "mean_spectral": _number(mean_of(scores.table, Term(against), metric)),
                    **_interval(made), "verdict": _verdict(made, *words),
                }
            )  # fmt: skip
    return rows


def overall(rows: Sequence[Mapping[str, object]]) -> str:
    """One verdict of a finding from those of its seeds."""
    verdicts = {str(row["verdict"]) for row in rows}
    return verdicts.pop() if len(verdicts) == 1 else "undecided (seeds differ)"


def _verdict(made: Estimate | None, above: str, below: str) -> str:
    if made is None:
        return MISSING
    if not made.is_defined or made.low <= 0 <= made.high:
        return UNDECIDED
    return above if made.value > 0 else below


def _interval(made: Estimate | None) -> dict[str, float | None]:
    read: dict[str, Callable[[Estimate], float]] = {
        "effect": lambda one: one.value,
        "ci_low": lambda one: one.low,
        "ci_high": lambda one: one.high,
    }
    return {name: None if made is None else _number(of(made)) for name, of in read.items()}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
