"""One line for a record's first fault."""

import pytest
from pydantic import BaseModel, Field

from sing.errors import SingError
from sing.validation import validated


class Scale(BaseModel, extra="forbid"):
    levels: int = Field(5, ge=2)


class Study(BaseModel, extra="forbid"):
    title: str
    scale: Scale = Scale()
    anchor: Scale | None = None


def test_sound_values_become_the_record():
    assert validated(Study, {"title": "MOS", "scale": {"levels": 7}}, "f").scale.levels == 7


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "f: no key 'title'; add it"),
        ({"titel": "x", "title": "y"}, "f: no key 'titel'; did you mean 'title'?"),
        ({"title": "x", "scale": {"level": 5}}, "f: no key 'scale.level'; did you mean 'levels'?"),
        (
            {"title": "x", "anchor": {"level": 5}},
            "f: no key 'anchor.level'; did you mean 'levels'?",
        ),
        (
            {"title": "x", "scale": {"levels": 1}},
            "f: scale.levels = 1: input should be greater than or equal to 2; mend the value",
        ),
        ({"title": 3}, "f: title = 3: input should be a valid string; mend the value"),
        ([], "f: input should be a valid dictionary or instance of Study; mend the file"),
    ],
)
def test_the_first_fault_is_one_line_that_names_the_key(values, message):
    with pytest.raises(SingError) as caught:
        validated(Study, values, "f")
    assert str(caught.value) == message
