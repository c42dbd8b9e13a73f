"""Files written whole or not at all, and the small CSV files that sing keeps.

Same inputs, same bytes: UTF-8, LF, sorted JSON keys, `%.9g` for numbers.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import hashlib
import json
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sing.errors import SingError, suggestion

_MISPLACED = (
    *(errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOENT),
    *(errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG),
)
"""The numbers of errors that another path would not have."""


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block ends without an error.

    What a link leads to is replaced, not the link.
    The bytes are flushed to disk before the rename, so a power cut leaves the old file or the
    new one. Raises SingError when the disk is full; the old file then stays as it was. An error of
    the block about another file stays what it is.
    """
    part = None
    try:
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        target.parent.mkdir(parents=True, exist_ok=True)
        start, folder = f".{target.name}.", target.parent
        handle, name = tempfile.mkstemp(prefix=start, suffix=".part", dir=folder)
        os.close(handle)
        part = Path(name)
        yield part
        part.chmod(0o644)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        if part and _is_of_another(error, part):
            raise
        raise readable(error, path) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _is_of_another(error: OSError, *written: Path) -> bool:
    """Whether the error names a file that is neither written, nor in what is, nor on the way."""
    if not isinstance(error.filename, str | bytes | os.PathLike):
        return False
    named = Path(os.fsdecode(error.filename))
    return not any(named.is_relative_to(one) or one.is_relative_to(named) for one in written)


def readable(error: OSError, path: Path) -> Exception:
    """The error as one line for the user if it is theirs to mend, else the error itself."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return SingError(f"{path}: the disk is full; free some space and run the command again")
    if error.errno == errno.EISDIR:
        return SingError(f"{path}: a folder, not a file; give a file")
    if error.errno in _MISPLACED:
        return SingError(f"{path}: cannot be used ({error.strerror}); choose another place")
    return error


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises SingError when it is missing or is not JSON."""
    return _parsed(path, json.loads, "JSON", "restore the file")


def read_toml(path: Path) -> dict[str, Any]:
    """The values in a TOML file. Raises SingError when it is missing or is not TOML."""
    values: dict[str, Any] = _parsed(path, tomllib.loads, "TOML", "mend the file")
    return values


def _parsed(path: Path, parse: Callable[[str], Any], kind: str, remedy: str) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8-sig"))  # some editors begin with a mark
    except FileNotFoundError:
        raise SingError(f"{path}: there is no such file; check the path") from None
    except (ValueError, RecursionError) as error:  # also of text that is not UTF-8
        raise SingError(f"{path}: not {kind} ({error}); {remedy}") from None
    except OSError as error:
        raise readable(error, path) from None


def cell(value: object) -> str:
    """`value` as it stands in a CSV file: `%.9g` for a float, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.9g}"
    return str(value)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write the named columns of `rows`, in the order given, whole or not at all."""
    with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([cell(row.get(column)) for column in columns] for row in rows)


def read_csv(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file that must hold at least `columns`. Raises SingError otherwise."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            for column in columns:
                if column not in header:
                    hint = suggestion(column, header)
                    raise SingError(f"{path}: line 1: no column '{column}'; {hint}")
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    raise SingError(
                        f"{path}: line {reader.line_num}: not {len(header)} cells as line 1; "
                        "mend the line"
                    )
                rows.append(row)
            return rows
    except FileNotFoundError:
        raise SingError(f"{path}: there is no such file; check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SingError(f"{path}: not a UTF-8 CSV file ({error}); save it as one") from None
    except OSError as error:
        raise readable(error, path) from None


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_lines(lines: Iterable[str]) -> str:
    """The SHA-256 of lines of text, such as the names of notes, in hexadecimal."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check_file(path: Path, force: bool) -> None:
    """Make sure that the file `path` may be written: it is absent, or `force` replaces it.

    Raises SingError otherwise.
    """
    if path.is_dir():
        raise SingError(f"{path}: a folder, where a file is to be written; give a file's name")
    if path.exists() and not force:
        raise SingError(
            f"{path}: the file exists; pass --force to replace it, or choose another --out"
        )


def check_folder(path: Path, force: bool, *marks: str) -> None:
    """Make sure that the folder `path` may be made: it is absent, empty, or may be replaced.

    With `force` it may be replaced if it holds a file of one of the names `marks`, by which a
    command knows its own work: a slip such as `--out ~` loses nothing. A file never is.
    Raises SingError otherwise.
    """
    if path.exists() and not path.is_dir():
        raise SingError(f"{path}: a file, where a folder is to be made; choose another --out")
    if not path.is_dir() or not any(path.iterdir()):
        return
    if not force:
        raise SingError(
            f"{path}: the folder is not empty; pass --force to replace it, or choose another --out"
        )
    if not any((path / mark).is_file() for mark in marks):
        raise SingError(
            f"{path}: a folder of other things, which --force does not replace; "
            "choose another --out"
        )


def claim_folder(path: Path, force: bool, *marks: str) -> None:
    """Check that the folder may be made, as `check_folder` does, and remove what is there."""
    check_folder(path, force, *marks)
    target = path.resolve()  # what a link leads to is replaced, not the link
    if target.is_dir() and any(target.iterdir()):
        shutil.rmtree(target)
        if path.is_symlink():
            target.mkdir()


@contextlib.contextmanager
def whole_folder(path: Path, force: bool, *marks: str) -> Iterator[Path]:
    """A new folder that takes the place of `path` when the block ends without an error.

    What is there may be replaced as `check_folder` says; the block should write one of the `marks`.
    Raises SingError when it may not, and for a full disk; `path` is then as it was.
    """
    check_folder(path, force, *marks)
    target = path.resolve()
    written = [target]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch:
            made = Path(scratch) / target.name
            made.mkdir()
            written.append(made)
            yield made
            claim_folder(target, force, *marks)
            made.replace(target)
    except OSError as error:
        if len(written) > 1 and _is_of_another(error, *written):
            raise
        raise readable(error, path) from error
