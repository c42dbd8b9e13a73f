"""Session ids and completion codes, which nobody can guess, and keyed hashes of identities."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from sing import files
from sing.errors import SingError

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 O 1 I: codes are typed by hand
_CODE_GROUPS = 3
_GROUP_LETTERS = 4
_SECRET_BYTES = 32
_HASH_CHARACTERS = 20


def new_session_id() -> str:
    """96 random bits, in hexadecimal."""
    return secrets.token_hex(12)


def new_code() -> str:
    """A completion code of 60 random bits, such as `K7QM-2XWD-9FTH`."""
    groups = (
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LETTERS))
        for _ in range(_CODE_GROUPS)
    )
    return "-".join(groups)


def participant_hash(secret: bytes, platform: str, identity: str) -> str:
    """How a rater is called in every table: HMAC-SHA256, the first 80 bits in hexadecimal.

    Without the study's secret nobody can tell whether an identity they know is in a table, and
    the same rater is called otherwise in another study.
    """
    # The length keeps ("a", "bc") and ("ab", "c") apart.
    message = f"{len(platform)}:{platform}:{identity}".encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:_HASH_CHARACTERS]


def secret_check(secret: bytes) -> str:
    """What the database keeps to notice another secret; it does not tell the secret."""
    return hmac.new(secret, b"secret.key of this study", hashlib.sha256).hexdigest()


def study_secret(folder: Path, create: bool = True) -> bytes:
    """The study's secret of 32 bytes, in secret.key; made at first use, readable by its owner only.

    Raises SingError when it is damaged, or missing with `create` false.
    """
    path = folder / "secret.key"
    if create and not path.exists():
        _make_secret(path)
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise SingError(f"{path}: the study's secret is missing; restore the file") from None
    except ValueError:
        secret = b""
    except OSError as error:
        raise files.readable(error, path) from None
    if len(secret) != _SECRET_BYTES:
        raise SingError(f"{path}: not a study's secret; restore the file")
    return secret


def _make_secret(path: Path) -> None:
    """Write a new secret, unless another process was faster: then its one stands."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError:
        return
    except OSError as error:
        raise files.readable(error, path) from error
    finally:
        part.unlink(missing_ok=True)
