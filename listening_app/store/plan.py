"""What the store needs to know of a study, worked out once: items, sheets, stages, limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from listening_app.study import Sheet, Study, Trial

TRIALS = "trials"
"""The last stage before done; sheets begin with practice, shown as a stage of its own."""

STAGES = ("consent", "questions", "sound", "headphones", TRIALS)
"""The stages that a study may have, in order."""

REFERENCE_SLOTS = frozenset({"X", "REF"})
"""Slots that are heard and not judged."""


@dataclass(frozen=True)
class Plan:
    """A study as the store sees it.

    An *item* is what is to have so many ratings: a stimulus (mos), a pair of systems on a note
    (tests of pairs), a note (mushra). Only main trials count.
    """

    study: Study

    @property
    def needed(self) -> int:
        """Ratings that every item is to have."""
        return self.study.settings.ratings_per_stimulus

    @property
    def lease_seconds(self) -> float:
        """How long a silent rater keeps the sheet."""
        return 60.0 * self.study.settings.lease_minutes

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The stages before the trials, in order."""
        settings = self.study.settings
        left_out = {
            "questions": not settings.questions,
            "headphones": settings.headphones.policy == "skip",
        }
        return tuple(stage for stage in STAGES if stage != TRIALS and not left_out.get(stage))

    def standing(self, stage: str) -> str:
        """Where a rater goes on who stood at `stage`: there, or at the next stage that there is.

        Questions and headphone tests may be taken out of study.toml while raters stand at them.
        """
        later = STAGES[STAGES.index(stage) :]
        return next(each for each in later if each in (*self.stages, TRIALS))

    @cached_property
    def item_names(self) -> tuple[str, ...]:
        """The items, in the order in which the sheets first have them."""
        names = (self.item(trial) for sheet in self.study.sheets.values() for trial in main(sheet))
        return tuple(dict.fromkeys(names))

    @cached_property
    def items(self) -> Mapping[str, tuple[int, ...]]:
        """The items of each sheet's main trials, as places in `item_names`."""
        places = {name: place for place, name in enumerate(self.item_names)}
        return {
            sheet.id: tuple(places[self.item(trial)] for trial in main(sheet))
            for sheet in self.study.sheets.values()
        }

    @cached_property
    def surplus(self) -> frozenset[str]:
        """Sheets that are not needed when every sheet before them is filled."""
        fill = [0] * len(self.item_names)
        surplus = set()
        for sheet, items in self.items.items():
            if min(fill, default=self.needed) >= self.needed:
                surplus.add(sheet)
            for item in items:
                fill[item] += 1
        return frozenset(surplus)

    def sheet(self, sheet: str) -> Sheet:
        """The sheet of this id."""
        return self.study.sheets[sheet]

    def item(self, trial: Trial) -> str:
        """What the trial is a rating of: `truth-vs-sing bass_synthetic_068-049-025`, say."""
        if self.study.settings.test == "mushra":
            return trial.note.name
        systems = sorted(self.system(trial, slot) for slot in judged(trial))
        return f"{'-vs-'.join(systems)} {trial.note.name}"

    def system(self, trial: Trial, slot: str) -> str:
        """The system heard in a slot of the trial."""
        return next(
            self.study.stimuli[each.stimulus].system for each in trial.slots if each.name == slot
        )


def main(sheet: Sheet) -> Iterator[Trial]:
    """The sheet's trials that are results."""
    return (trial for trial in sheet.trials if trial.kind == "main")


def judged(trial: Trial) -> tuple[str, ...]:
    """The slots that an answer is about, in order of display: not the reference."""
    return tuple(slot.name for slot in trial.slots if slot.name not in REFERENCE_SLOTS)
