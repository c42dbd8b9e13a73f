"""What a study was, in numbers: design, raters, screening, and what cannot be concluded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.results import Results
from analysis.rows import are_notes
from sing import files
from sing.notes import Note

_RULE = re.compile(r"[:,]|\s-?[\d.]")
"""Ends a rule's name in a screening reason: `too fast: median ...`, `correlation -0.14 ...`."""

Facts = tuple[tuple[str, str], ...]
"""Names and values, as a list of definitions shows them."""


@dataclass(frozen=True)
class Story:
    """The parts of a report that are words and counts."""

    title: str
    is_synthetic: bool
    design: Facts
    raters: Facts
    reasons: tuple[tuple[str, int], ...]
    limits: tuple[str, ...]


def known_about_listening(results: Results) -> tuple[str, ...]:
    """The columns that say what raters listened with, of the sessions or else of the ratings."""
    table = results.choices_sessions if results.sessions is None else results.sessions
    if table is None and results.ratings is not None:
        table = results.ratings.main
    if table is None:
        return ()
    present = [name for name in ("device", "antiphase_hits", "huggins_hits") if name in table]
    return tuple(name for name in present if (table[name].notna() & (table[name] != "")).any())


def tell(results: Results, name: str) -> Story:
    """The story that a folder of results tells. `name` stands for a study that has none."""
    return Story(
        title=", ".join(results.studies) or name,
        is_synthetic=results.is_synthetic,
        design=tuple(_design(results)),
        raters=tuple(_raters(results)),
        reasons=_reasons(results),
        limits=tuple(_limits(results)),
    )


def _design(results: Results) -> Iterable[tuple[str, str]]:
    if results.ratings is not None:
        main = results.ratings.main
        yield "Scored", _tests(main, "mos")
        yield "Systems scored", _names(main["system"])
        yield "Notes scored", _notes(main["note"])
        yield "Scores", f"{len(main):,} by {main['participant'].nunique():,} raters"
        yield "Scores per rendering", _spread(main.groupby(["system", "note"]).size())
        if results.ratings.scale is not None:
            low, high = results.ratings.scale
            yield "Scale", f"{low:g} to {high:g}"
        yield "Control trials", f"{len(results.ratings.controls):,}"
    if results.choices is not None:
        main = results.choices.main
        yield "Compared", _tests(main, "preference")
        yield "Systems compared", _names(pd.concat([main["a"], main["b"]]))
        yield "Notes compared", _notes(main["note"])
        yield "Choices", f"{len(main):,} by {main['participant'].nunique():,} raters"
    metrics = results.table("metrics")
    if metrics is not None:
        parts = Counter(metrics.drop_duplicates("note")["split"])
        listed = ", ".join(
            f"{part or 'no split'} {count:,}" for part, count in sorted(parts.items())
        )
        yield "Systems measured", _names(metrics["system"])
        yield "Notes measured", listed


def _tests(main: pd.DataFrame, default: str) -> str:
    names = sorted(set(main["test"]) - {""}) if "test" in main else []
    return ", ".join(names) or default


def _names(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))


def _notes(values: Iterable[str]) -> str:
    names = set(values)
    if not are_notes(names):
        return f"{len(names):,}"
    notes = [Note.parse(name) for name in names]
    instruments = {note.instrument for note in notes}
    families = {note.family for note in notes}
    return f"{len(notes):,}, of {len(instruments):,} instruments ({', '.join(sorted(families))})"


def _spread(counts: pd.Series) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}, mean {counts.mean():.1f}"


def _raters(results: Results) -> Iterable[tuple[str, str]]:
    screening = results.screening
    yield from _sessions(results.sessions, "")
    yield from _sessions(results.choices_sessions, ", choices")
    if screening is not None:
        kept = int((screening["kept"] == "yes").sum())
        rules = results.ratings.rules if results.ratings is not None else "unknown"
        yield "Screened by", rules
        yield "Kept", f"{kept:,} of {len(screening):,} raters"
    elif results.ratings is not None:
        yield "Screened by", "no rules: every rater counts"
    compared = results.choices_screening
    if compared is not None and results.choices is not None:
        kept = int((compared["kept"] == "yes").sum())
        yield (
            "Kept of those who compared",
            f"{kept:,} of {len(compared):,}, {results.choices.rules}",
        )


def _sessions(sessions: pd.DataFrame | None, of: str) -> Iterable[tuple[str, str]]:
    if sessions is None:
        return
    yield f"Sessions{of}", f"{len(sessions):,}"
    yield f"How they ended{of}", _counted(sessions["outcome"])
    yield f"Recruited by{of}", _counted(sessions["platform"])
    if "device" in sessions:
        devices = sessions["device"].replace("", "not said")
        yield f"Say they listen with{of}", _counted(devices)


def _counted(values: pd.Series) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(Counter(values).items()))


def _reasons(results: Results) -> tuple[tuple[str, int], ...]:
    """Which rules left raters out, and how many each: without the numbers of single raters."""
    found = Counter(
        rule
        for table in (results.screening, results.choices_screening)
        if table is not None
        for reason in table.loc[table["kept"] == "no", "reason"]
        for rule in {_RULE.split(part)[0].strip() or part for part in reason.split("; ")}
    )
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _limits(results: Results) -> Iterable[str]:
    if results.is_synthetic:
        yield (
            "The raters are simulated: the scores show that the analysis works, and nothing about "
            "how a system sounds."
        )
    mos = results.table("mos")
    if mos is not None:
        yield from _mos_limits(mos)
    if results.ratings is not None and results.screening is None:
        yield "No rater was screened: whoever clicked at random counts like everyone else."
    if results.ratings is not None and results.ratings.controls.empty:
        yield "There were no control trials, so nothing but their scores tells attentive raters."
    if results.ratings is not None and not known_about_listening(results):
        yield "Nothing is known about the raters' devices and headphones."
    metrics = results.table("metrics")
    if metrics is not None:
        failed = int((metrics["reason"] != "").sum())
        if failed:
            yield f"{failed:,} (system, note) pairs could not be scored; metrics.csv says why."
        if not (metrics["split"] == "test").any():
            yield "No held-out note was measured: the numbers say nothing about new notes."
    yield (
        "The paper's numbers are of NSynth, other raters and other notes; differences from them "
        "are no test."
    )


def _mos_limits(mos: pd.DataFrame) -> Iterable[str]:
    undefined = mos[mos["ci95"].isna()]
    for row in undefined.to_dict("records"):
        why = row.get("reason") or "no reason given"
        yield f"The interval of {row['system']} is undefined: {why}."
    if (mos["interval"] == "naive").any():
        yield "The MOS intervals take ratings for independent, and so are several times too narrow."
    if (mos["notes"] < 20).any() or (mos["participants"] < 20).any():
        yield (
            f"{int(mos['participants'].min())} raters and {int(mos['notes'].min())} notes are few: "
            "intervals are wide and their own estimate is rough."
        )


def records(results: Results) -> Mapping[str, dict[str, Any]]:
    """The records of provenance beside the tables, by file name."""
    found = {}
    for path in sorted(results.folder.glob("*provenance.json")):
        record = files.read_json(path)
        if isinstance(record, dict):
            found[path.name] = record
    return found
