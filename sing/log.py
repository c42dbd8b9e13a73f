"""What a command tells the person who runs it: log lines and progress bars, all on stderr.

Under torchrun only rank 0 speaks. Results go to stdout and do not come through here.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Item = TypeVar("Item")

_logger = logging.getLogger("sing")
_logger.setLevel(logging.INFO)
_logger.propagate = False


def is_main_process() -> bool:
    """True unless torchrun gave this process a rank other than 0."""
    return os.environ.get("RANK", "0") == "0"


def console() -> Console:
    """The stderr console on which logs and progress appear; silent off rank 0."""
    return Console(stderr=True, quiet=not is_main_process(), highlight=False)


class _ConsoleHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else None
        console().print(self.format(record), style=style, markup=False, soft_wrap=True)


_console_handler = _ConsoleHandler()
_logger.addHandler(_console_handler)


def info(message: str, *arguments: object) -> None:
    """Log one line."""
    _logger.info(message, *arguments)


def warning(message: str, *arguments: object) -> None:
    """Log one line that the user should not miss."""
    _logger.warning("warning: " + message, *arguments)


class log_to_file:  # noqa: N801 - a context manager that reads as a verb
    """Append every log line to `path` as well, with its UTC time, while the block runs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._handler: logging.Handler = logging.NullHandler()
        if is_main_process():
            self._handler = logging.FileHandler(self._path, encoding="utf-8")
            formatter = logging.Formatter("%(asctime)sZ %(message)s", "%Y-%m-%dT%H:%M:%S")
            formatter.converter = time.gmtime
            self._handler.setFormatter(formatter)
        _logger.addHandler(self._handler)

    def __exit__(self, *_: object) -> None:
        _logger.removeHandler(self._handler)
        self._handler.close()


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items while a bar on stderr shows how many are done and how long is left."""
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console(),
        disable=not console().is_terminal,
        transient=True,
    )
    with bar:
        yield from bar.track(items, total=total, description=label)
