"""Folders of results that appear whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sing import files


@contextmanager
def whole_folder(out: Path, force: bool, mark: str) -> Iterator[Path]:
    """A folder beside `out` that takes its place when the block ends without an error.

    `mark` is the file by which --force knows an earlier one; the block must write it.
    Raises SingError when `out` is there and not to be replaced, and for a full disk.
    """
    files.check_folder(out, force, mark)
    folder = out.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
            made = Path(scratch) / folder.name
            made.mkdir()
            yield made
            files.claim_folder(folder, force, mark)
            if folder.is_dir():
                folder.rmdir()
            made.rename(folder)
    except OSError as error:
        raise files.readable(error, out) from error
