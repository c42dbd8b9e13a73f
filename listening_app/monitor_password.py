"""The password of the monitor page: only its Argon2 hash is kept, in the study's folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sing import files
from sing.errors import SingError

FILE = "monitor.hash"
MAX_PASSWORD = 200

# 19 MiB and two passes (RFC 9106 asks for more; a small server answers raters meanwhile).
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def first_password(folder: Path) -> str | None:
    """Make the monitor's password if there is none yet and return it; it is shown this once."""
    path = folder / FILE
    if path.exists():
        return None
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(_HASHER.hash(password) + "\n")
    except FileExistsError:
        return None
    except OSError as error:
        raise files.readable(error, path) from error
    return password


class MonitorPassword:
    """Checks the password; without a hash in the folder nobody gets in."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def is_right(self, password: str) -> bool:
        """Whether this is the password. Raises SingError when the hash is damaged."""
        if not self._path.is_file() or len(password) > MAX_PASSWORD:
            return False
        try:
            return _HASHER.verify(self._path.read_text(encoding="ascii").strip(), password)
        except InvalidHashError:
            raise SingError(
                f"{self._path}: not the hash of a password; delete it, and serve makes a new one"
            ) from None
        except VerificationError:
            return False
