"""A classifier trained for seconds on the small synthetic dataset of tests/eval_suite."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eval_suite.classifier.folder import Settings
from eval_suite.classifier.judge import Classifier
from eval_suite.classifier.training import Request, train

QUICK = Settings(epochs=10, batch_size=6)
BRIEF = Settings(epochs=2, batch_size=12)
"""Six steps: too few to learn much, enough to be stopped in the middle of."""


@pytest.fixture
def request_for(_made: Path) -> Callable[..., Request]:
    """A brief training of the synthetic dataset into a folder."""

    def make(out: Path, **options) -> Request:
        return Request(**{"data": _made, "out": out, "settings": BRIEF, "device": "cpu", **options})

    return make


@pytest.fixture(scope="session")
def trained(_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A trained classifier; do not change its folder."""
    out = tmp_path_factory.mktemp("trained") / "small"
    return train(Request(_made, out, settings=QUICK, device="cpu"))


@pytest.fixture(scope="session")
def briefly_trained(_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a brief training that nothing disturbed; do not change it."""
    out = tmp_path_factory.mktemp("brief") / "small"
    return train(Request(_made, out, settings=BRIEF, device="cpu")).folder
