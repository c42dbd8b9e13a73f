"""Settings of a listening study, as a study.toml of three systems would give them."""

from listening_app.settings import Settings, checked_settings


def settings_of(test: str, **changes: object) -> Settings:
    """Checked settings of a study of this test; `changes` are further keys of its study.toml."""
    values = {
        "name": "n",
        "title": "t",
        "test": test,
        "ratings_per_stimulus": 4,
        "trials_per_rater": 3,
        "systems": {"truth": "a", "sing": "b", "wavenet": "c"},
        "reference": "truth",
        **changes,
    }
    return checked_settings(values, "study.toml")
