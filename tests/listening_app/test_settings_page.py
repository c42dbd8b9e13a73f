from listening_app.setting_keys import all_keys
from listening_app.settings import Settings
from listening_app.settings_page import settings_page


def test_every_key_is_in_the_page():
    page = settings_page()
    for key in all_keys(Settings):
        assert f"| `{key.name.rpartition('.')[2]}` | {key.kind} |" in page
