"""The tables of study.toml: what each key says, and which values it takes.

A key's description is the only one there is: the file that `sing-eval study new` writes, the
page docs/guide/study-toml.md and the error about a wrong value all show it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from listening_app.platform_names import PlatformName


class Table(BaseModel, frozen=True, extra="forbid", strict=True):
    """What all tables have in common: no unknown key, no value of another type."""


class Scale(Table, frozen=True):
    """The scale of answers."""

    labels: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Wording of the scale, worst first. mos: the first label is 1 point, the next "
        "2, and so on (5 is the paper's). cmos: an odd number around 'about the same', such as "
        "seven for -3 to 3. mushra: names of equal parts of 0 to 100. Other tests have none.",
    )


class Notes(Table, frozen=True):
    """Which notes are heard."""

    list: str = Field(
        "",
        description="The notes to take: paper-100 (the paper's), a CSV file with a column note, or "
        "a text file with a name a line; seen from the study's folder. Empty: draw some.",
    )
    count: int = Field(
        20,
        ge=2,
        description="How many notes to draw, by the seed, of those that all systems have; not "
        "used with a list.",
    )


class Loudness(Table, frozen=True):
    """How loud the stimuli are."""

    normalize: bool = Field(
        True,
        description="Bring every stimulus to the same loudness (ITU-R BS.1770). If false, levels "
        "stay as they are, and may tell the systems apart: the blinding audit then fails if so.",
    )
    target_lufs: float = Field(-26.0, ge=-60, le=-10, description="The loudness in LUFS.")
    peak_dbfs: float = Field(
        -1.0,
        ge=-20,
        le=0,
        description="No sample may be above this level in dBFS. A note whose peaks would be is "
        "not limited or clipped: all stimuli of that note get the lower loudness at which the "
        "highest of their peaks fits, and the build says which notes.",
    )


class Controls(Table, frozen=True):
    """Trials whose right answer is known; analysis judges raters by them."""

    gold: int = Field(
        2,
        ge=0,
        le=20,
        description="Gold trials a rater: a clean reference, or one that we degrade beyond doubt "
        "(noise as loud as the note, ITU-T P.810), so that the right answer is plain.",
    )
    traps: int = Field(
        1,
        ge=0,
        le=20,
        description="Trap trials a rater: a sound is a series of beeps, and trap_text says what "
        "to answer. Only somebody who listens can know.",
    )
    trap_text: str = Field(
        "", description="What raters are told about the beeps, before practice and beside the task."
    )


class Practice(Table, frozen=True):
    """Trials before the others, which count for nothing."""

    trials: int = Field(
        3,
        ge=0,
        le=20,
        description="Practice trials at the beginning: a good example, a bad one, beeps if there "
        "are traps, then the systems in turn.",
    )


class Listening(Table, frozen=True):
    """What must be heard before an answer is taken."""

    required_share: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of each stimulus that must really have been played before an answer is "
        "taken (the union of the played intervals). 1 is all of it, 0 asks for nothing.",
    )
    max_plays: int = Field(
        0, ge=0, description="How often a stimulus may be started; 0 is as often as wanted."
    )


class Headphones(Table, frozen=True):
    """The two tests of headphones, of six trials each, which loudspeakers spoil."""

    policy: Literal["ask", "require", "skip"] = Field(
        "ask",
        description="ask: do both tests and store the hits, whatever they are (analysis decides). "
        "require: end the session when neither test is passed. skip: no test, only the question "
        "what the rater listens with.",
    )
    pass_hits: int = Field(
        5, ge=1, le=6, description="Right answers, of 6, with which one of the tests is passed."
    )


class Consent(Table, frozen=True):
    """What raters agree to."""

    text: str = Field(
        "",  # Settings fill in the usual one
        min_length=1,
        description="What a rater reads and agrees to. Say who you are, what is stored, for how "
        "long, and how to reach you. Paragraphs are separated by an empty line.",
    )
    contact: str = Field("", description="Whom to write to; shown on every page.")


class Pay(Table, frozen=True):
    """What a rater gets."""

    amount: float = Field(0.0, ge=0, description="Reward for a finished session; 0 if unpaid.")
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="Three letters, ISO 4217.")
    minutes: float = Field(
        0.0,
        ge=0,
        description="How long a session takes, as told to raters; 0: estimated from the trials.",
    )


class Platform(Table, frozen=True):
    """Where raters come from."""

    name: PlatformName = Field(
        "local",
        description="local: links or codes that you hand out. prolific, mturk: the recruiters.",
    )
    places: int = Field(
        0, ge=0, description="How many raters to recruit; 0: as many as the ratings need."
    )
    open: bool = Field(
        False,
        description="local: once publish has written links.csv, only its codes are let in. true: "
        "also whoever comes by the bare address, as somebody new. As long as there is no "
        "links.csv, everybody is let in, with a code of yours or without.",
    )
    completion_url: str = Field(
        "",
        pattern=r"^(https://\S+)?$",
        description="Where a rater goes at the end, with ?cc=CODE added; empty: the platform's "
        "own address, or a page that shows the code.",
    )


class Question(Table, frozen=True):
    """One question about the rater."""

    key: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Its name in answers.csv: small letters, digits, _.",
    )
    text: str = Field(min_length=1, description="The question as raters read it.")
    kind: Literal["choice", "text", "number"] = Field(
        "choice", description="choice: one of choices. text: a line. number: a number."
    )
    choices: tuple[str, ...] = Field(
        (), strict=False, description="The answers to choose from; two or more, for choice only."
    )
    required: bool = Field(False, description="Whether the rater must answer it.")

    @model_validator(mode="after")
    def _choices_fit_the_kind(self) -> Question:
        if self.kind == "choice" and len(set(self.choices)) < max(2, len(self.choices)):
            raise ValueError(f"question '{self.key}' needs two or more different choices")
        if self.kind != "choice" and self.choices:
            raise ValueError(f"question '{self.key}' is of kind {self.kind}, which has no choices")
        return self


class QuestionWording(Table, frozen=True):
    """A question in another language."""

    text: str = Field(min_length=1, description="The question.")
    choices: tuple[str, ...] = Field(
        (), strict=False, description="The choices, in the order of the question's own."
    )


class Translation(Table, frozen=True):
    """The study's own texts in another language; the rest of the pages is translated already."""

    title: str = Field(min_length=1, description="As title.")
    task: str = Field(min_length=1, description="As task.")
    labels: tuple[str, ...] = Field((), strict=False, description="As scale.labels.")
    trap_text: str = Field("", description="As controls.trap_text.")
    consent: str = Field(min_length=1, description="As consent.text.")
    questions: dict[str, QuestionWording] = Field({}, description="By the questions' keys.")
