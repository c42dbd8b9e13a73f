from pathlib import Path

from listening_app.setting_keys import all_keys
from listening_app.settings import Settings
from listening_app.settings_page import settings_page

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "study-toml.md"


def test_the_page_of_the_documentation_is_what_the_models_say():
    assert PAGE.read_text(encoding="utf-8") == settings_page()


def test_every_key_is_in_the_page():
    page = settings_page()
    for key in all_keys(Settings):
        assert f"| `{key.name.rpartition('.')[2]}` | {key.kind} |" in page
