"""What raters are asked unless study.toml words it otherwise: wordings/LANGUAGE.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

Test = Literal["mos", "preference", "abx", "ab", "cmos", "mushra"]
"""The kinds of test. `preference` is what the paper calls ABX; `abx` is the classic one."""

TESTS: tuple[Test, ...] = get_args(Test)


@dataclass(frozen=True)
class Wording:
    """The usual texts of a study in one language: by test, but for consent and questions.

    `questions` holds text and choices by the questions' keys.
    """

    consent: str
    title: Mapping[str, str]
    task: Mapping[str, str]
    labels: Mapping[str, list[str]]
    trap: Mapping[str, str]
    questions: Mapping[str, Mapping[str, Any]]

    def translation(self, test: str) -> dict[str, Any]:
        """The table [translations.LANGUAGE] of a study that words everything as usual."""
        return {
            "title": self.title[test],
            "task": self.task[test],
            "labels": self.labels[test],
            "trap_text": self.trap[test],
            "consent": self.consent,
            "questions": self.questions,
        }


@cache
def wording_of(language: str) -> Wording:
    """The usual texts in a language; in English, if they are not written in it."""
    files = {file.name: file for file in (resources.files("listening_app") / "wordings").iterdir()}
    file = files.get(f"{language}.toml", files["en.toml"])
    return Wording(**tomllib.loads(file.read_text(encoding="utf-8")))
