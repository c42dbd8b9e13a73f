"""Records that a person writes, checked by pydantic, with the first fault as one line."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from sing.errors import SingError, suggestion

Record = TypeVar("Record", bound=BaseModel)


def validated(model: type[Record], values: Any, where: str) -> Record:
    """The record of type `model` with these values.

    Raises SingError that begins with `where` and names the first key at fault; for a key that does
    not exist it suggests the nearest one.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise SingError(f"{where}: {_first_fault(model, error)}") from None


def _first_fault(model: type[BaseModel], error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    location = [str(part) for part in fault["loc"]]
    key = ".".join(location)
    if fault["type"] == "extra_forbidden":
        return f"no key '{key}'; {suggestion(location[-1], _fields_at(model, location[:-1]))}"
    message = fault["msg"].removeprefix("Value error, ")
    message = f"{message[0].lower()}{message[1:]}"
    if not key:
        return f"{message}; mend the file"
    if fault["type"] == "missing":
        return f"no key '{key}'; add it"
    return f"{key} = {fault['input']!r}: {message}; mend the value"


def _fields_at(model: type[BaseModel], location: list[str]) -> list[str]:
    for name in location:
        field = model.model_fields.get(name)
        annotation = field.annotation if field else None
        # An optional table is written as Table | None.
        options = (annotation, *get_args(annotation))
        tables = [one for one in options if isinstance(one, type) and issubclass(one, BaseModel)]
        if not tables:
            return []
        model = tables[0]
    return list(model.model_fields)
