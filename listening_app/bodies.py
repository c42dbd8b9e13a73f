"""The bodies of requests: JSON, read strictly."""

from __future__ import annotations

import json
from typing import Annotated, Any, NoReturn, TypeVar

from flask import abort, make_response, request
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from listening_app.store.text import MAX_TEXT


def _well_formed(value: object) -> object:
    """Half an emoji, which is no text, becomes a question mark: no answer is refused for it."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_well_formed), Field(max_length=MAX_TEXT)]
Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False, strict=False)]
Name = Annotated[str, Field(max_length=64)]


class Body(BaseModel, frozen=True, extra="forbid", strict=True):
    """What all bodies have in common: no unknown key, no value of another type."""


class Join(Body, frozen=True):
    """Somebody begins, or comes back. `parameters` are those of the address they came by.

    `visitor` is made by the browser once, and stays the same when this is sent again.
    """

    parameters: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=1000)]]
    visitor: Name = ""
    language: Name = "en"


class Consent(Body, frozen=True):
    """Whether the rater agrees."""

    given: bool


class Questions(Body, frozen=True):
    """Answers by the questions' keys: of choices the number, from 0, else the text."""

    answers: dict[Name, Text | Annotated[int, Field(ge=0, le=10_000)]]


class Sound(Body, frozen=True):
    """What the rater says they listen with."""

    device: Name


class Headphones(Body, frozen=True):
    """Which of the three sounds (1 to 3) was chosen in each headphone trial."""

    choices: dict[Name, Annotated[int, Field(ge=1, le=3)]]


class Given(Body, frozen=True):
    """An answer to a trial. `heard`: for each slot the intervals that were played, in seconds."""

    position: Annotated[int, Field(ge=1, le=10_000)]
    uuid: Name
    values: dict[Name, Annotated[int, Field(ge=-1000, le=1000)] | float | Name]
    heard: dict[
        Name,
        Annotated[
            list[Annotated[tuple[Seconds, Seconds], Field(strict=False)]], Field(max_length=500)
        ],
    ]
    plays: Annotated[int, Field(ge=0, le=100_000)] = 0
    seconds: Seconds = 0.0
    comment: Text = ""


Model = TypeVar("Model", bound=Body)


def refuse(status: int, error: str, **more: object) -> NoReturn:
    """Answer with an error that the browser understands."""
    abort(make_response({"error": error, **more}, status))


def read_body(model: type[Model]) -> Model:
    """The request's body. Answers 415 when it is not JSON, 400 when it is not such a body."""
    if request.mimetype != "application/json":
        refuse(415, "not_json")
    try:
        # A number of 5,000 digits and a list in a list, 100,000 deep, are errors as well.
        values = json.loads(request.get_data(cache=False), parse_constant=_no_constant)
        return model.model_validate(values)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_url=False)[0]["loc"]))
        refuse(400, "bad_body", at=place[:200])
    except (ValueError, RecursionError):
        refuse(400, "bad_body", at="")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
