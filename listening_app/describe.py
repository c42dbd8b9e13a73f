"""What a built study amounts to, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator

from listening_app.study import Study

FIXED_MINUTES = 4.0
"""Of consent, questions, sound check and headphone tests."""

SECONDS_TO_ANSWER = 4.0
"""Beyond one hearing of every stimulus; a rehearsal measures better."""


def session_minutes(study: Study) -> float:
    """How long the longest sheet takes: every stimulus once, and a few seconds to answer."""
    longest = max(
        sum(
            SECONDS_TO_ANSWER + sum(study.stimuli[slot.stimulus].seconds for slot in trial.slots)
            for trial in sheet.trials
        )
        for sheet in study.sheets.values()
    )
    return longest / 60


def told_minutes(study: Study) -> int:
    """How long a session takes, as raters and platforms are told."""
    return max(1, round(study.settings.pay.minutes or session_minutes(study) + FIXED_MINUTES))


def described(study: Study, needed_sheets: int) -> Iterator[str]:
    """Lines for a person who has just built it."""
    settings = study.settings
    notes = {
        trial.note for sheet in study.sheets.values() for trial in sheet.trials
        if trial.kind == "main"
    }  # fmt: skip
    yield f"{study.folder}"
    yield f"test            {settings.test}, {len(notes)} notes, {len(settings.systems)} systems"
    yield f"stimuli         {len(study.stimuli):,}"
    yield (
        f"sheets          {len(study.sheets):,}; {needed_sheets:,} finished ones give "
        f"{settings.ratings_per_stimulus} ratings everywhere"
    )
    minutes = session_minutes(study)
    trials = len(next(iter(study.sheets.values())).trials)
    yield f"a session       {trials} trials, about {max(minutes, 1):.0f} min of listening"
    if settings.pay.amount:
        cost = settings.pay.amount * needed_sheets
        yield f"rewards         {cost:,.2f} {settings.pay.currency}, without the platform's fee"
