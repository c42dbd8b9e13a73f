"""Which platform a study.toml names."""

import pytest

from listening_app.crowd import platform_of
from listening_app.settings import checked_settings

SECRET = bytes(32)


@pytest.mark.parametrize("name", ["local", "prolific", "mturk"])
def test_the_platform_of_study_toml_is_the_one_that_the_pages_serve(name: str):
    values = {
        "name": "first",
        "title": "t",
        "test": "mos",
        "ratings_per_stimulus": 2,
        "trials_per_rater": 2,
        "systems": {"truth": "../data", "system": "../system"},
        "reference": "truth",
        "notes": {"count": 4},
        "practice": {"trials": 1},
        "controls": {"gold": 1, "traps": 0},
        "platform": {"name": name},
    }
    settings = checked_settings(values, "study.toml")
    assert platform_of(settings, SECRET).name == name
