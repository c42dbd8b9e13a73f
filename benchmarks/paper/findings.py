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
UNDECIDED = "undecided"
MISSING = "missing"

COLUMNS = (
    *("finding", "seed", "says", "source", "metric", "greater", "less", "beside", "unit"),
    *("value_greater", "value_less", "value_beside_greater", "value_beside_less"),
    *("effect", "ci_low", "ci_high", "verdict"),
    *("paper_greater", "paper_less", "paper_beside_greater", "paper_beside_less", "paper_effect"),
    "reason",
)
RATIO = "ratio, of means divided by silence's"
DIFFERENCE = "difference"
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
        is_further = is_trained(system) and seed != self.first_seed
        return f"{system}-seed{seed}" if is_further else system

    def has(self, system: str) -> bool:
        """Whether the system was scored."""
        return bool((self.table["system"] == system).any())

    def why_not(self, system: str) -> str:
        """Why the system was not scored, as a line for the reader."""
        run = system.partition("-")[2]
        return f"no {system}: run {run} {self.missing.get(run, 'not planned')}"


def is_trained(system: str) -> bool:
    """Whether the system is a run's, and not a baseline."""
    return system.startswith(("sing-", "autoencoder-"))


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
    made = None if absent else contrast(scores.table, claim.metric, terms, claim.is_ratio)
    sides = {"greater": claim.greater, "less": claim.less}
    if claim.beside:
        sides |= {"beside_greater": claim.beside[0], "beside_less": claim.beside[1]}
    yield {
        "finding": claim.name, "seed": seed, "says": claim.says, "source": claim.source,
        "metric": claim.metric, "greater": str(ours(claim.greater)), "less": str(ours(claim.less)),
        "beside": " / ".join(str(ours(term)) for term in claim.beside or ()),
        "unit": RATIO if claim.is_ratio else DIFFERENCE,
        **{f"value_{side}": _number(mean_of(scores.table, ours(term), claim.metric))
           for side, term in sides.items()},
        **_interval(made, math.exp if claim.is_ratio else float),
        "verdict": _verdict(made, CONFIRMED, REFUTED),
        **{f"paper_{side}": term.published for side, term in sides.items()},
        "paper_effect": _published(claim),
        "reason": scores.why_not(absent[0]) if absent else "",
    }  # fmt: skip


def _published(claim: Claim) -> float | None:
    """The paper's own difference or ratio."""
    if not all(term.published for _, term in claim.terms):
        return None
    signed = [(sign, float(term.published)) for sign, term in claim.terms]
    if claim.is_ratio:
        return math.exp(sum(sign * math.log(value) for sign, value in signed))
    return sum(sign * value for sign, value in signed)


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
                    **_interval(made, float), "verdict": _verdict(made, *words),
                }
            )  # fmt: skip
    return rows


def overall(rows: Sequence[Mapping[str, object]]) -> str:
    """One verdict of a finding from those of its seeds."""
    verdicts = {str(row["verdict"]) for row in rows}
    return verdicts.pop() if len(verdicts) == 1 else "undecided, seeds differ"


def _verdict(made: Estimate | None, above: str, below: str) -> str:
    if made is None:
        return MISSING
    if not made.is_defined or made.low <= 0 <= made.high:
        return UNDECIDED
    return above if made.value > 0 else below


def _interval(made: Estimate | None, scale: Callable[[float], float]) -> dict[str, float | None]:
    ends = (None,) * 3 if made is None else (made.value, made.low, made.high)
    numbers = (None if end is None else _number(scale(end)) for end in ends)
    return dict(zip(("effect", "ci_low", "ci_high"), numbers, strict=True))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
