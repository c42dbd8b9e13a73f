"""Which platform a study.toml names."""

import pytest
from small_study import make_study

from listening_app.crowd import platform_of

SECRET = bytes(32)


@pytest.mark.parametrize("name", ["local", "prolific", "mturk"])
def test_the_platform_of_study_toml_is_the_one_that_the_pages_serve(name: str, tmp_path):
    study = make_study(tmp_path, platform={"name": name})
    assert platform_of(study, SECRET).name == name
