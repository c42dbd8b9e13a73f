"""The command `sing`, run in this process as its entry point runs it."""

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from sing.cli import main


class Outcome(NamedTuple):
    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()


@pytest.fixture
def sing(monkeypatch, capsysbinary) -> Callable[..., Outcome]:
    """Run `sing` with the given words and return what came of it."""

    def run(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["sing", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        raw, err = capsysbinary.readouterr()
        return Outcome(code, raw, err.decode())

    return run
