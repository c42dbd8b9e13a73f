"""A new study.toml: a shipped design with every key written out and explained."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from listening_app import strings
from listening_app.draw import DEMO
from listening_app.explained_toml import study_toml
from listening_app.setting_keys import keys_at
from listening_app.settings import (
    STUDY_TOML,
    Settings,
    checked_settings,
    first_language,
    with_usual_wording,
)
from listening_app.wording import wording_of
from sing import files, log
from sing.data.nsynth import EXAMPLES
from sing.data.packed import is_pack
from sing.errors import SingError, suggestion
from sing.systems import read_system

SYSTEMS = Path("systems")
TRUTH = "ground-truth"
"""What the recordings of a dataset are called, in the tables too."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TEXTS = ("title", "task", "scale.labels", "controls.trap_text", "consent.text", "questions")
"""The keys that each language words in its own way."""


def shipped_designs() -> dict[str, Path]:
    """The designs in the package, by the name that `--test` takes."""
    folder = Path(str(resources.files("listening_app"))) / "designs"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def new_study(
    folder: Path,
    design: str,
    systems: Sequence[str] = (),
    overrides: Sequence[str] = (),
    languages: Sequence[str] = (),
) -> Path:
    """Write a commented study.toml into a new folder and return its path.

    `systems` are folders, or NAME=FOLDER; without any those in ./systems are taken. A dataset,
    called ground-truth unless it is named, or a system of kind truth, becomes the reference.
    `overrides` are key=value with TOML values, such as notes.count=50; `languages` those of the
    pages, in all of which the usual texts are written. Raises SingError when the folder holds
    something already, when a system's folder is none, and for a wrong key or value.
    """
    designs = shipped_designs()
    if design not in designs:
        raise SingError(f"--test {design}: no such design; {suggestion(design, designs)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SingError(f"{folder}: there is something already; give a new folder")
    named, truths = _named(systems or _in_place())
    path = folder / STUDY_TOML
    values = _identity(designs[design], folder, named, truths)
    if languages:
        values["languages"] = list(languages)
    for override in overrides:
        _apply(values, override)
    values = _worded(values, overrides)
    if named:
        checked_settings(values, " ".join([f"--test {design}", *(f"--set {o}" for o in overrides)]))
    head = designs[design].read_text(encoding="utf-8").split("\n\n", 1)[0]
    files.write_text(path, study_toml(head, values))
    return path


def _apply(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    *tables, name = key.split(".")
    if not equals or len(tables) > 1 or not name:
        raise SingError(f"--set {override}: expected key=value, such as notes.count=50")
    for depth, part in enumerate((*tables, name)):
        known = keys_at(Settings, tables[:depth])
        if part not in known:
            raise SingError(f"--set {override}: no key '{key}'; {suggestion(part, known)}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    table = values.setdefault(tables[0], {}) if tables else values
    table[name] = value


def _in_place() -> list[str]:
    found = sorted(SYSTEMS.glob("*/system.json")) if SYSTEMS.is_dir() else []
    return [str(path.parent) for path in found]


def _named(systems: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The folders by the systems' names, and which of them are the ground truth."""
    named: dict[str, str] = {}
    truths = []
    for text in systems:
        given, equals, where = text.rpartition("=")
        folder = Path(where)
        is_dataset = where == DEMO or (folder / EXAMPLES).is_file() or is_pack(folder)
        if not is_dataset:
            system = read_system(folder)
        name = given if equals else TRUTH if is_dataset else system.name
        if is_dataset and not equals:
            log.info("%s: the dataset's recordings, as system '%s', no run's sounds", where, TRUTH)
        if name in named:
            raise SingError(f"{where}: a second system is called '{name}'; name it: NAME={where}")
        named[name] = where
        if is_dataset or system.kind == "truth":
            truths.append(name)
    return named, truths


def _identity(
    design: Path, folder: Path, named: Mapping[str, str], truths: Sequence[str]
) -> dict[str, Any]:
    """The design's values, with the study's name and systems."""
    name = folder.resolve().name
    return {
        "name": name if _NAME.fullmatch(name) else design.stem,
        "reference": truths[0] if truths else "",
        **tomllib.loads(design.read_text(encoding="utf-8")),
        "systems": {name: _seen_from(folder, where) for name, where in named.items()},
    }


def _worded(values: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The values with the usual texts and questions, in every language of the study.

    Raises SingError for a text of its own, if the other languages have to say the same.
    """
    own = first_language(values)
    worded = with_usual_wording(values)
    usual = wording_of(own).questions.items()
    worded.setdefault("questions", [{"key": key, **words} for key, words in usual])
    languages = worded.get("languages")
    listed = [str(name) for name in languages] if isinstance(languages, list) else [own]
    known = strings.languages()
    for name in listed:
        if name not in known:
            raise SingError(f"--language {name}: none of ours; {suggestion(name, known)}")
    others = [name for name in listed if name != own]
    for override in overrides:
        if others and override.partition("=")[0].strip() in _TEXTS:
            raise SingError(
                f"--set {override}: the study is in {len(listed)} languages; word it in "
                f"{STUDY_TOML}, in each of them"
            )
    translated = {name: wording_of(name).translation(values["test"]) for name in others}
    return {**worded, "translations": translated}


def _seen_from(folder: Path, where: str) -> str:
    """The path of a system as seen from the study's folder."""
    if where == DEMO and not Path(where).is_dir():
        return where
    return Path(os.path.relpath(Path(where).resolve(), folder.resolve())).as_posix()
