"""What a command tells the person who runs it: log lines and progress bars, all on stderr.

Under torchrun only rank 0 speaks. Results go to stdout and do not come through here.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
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


class _LogFile(logging.FileHandler):
    """A log file that never stops the work: on a full disk its lines are lost, not the run."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8")
        formatter = logging.Formatter("%(asctime)sZ %(message)s", "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say nothing: the same line stands on the console."""


@contextmanager
def log_to_file(path: Path) -> Iterator[None]:
    """Append every log line to `path` as well, with its UTC time, while the block runs."""
    if not is_main_process():
        yield
        return
    handler = _LogFile(path)
    _logger.addHandler(handler)
    try:
        yield
    finally:
        _logger.removeHandler(handler)
        with suppress(OSError):
            handler.close()


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
