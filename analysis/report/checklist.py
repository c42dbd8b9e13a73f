"""What a reviewer of a listening study asks, answered from the results where they can answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.reference import ROW
from analysis.report.story import known_about_listening, records
from analysis.results import Results
from analysis.row_map import match_rows

YES, NO, OPEN = "yes", "no", "not in the results"


@dataclass(frozen=True)
class Item:
    """A question, its answer, and the evidence for it."""

    question: str
    answer: str
    evidence: str = ""


def checklist(results: Results, reference: str | None = None) -> tuple[Item, ...]:
    """The answers, in the order of a study's life; `reference` is the ground truth, if known."""
    return (
        *_about_raters(results),
        *_about_trials(results, reference),
        *_about_intervals(results),
        *_about_metrics(results),
        _wording(results),
        Item("Did raters agree to take part, and how were they paid?", OPEN),
    )  # fmt: skip


def _wording(results: Results) -> Item:
    question = "Are the raters' instructions and the scale's words given?"
    if results.path("study.toml").is_file():
        return Item(question, YES, "in study.toml, whose hash stands below")
    return Item(question, OPEN, "they stand in the study's study.toml")


def _about_raters(results: Results) -> Iterable[Item]:
    if results.ratings is not None:
        main = results.ratings.main
        yield Item(
            "Are the numbers of raters, notes and scores stated?",
            YES,
            f"{main['participant'].nunique():,} raters, {main['note'].nunique():,} notes, "
            f"{len(main):,} scores",
        )
    screening = results.screening
    if screening is None:
        yield Item("Is it said who was left out, and why?", NO, "no screening.csv")
    else:
        out = int((screening["kept"] == "no").sum())
        evidence = f"{out:,} of {len(screening):,} left out; reasons above"
        yield Item("Is it said who was left out, and why?", YES, evidence)
    yield _locked(results)
    yield _headphones(results)


def _locked(results: Results) -> Item:
    """Whether the screening rules were fixed before the systems were known."""
    question = "Were the screening rules fixed before the systems' names were known?"
    exported = records(results).get("provenance.json", {})
    if "fingerprint" not in exported:
        return Item(question, OPEN, "no provenance.json of sing-eval study export")
    rules = exported.get("rules")
    if not rules:
        return Item(question, NO, "the export was made before rules were locked")
    if rules.get("matches") is False:
        return Item(question, NO, "the rules file is not the one that was locked")
    if rules.get("matches") is not True:
        return Item(question, OPEN, "the export did not find the rules file that was locked")
    return Item(question, YES, f"{rules.get('file', 'rules')} locked at {rules.get('locked_at')}")


def _headphones(results: Results) -> Item:
    question = "Is it known what raters listened with?"
    known = known_about_listening(results)
    return Item(question, YES, ", ".join(known)) if known else Item(question, OPEN)


def _about_trials(results: Results, reference: str | None) -> Iterable[Item]:
    if results.ratings is not None:
        controls = len(results.ratings.controls)
        yield Item(
            "Were there control trials?", YES if controls else NO, f"{controls:,} control trials"
        )
        yield _truth(set(results.ratings.main["system"]), reference)


def _truth(systems: set[str], reference: str | None) -> Item:
    question = "Was the ground truth rated too, hidden among the systems?"
    name = reference or match_rows({}, systems).get(ROW)
    if name in systems:
        return Item(question, YES, f"as {name}")
    if reference is None:
        return Item(question, OPEN, "nothing says which system it is; --reference does")
    return Item(question, NO, f"{reference} was not")


def _about_intervals(results: Results) -> Iterable[Item]:
    mos = results.table("mos")
    if mos is not None:
        methods = ", ".join(sorted(set(mos["interval"])))
        yield Item(
            "Do the intervals hold for other raters and other notes?",
            NO if (mos["interval"] == "naive").any() else YES,
            f"method: {methods}",
        )
    abx = results.table("abx")
    if abx is not None:
        yield Item(
            "Do preferences come with an interval for other raters and notes?",
            YES if abx["ci_low"].notna().all() else NO,
            "two-way and exact side by side",
        )


def _about_metrics(results: Results) -> Iterable[Item]:
    metrics = results.table("metrics")
    if metrics is None:
        return
    held_out = int((metrics.drop_duplicates("note")["split"] == "test").sum())
    yield Item(
        "Were systems measured on notes that they were not trained on?",
        YES if held_out else NO,
        f"{held_out:,} held-out notes, if the systems were trained by the same split",
    )
    failed = int((metrics["reason"] != "").sum())
    yield Item("Is no note left out of the means without a word?", YES,
               f"{failed:,} pairs without a value, each with its reason")  # fmt: skip
