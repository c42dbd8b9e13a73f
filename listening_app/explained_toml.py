"""The text of a study.toml in which every key stands with its explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from listening_app import toml_text
from listening_app.setting_tables import Question, QuestionWording, Translation
from listening_app.settings import Settings

_PLACEHOLDER = """\
# ground-truth = "../../systems/ground-truth"
# sing = "../../systems/sing"
"""


def study_toml(head: str, values: Mapping[str, Any]) -> str:
    """The file's text below these comments: keys of the top first, then the tables."""
    return "\n".join([head, *_lines(values)])


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
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
    yield from _translations(values["translations"])


def _systems(systems: Mapping[str, str]) -> Iterator[str]:
    yield from ("", toml_text.comment(Settings.model_fields["systems"].description or ""))
    yield "[systems]"
    yield from _assignments(systems)
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
        yield from _assignments(question)


def _translations(translations: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The tables of the other languages; without any, what they would hold."""
    yield from ("", toml_text.comment(Settings.model_fields["translations"].description or ""))
    if not translations:
        yield "# [translations.de]"
    yield from _keys_of(Translation)
    if not translations:
        yield "# [translations.de.questions.age]"
    yield from _keys_of(QuestionWording)
    for language, texts in translations.items():
        yield from ("", f"[translations.{language}]")
        plain = {key: text for key, text in texts.items() if key != "questions"}
        yield from _assignments(plain)
        for key, words in texts["questions"].items():
            yield from ("", f"[translations.{language}.questions.{key}]")
            yield from _assignments(words)
    yield ""


def _assignments(values: Mapping[str, Any]) -> Iterator[str]:
    return (toml_text.assignment(key, value) for key, value in values.items())


def _keys_of(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield toml_text.comment(f"{name}: {field.description}")
