"""Which platform a study.toml names."""

import pytest
from study_settings import settings_of

from listening_app.crowd import platform_of

SECRET = bytes(32)


@pytest.mark.parametrize("name", ["local", "prolific", "mturk"])
def test_the_platform_of_study_toml_is_the_one_that_the_pages_serve(name: str):
    settings = settings_of("mos", platform={"name": name})
    assert platform_of(settings, SECRET).name == name
