"""Whether a rater has really heard the sounds of a trial: the union of what was played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from listening_app.study import Study, Trial

TOLERANCE_SECONDS = 0.05
"""A browser knows the time of a stop to within a few blocks of 128 samples."""

Interval = tuple[float, float]


def heard_seconds(intervals: Sequence[Interval], seconds: float) -> float:
    """The length of the union of intervals, cut to a sound of so many seconds.

    0       1       2       3       4
    [=======)   [===========)              heard
        [===========)                      heard again
    [=======================)       .      3 of 4 seconds
    """
    total = reached = 0.0
    for start, end in sorted(intervals):
        begun, ended = max(start, reached), min(end, seconds)
        if ended > begun:
            total += ended - begun
            reached = ended
    return total


def unheard(study: Study, trial: Trial, heard: Mapping[str, Sequence[Interval]]) -> tuple[str, ...]:
    """The slots of the trial of which less was heard than study.toml asks for."""
    share = study.settings.listening.required_share
    missing = []
    for slot in trial.slots:
        seconds = study.stimuli[slot.stimulus].seconds
        if heard_seconds(heard.get(slot.name, ()), seconds) < share * seconds - TOLERANCE_SECONDS:
            missing.append(slot.name)
    return tuple(missing)


def listened_seconds(study: Study, trial: Trial, heard: Mapping[str, Sequence[Interval]]) -> float:
    """Seconds of the trial's sounds that were heard, repeats not counted."""
    return sum(
        heard_seconds(heard.get(slot.name, ()), study.stimuli[slot.stimulus].seconds)
        for slot in trial.slots
    )
