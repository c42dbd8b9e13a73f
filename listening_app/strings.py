"""The words of the pages in each language: strings/LANGUAGE.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from sing.errors import SingError


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are words for: the files in strings/."""
    folder = resources.files("listening_app") / "strings"
    return tuple(
        sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if "." in file.name)
    )


@cache
def strings_of(language: str) -> Mapping[str, Any]:
    """The words in a language, by table and key. Raises SingError when there is no such file."""
    if language not in languages():
        raise SingError(f"languages: no words for '{language}'; there are {', '.join(languages())}")
    file = resources.files("listening_app") / "strings" / f"{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
