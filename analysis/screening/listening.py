"""Whether raters wore headphones, and whether they took the time to listen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.screening.evidence import Flags, Raters, Values
from analysis.screening.finding import Finding, reasons, unknown
from analysis.screening.rules import HeadphonesRule, SpeedRule


def headphones(evidence: Raters, rule: HeadphonesRule) -> Finding:
    """Raters who say that they wear something else, or fail the headphone tests that they took.

    With `tests = "any"` one passed test is enough, with "all" no taken test may be failed. Of
    several sessions each test's best counts, and every device. Who gave no answer passes.
    """
    about = evidence.about.assign(rater=evidence.numbers(evidence.about))
    hits = [
        (name, _best(about, f"{name}_hits", evidence), least)
        for name, least in (("antiphase", rule.antiphase_hits), ("huggins", rule.huggins_hits))
    ]
    taken = np.stack([np.isfinite(found) for _, found, _ in hits])
    failed = np.stack([np.less(found, least) for _, found, least in hits])
    passed = taken & ~failed
    fails_tests: Flags = np.asarray(failed.any(axis=0))
    if rule.tests == "any":
        fails_tests &= ~passed.any(axis=0)
    elif rule.tests == "none":
        fails_tests[:] = False
    says, wrong = _devices(about, rule, evidence)

    def word(rater: int) -> str:
        parts = [f"listens with {wrong[rater]}"] if rater in wrong else []
        if fails_tests[rater]:
            parts += [
                f"{name} test {found[rater]:.0f} of 6, expected at least {least}"
                for name, found, least in hits
                if found[rater] < least
            ]
        return "; ".join(parts)

    fails = fails_tests | np.isin(np.arange(len(evidence.participants)), list(wrong))
    known = says | (taken.any(axis=0) if rule.tests != "none" else says)
    return Finding(reasons(fails, word), unknown("headphones", known))


def _best(about: pd.DataFrame, column: str, evidence: Raters) -> Values:
    """Each rater's most hits, NaN for a test not taken."""
    best = np.full(len(evidence.participants), np.nan)
    if column in about:
        found = about.dropna(subset=[column]).groupby("rater")[column].max()
        best[found.index.to_numpy(dtype=np.int64)] = found
    return best


def _devices(
    about: pd.DataFrame, rule: HeadphonesRule, evidence: Raters
) -> tuple[Flags, dict[int, str]]:
    """Who says what they listen with, and who says something else than the rule's devices."""
    says = np.zeros(len(evidence.participants), dtype=np.bool_)
    if "device" not in about:
        return says, {}
    given = about[about["device"].fillna("") != ""][["rater", "device"]].drop_duplicates()
    says[given["rater"].to_numpy(dtype=np.int64)] = True
    allowed = [device.lower() for device in rule.devices]
    others = given[~given["device"].str.strip().str.lower().isin(allowed)]
    named = others.groupby("rater")["device"].agg(lambda names: ", ".join(sorted(names)))
    return says, {int(rater): str(device) for rater, device in named.items()}  # type: ignore[call-overload]


def speed(evidence: Raters, rule: SpeedRule) -> Finding:
    """Raters whose median time for a stimulus is below `shortest_share` of the stimulus's length.

    A page's seconds are shared by the stimuli on it: those it asks ratings of, or the two of a
    choice and its reference. Where it is recorded how long the sound
    really played, the shorter of the two counts.
    """
    seconds = _seconds(evidence.main)
    median = (
        pd.Series(seconds)
        .groupby(evidence.numbers(evidence.main))
        .median()
        .reindex(range(len(evidence.participants)))
        .to_numpy()
    )
    shortest = rule.shortest_share * rule.stimulus_seconds

    def word(rater: int) -> str:
        return (
            f"too fast: median {median[rater]:.1f} s a stimulus of {rule.stimulus_seconds:g} s, "
            f"expected at least {shortest:g} s"
        )

    return Finding(reasons(median < shortest, word), unknown("speed", np.isfinite(median)))


def _seconds(main: pd.DataFrame) -> Values:
    """Seconds that each row's stimulus got, NaN where unknown."""
    found = np.full(len(main), np.nan)
    if "seconds" in main:
        found = main["seconds"].to_numpy(dtype=np.float64)
        if "system" not in main:
            found = found / _sounds(main)
        elif {"session", "position"} <= {*main}:
            page = main.groupby(["participant", "session", "position"], dropna=False)
            found = found / page["system"].transform("size").to_numpy()
    if "listened_seconds" in main:
        heard = main["listened_seconds"].to_numpy(dtype=np.float64)
        found = np.fmin(found, heard if "system" in main else heard / _sounds(main))
    return found


def _sounds(main: pd.DataFrame) -> Values:
    """How many sounds each choice was between, its reference counted."""
    reference = main["reference"] if "reference" in main else pd.Series("", index=main.index)
    return np.where(reference != "", 3.0, 2.0)
