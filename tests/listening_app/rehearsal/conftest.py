"""Studies to rehearse: built from tones, small enough for a few seconds."""

from collections.abc import Callable
from pathlib import Path

import pytest
import studies

from listening_app.build import build_study


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Build a study of a test, once a session: its folder, not to be written to."""
    place = tmp_path_factory.mktemp("rehearsal")
    studies.write_systems(place / "systems")
    folders: dict[str, Path] = {}

    def build(test: str) -> Path:
        if test not in folders:
            more = {"anchors": ["lowpass-3500"]} if test == "mushra" else {}
            folders[test] = studies.write_study(
                place / test,
                test,
                pay={"amount": 3.0, "minutes": 2.0},
                questions=[{"key": "age", "text": "How old are you?", "kind": "number"}],
                **more,
            )
            build_study(folders[test])
        return folders[test]

    return build
