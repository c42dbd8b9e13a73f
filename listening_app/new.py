"""A new study.toml: a shipped design with every key written out and explained."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from listening_app import toml_text
from listening_app.draw import DEMO
from listening_app.setting_keys import keys_at
from listening_app.setting_tables import Question, QuestionWording, Translation
from listening_app.settings import STUDY_TOML, Settings, checked_settings
from listening_app.wording import LABELS, TASKS, TRAPS, USUAL_QUESTIONS
from sing import files
from sing.data.nsynth import EXAMPLES
from sing.data.packed import is_pack
from sing.errors import SingError, suggestion
from sing.systems import read_system

SYSTEMS = Path("systems")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_PLACEHOLDER = """\
# truth = "../../systems/truth"
# sing = "../../systems/sing"
"""


def shipped_designs() -> dict[str, Path]:
    """The designs in the package, by the name that `--test` takes."""
    folder = Path(str(resources.files("listening_app"))) / "designs"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def new_study(
    folder: Path, design: str, systems: Sequence[str] = (), overrides: Sequence[str] = ()
) -> Path:
    """Write a commented study.toml into a new folder and return its path.

    `systems` are folders, or NAME=FOLDER; without any those in ./systems are taken. A dataset,
    or a system of kind truth, becomes the reference. `overrides` are key=value with TOML values,
    such as notes.count=50. Raises SingError when the folder holds something already, when a
    system's folder is none, and for a wrong key or value.
    """
    designs = shipped_designs()
    if design not in designs:
        raise SingError(f"--test {design}: no such design; {suggestion(design, designs)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SingError(f"{folder}: there is something already; give a new folder")
    named, truths = _named(systems or _in_place())
    path = folder / STUDY_TOML
    values = _resolved(designs[design], folder, named, truths)
    for override in overrides:
        _apply(values, override)
    if named:
        checked_settings(values, " ".join([f"--test {design}", *(f"--set {o}" for o in overrides)]))
    files.write_text(path, "\n".join(_text(designs[design], values)))
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
        name = given if equals else folder.resolve().name if is_dataset else system.name
        if name in named:
            raise SingError(f"{where}: a second system is called '{name}'; name it: NAME={where}")
        named[name] = where
        if is_dataset or system.kind == "truth":
            truths.append(name)
    return named, truths


def _resolved(
    design: Path, folder: Path, named: Mapping[str, str], truths: Sequence[str]
) -> dict[str, Any]:
    """Every key's value: the design's, else what is usual for its test, else the default."""
    values = tomllib.loads(design.read_text(encoding="utf-8"))
    test = values["test"]
    values = {
        "name": folder.resolve().name if _NAME.fullmatch(folder.resolve().name) else design.stem,
        "task": TASKS[test],
        "reference": truths[0] if truths else "",
        "questions": USUAL_QUESTIONS,
        **values,
    }
    for table, key, usual in (("scale", "labels", LABELS), ("controls", "trap_text", TRAPS)):
        values[table] = {key: usual[test], **values.get(table, {})}
    values["systems"] = {name: _seen_from(folder, where) for name, where in named.items()}
    return values


def _seen_from(folder: Path, where: str) -> str:
    """The path of a system as seen from the study's folder."""
    if where == DEMO and not Path(where).is_dir():
        return where
    return Path(os.path.relpath(Path(where).resolve(), folder.resolve())).as_posix()


def _text(design: Path, values: Mapping[str, Any]) -> Iterator[str]:
    """The lines of study.toml: keys of the top first, then the tables, as TOML demands."""
    head = design.read_text(encoding="utf-8").split("\n\n", 1)[0]
    yield from head.split("\n")
    tables = []
    for key, field in Settings.model_fields.items():
        inner = field.annotation
        if key in ("systems", "questions", "translations"):
            continue
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            tables.append((key, inner))
            continue
        value = values.get(key, None if field.is_required() else field.default)
        yield from ("", toml_text.comment(field.description or ""))
        yield toml_text.assignment(key, value)
    yield from _systems(values["systems"])
    for key, inner in tables:
        yield from _table(key, inner, values.get(key, {}))
    yield from _questions(values["questions"])
    yield from _translations()


def _systems(systems: Mapping[str, str]) -> Iterator[str]:
    yield from ("", toml_text.comment(Settings.model_fields["systems"].description or ""))
    yield "[systems]"
    yield from (toml_text.assignment(name, where) for name, where in systems.items())
    if not systems:
        yield _PLACEHOLDER.rstrip()


def _table(key: str, model: type[BaseModel], values: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", toml_text.comment(model.__doc__ or ""), f"[{key}]")
    for name, field in model.model_fields.items():
        yield toml_text.comment(field.description or "")
        yield toml_text.assignment(name, values.get(name, field.default))


def _questions(questions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from ("", toml_text.comment(Settings.model_fields["questions"].description or ""))
    yield from _keys_of(Question)
    for question in questions:
        yield from ("", "[[questions]]")
        yield from (toml_text.assignment(key, value) for key, value in question.items())


def _translations() -> Iterator[str]:
    yield from ("", toml_text.comment(Settings.model_fields["translations"].description or ""))
    yield "# [translations.de]"
    yield from _keys_of(Translation)
    yield "# [translations.de.questions.age]"
    yield from _keys_of(QuestionWording)
    yield ""


def _keys_of(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield toml_text.comment(f"{name}: {field.description}")
