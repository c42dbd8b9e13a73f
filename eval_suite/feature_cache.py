"""Features of waveforms, kept in the user's cache by what the waveforms hold.

A dataset is the reference of many commands, and the pitch of its notes takes longer to find than
all of the paper's metrics together. So small features are kept in one SQLite file, under the hash
of the waveform's samples: renamed, copied or packed, a note is known again, and a changed one is
not. A cache may always be deleted; one that cannot be used is done without.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sing import log
from sing.cache import cache_folder
from sing.provenance import versions

FORMAT = 1
WAIT_SECONDS = 10.0  # for another process that is writing at this moment


class FeatureCache:
    """The file, opened when first asked; `flush` writes what was added, in one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._added: dict[bytes, bytes] = {}
        # Another version of a package may compute the same feature with other last digits.
        self._versions = json.dumps(versions(), sort_keys=True).encode()
        self._connection: sqlite3.Connection | None = None
        self._is_usable = True

    def get(self, name: str, digest: bytes, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """The feature of the waveform with this digest, from the file or computed now and added.

        `name` says which feature it is, with its version and whatever else it depends on.
        """
        key = hashlib.blake2b(b"\n".join((self._versions, name.encode(), digest))).digest()[:16]
        found: NDArray[Any] | None = self._attempt(lambda: self._read(key))
        if found is not None:
            return found
        value = compute()
        packed = io.BytesIO()
        np.save(packed, value, allow_pickle=False)
        self._added[key] = packed.getvalue()
        return value

    def flush(self) -> None:
        """Write what was added."""
        if self._added and self._is_usable:
            self._attempt(self._write)
        self._added.clear()

    def close(self) -> None:
        """Write what was added, and close the file."""
        self.flush()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=WAIT_SECONDS, isolation_level=None)
        # Readers and the writer do not wait for each other; a power cut may cost the last batch.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS features (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
        )
        self._connection = connection
        return connection

    def _read(self, key: bytes) -> NDArray[Any] | None:
        packed = self._added.get(key)
        if packed is None and self._is_usable:
            row = self._opened().execute("SELECT value FROM features WHERE key = ?", (key,))
            packed = next((value for (value,) in row), None)
        return None if packed is None else _unpacked(packed)

    def _write(self) -> None:
        connection = self._opened()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR REPLACE INTO features VALUES (?, ?)", self._added.items())
        connection.execute("COMMIT")

    def _attempt(self, act: Callable[[], Any]) -> Any:
        """What `act` returns; None, and no further use of the file, when it cannot be used."""
        try:
            return act()
        except (sqlite3.Error, OSError) as error:
            advice = _advice(error)
            log.warning("%s: not used as a cache (%s); %s", self._path, error, advice)
            self._is_usable = False
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            return None


def _unpacked(packed: Any) -> NDArray[Any] | None:
    """The array in an entry; None for a damaged one, which is then computed again and replaced."""
    try:
        value: NDArray[Any] = np.lib.format.read_array(io.BytesIO(packed), allow_pickle=False)
    except (ValueError, TypeError, EOFError, SyntaxError, MemoryError, tokenize.TokenError):
        return None  # what a header of any other bytes makes of numpy's reader
    return value


def _advice(error: Exception) -> str:
    """What a person can do about a file that cannot be used."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another command is using it, so features are computed again this time"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return "delete the file"
    return "see that its folder can be written and has room, or pass --no-cache"


def open_feature_cache() -> FeatureCache:
    """The cache of this version's format in the user's cache folder."""
    return FeatureCache(cache_folder() / f"features-{FORMAT}.sqlite")
