"""The keys of study.toml and what they mean, read from the models themselves.

Errors, the written study.toml and the page of the documentation all take their words from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Location = Sequence[str | int]


@dataclass(frozen=True)
class Key:
    """One key: its full name, what it means, its default (None if it must be given), its type."""

    name: str
    meaning: str
    default: Any
    kind: str


def keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """The keys of the table at a location such as ("questions", 0)."""
    table = _table_at(model, location)
    return list(table.model_fields) if table is not None else []


def meaning_of(model: type[BaseModel], location: Location) -> str:
    """What the key at a location means: the innermost description on the way to it."""
    meaning = ""
    for length in range(len(location)):
        table = _table_at(model, location[:length])
        field = table.model_fields.get(str(location[length])) if table is not None else None
        if field is not None and field.description:
            meaning = field.description
    return meaning


def all_keys(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    """Every key of a model and of the tables in it, in their order: [scale] has `scale.labels`."""
    for name, field in model.model_fields.items():
        table = _inner_table(field.annotation)
        if field.description:
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            yield Key(f"{prefix}{name}", field.description, default, kind_of(field))
        if table is not None:
            yield from all_keys(table, f"{prefix}{name}.{_anything(field.annotation)}")


def kind_of(field: FieldInfo) -> str:
    """The type of a key's value in words."""
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return " or ".join(map(str, get_args(annotation)))
    if get_origin(annotation) is tuple:
        return "list of tables" if _inner_table(annotation) else "list"
    if get_origin(annotation) is dict:
        return "table"
    names: dict[Any, str] = {
        str: "text",
        bool: "true or false",
        int: "whole number",
        float: "number",
    }
    return names[annotation] + _limits(field) if annotation in names else "table"


def _limits(field: FieldInfo) -> str:
    """The limits of a number: ", 1 to 20" or ", at least 0"; nothing for another value."""
    low = next((limit.ge for limit in field.metadata if isinstance(limit, Ge)), None)
    high = next((limit.le for limit in field.metadata if isinstance(limit, Le)), None)
    if low is None:
        return ""
    return f", at least {low}" if high is None else f", {low} to {high}"


def _table_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """The model of the table at a location; None where there is a plain value."""
    table: type[BaseModel] | None = model
    is_inside = False  # of a list or a table with keys of the user's own
    for part in location:
        if is_inside:
            is_inside = False
            continue
        field = table.model_fields.get(str(part)) if table is not None else None
        if field is None:
            return None
        is_inside = get_origin(field.annotation) in (tuple, dict)
        table = _inner_table(field.annotation)
    return table


def _inner_table(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_inner_table(argument) for argument in get_args(annotation))
    return next((table for table in inner if table is not None), None)


def _anything(annotation: Any) -> str:
    """The part of a name that the user chooses: a language or a question's key."""
    return "*." if get_origin(annotation) is dict else ""
