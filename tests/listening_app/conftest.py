"""A store of a small study, on both databases, and the command line of studies."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from forked_commands import Finished
from small_study import Clock, make_study

from listening_app.store import Store
from listening_app.study import Study


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "small")


@pytest.fixture
def open_store(clock: Clock, database_url: str | None) -> Iterator[Callable[..., Store]]:
    """Open a store of a study on the database of this test; closed at the end."""
    opened = []

    def open_(study: Study, **changes) -> Store:
        store = Store(study, database_url, clock, **changes)
        opened.append(store)
        return store

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store], study: Study) -> Store:
    return open_store(study)


@pytest.fixture
def run(sing_eval: Callable[..., Finished]) -> Callable[..., Finished]:
    """Run `sing-eval study` with these arguments; its exit code, stdout and stderr."""
    return partial(sing_eval, "study")
