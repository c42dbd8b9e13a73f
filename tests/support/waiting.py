"""Waiting for what another process does."""

import time
from collections.abc import Callable

_LOOK_SECONDS = 0.005


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Return once the condition holds; an AssertionError when it does not within these seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still waiting after {seconds} s"
        time.sleep(_LOOK_SECONDS)
