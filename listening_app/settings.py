"""study.toml: everything that a person decides about a listening study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from listening_app.setting_keys import keys_at, meaning_of
from listening_app.setting_rules import faults
from listening_app.setting_tables import (
    Consent,
    Controls,
    Headphones,
    Listening,
    Loudness,
    Notes,
    Pay,
    Platform,
    Practice,
    Question,
    Scale,
    Table,
    Translation,
)
from listening_app.wording import TESTS, Test, wording_of
from sing import files
from sing.errors import SingError, suggestion
from sing.validation import validated

STUDY_TOML = "study.toml"

CHOICE_TESTS: tuple[Test, ...] = ("preference", "abx", "ab")
"""Tests answered by choosing A or B."""

PAIR_TESTS: tuple[Test, ...] = (*CHOICE_TESTS, "cmos")
"""Tests in which two systems are heard side by side."""

REFERENCE_TESTS: tuple[Test, ...] = ("preference", "mushra")
"""Tests in which an open reference is heard."""


class Settings(Table, frozen=True):
    """A whole study.toml. Every key has a description, which is its documentation."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        max_length=64,
        description="The study's name in every table: letters, digits, - _ and .",
    )
    title: str = Field(min_length=1, description="What raters see as the title of the pages.")
    test: Test = Field(
        description="mos: score one sound. preference: which of A and B is closer to the reference "
        "X (what the paper calls ABX). abx: X is A or B; which? ab: which is better? cmos: how "
        "much better is B? mushra: score all systems at once against a reference."
    )
    task: str = Field(min_length=1, description="What a rater is asked in each trial.")
    seed: int = Field(42, ge=0, description="Decides what is drawn: notes, order, names of files.")
    ratings_per_stimulus: int = Field(
        ge=1,
        le=10_000,
        description="How many raters are to hear each stimulus; of a test of pairs each pair of "
        "systems on each note, of mushra each note.",
    )
    trials_per_rater: int = Field(
        ge=1,
        le=1_000,
        description="How many trials one rater gets, controls and practice not counted.",
    )
    surplus: float = Field(
        0.2,
        ge=0,
        le=5,
        description="Sheets beyond those that the ratings need, as a share of them, for raters "
        "who are screened out later. Sheets of raters who leave are given out again anyway.",
    )
    reference: str = Field(
        "",
        description="Which of the systems is the ground truth: X of preference, the reference of "
        "mushra, the clean sound of gold trials. In mos, abx, ab and cmos it may be empty.",
    )
    pairs: tuple[Annotated[tuple[str, str], Field(strict=False)], ...] = Field(
        (),
        strict=False,
        description="The pairs of systems that tests of pairs compare. Empty: all pairs (of "
        "preference those without the reference).",
    )
    anchors: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Degraded references that mushra adds: lowpass-HZ cuts off above so many Hz, "
        "mnru-DB adds noise that follows the note, so many dB below it (ITU-T P.810).",
    )
    languages: tuple[str, ...] = Field(
        ("en",),
        strict=False,
        min_length=1,
        description="Languages of the pages (en, de). The first is the one that this file is "
        "written in; each other needs a table [translations.LANGUAGE].",
    )
    lease_minutes: int = Field(
        60,
        ge=5,
        le=10_080,
        description="How long a silent rater keeps the sheet before another may get it.",
    )
    break_after: int = Field(
        0, ge=0, description="Offer a break after so many trials; 0 offers none."
    )
    comments: bool = Field(True, description="Whether a trial has a box for a comment.")
    systems: dict[str, str] = Field(
        description="The systems: a name for the tables, and the folder of a system (made by sing "
        "generate or sing-eval systems) or of a dataset, seen from the study's folder. Raters see "
        "neither."
    )
    scale: Scale = Scale()
    notes: Notes = Notes()
    loudness: Loudness = Loudness()
    controls: Controls = Controls()
    practice: Practice = Practice()
    listening: Listening = Listening()
    headphones: Headphones = Headphones()
    consent: Consent = Consent()
    pay: Pay = Pay()
    platform: Platform = Platform()
    questions: tuple[Question, ...] = Field(
        (), strict=False, description="What raters are asked about themselves, in this order."
    )
    translations: dict[str, Translation] = Field(
        {}, description="The texts of this file in the other languages."
    )

    @model_validator(mode="before")
    @classmethod
    def _usual_wording(cls, values: Any) -> Any:
        return with_usual_wording(values) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _keys_fit_each_other(self) -> Settings:
        for fault in faults(self):
            raise ValueError(fault)
        return self

    @property
    def limits(self) -> tuple[int, int]:
        """The lowest and the highest score; (0, 0) for a test that is answered by a choice."""
        if self.test == "mos":
            return 1, len(self.scale.labels)
        if self.test == "cmos":
            return -(len(self.scale.labels) // 2), len(self.scale.labels) // 2
        return (0, 100) if self.test == "mushra" else (0, 0)

    @property
    def is_choice(self) -> bool:
        """Whether a rater answers by choosing A or B."""
        return self.test in CHOICE_TESTS

    @property
    def is_of_pairs(self) -> bool:
        """Whether two systems are heard side by side."""
        return self.test in PAIR_TESTS

    def in_language(self, language: str) -> Settings:
        """The same settings with the texts of one of the `languages`, else of the first."""
        texts = self.translations.get(language)
        if texts is None:
            return self
        questions = tuple(
            question.model_copy(update=dict(texts.questions[question.key]))
            for question in self.questions
        )
        return self.model_copy(
            update={
                "title": texts.title,
                "task": texts.task,
                "scale": Scale(labels=texts.labels),
                "controls": self.controls.model_copy(update={"trap_text": texts.trap_text}),
                "consent": self.consent.model_copy(update={"text": texts.consent}),
                "questions": questions,
            }
        )


def read_settings(folder: Path) -> Settings:
    """The settings of a study's folder. Raises SingError that says what the wrong key means."""
    path = folder / STUDY_TOML
    if not path.exists():
        raise SingError(
            f"{folder}: no {STUDY_TOML}, so not a study; make one with sing-eval study new"
        )
    return checked_settings(files.read_toml(path), str(path))


def checked_settings(values: Mapping[str, Any], where: str) -> Settings:
    """The settings with these values.

    Raises SingError that begins with `where` and ends with what the key at fault means.
    """
    try:
        return validated(Settings, dict(values), where)
    except SingError as error:
        cause = error.__context__
        if not isinstance(cause, ValidationError):
            raise
        raise _explained(where, str(error), cause) from None


def _explained(where: str, message: str, cause: ValidationError) -> SingError:
    """The error with the meaning of its key."""
    found = cause.errors(include_url=False)
    unknown = [fault for fault in found if fault["type"] == "extra_forbidden"]
    if unknown:  # said first: a key that seems missing is often a misspelt one
        *table, name = unknown[0]["loc"]
        key = ".".join(map(str, unknown[0]["loc"]))
        return SingError(
            f"{where}: no key '{key}'; {suggestion(str(name), keys_at(Settings, table))}"
        )
    if not found[0]["loc"]:  # between keys: says itself what to do
        return SingError(f"{where}: {found[0]['msg'].removeprefix('Value error, ')}")
    meaning = meaning_of(Settings, found[0]["loc"])
    words = message.replace("a valid tuple", "a list").replace("a valid dictionary", "a table")
    return SingError(f"{words} ({meaning})" if meaning else words)


def with_usual_wording(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of study.toml, and for each text that is not among them the usual one.

    It is that of the test, in the first of the `languages`. Values of a wrong type stay.
    """
    test = values.get("test")
    if test not in TESTS:
        return dict(values)
    usual = wording_of(first_language(values))
    filled = {"title": usual.title[test], "task": usual.task[test], **values}
    for table, key, text in (
        ("scale", "labels", usual.labels[test]),
        ("controls", "trap_text", usual.trap[test]),
        ("consent", "text", usual.consent),
    ):
        given = filled.get(table, {})
        filled[table] = {key: text, **given} if isinstance(given, dict) else given
    return filled


def first_language(values: Mapping[str, Any]) -> str:
    """The language that a study's own texts are in."""
    languages = values.get("languages")
    return str(languages[0]) if isinstance(languages, list | tuple) and languages else "en"
