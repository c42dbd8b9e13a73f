"""Downloads that go on where they were cut: a downloader for pooch, with HTTP ranges.

pooch hands its downloader a temporary file and deletes it when anything goes wrong. This one
collects the bytes in <file>.partial, and gives pooch the file once it is whole.
"""

from __future__ import annotations

import base64
import binascii
import errno
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sing import files, log
from sing.errors import SingError

_CHUNK_BYTES = 2**20
_TIMEOUT_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class Remote:
    """A file on a server: its size in bytes, its version (ETag) and MD5, empty where unstated."""

    url: str
    size: int
    version: str
    md5: str


def look_up(url: str) -> Remote:
    """Ask a server about a file. Raises SingError when it has none or does not answer."""
    try:
        with _open(url, method="HEAD") as response:
            length = response.headers.get("Content-Length", "")
            version = response.headers.get("ETag", "")
            md5 = _stated_md5(response.headers.get_all("x-goog-hash", []))
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(url, error) from None
    if not (length.isdigit() and int(length)):
        raise SingError(f"{url}: the server does not say how large it is; try another address")
    return Remote(url, int(length), version, md5)


class ResumingDownloader:
    """Fetches `remote` for pooch, with `attempts` tries in a row when the connection fails."""

    def __init__(
        self, remote: Remote, target: Path, *, label: str = "downloading", attempts: int = 5
    ) -> None:
        self._remote = remote
        self._partial = self.partial_path(target)
        self._about = self._partial.with_name(self._partial.name + ".json")
        self._label = label
        self._attempts = attempts

    @staticmethod
    def partial_path(target: Path) -> Path:
        """Where the bytes of an unfinished download of `target` are."""
        return target.with_name(target.name + ".partial")

    def __call__(self, url: str, output_file: str, _pooch: object, **_: Any) -> None:
        """Download to `output_file`. Raises SingError; the bytes so far are kept for next time."""
        self._begin()
        failures = 0
        while (had := self._had()) < self._remote.size:
            try:
                self._go_on(url, had)
            except (OSError, http.client.HTTPException) as error:
                if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                    raise SingError(f"{self._partial}: the disk is full; free some space") from None
                failures = 1 if self._had() > had else failures + 1
                refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
                if refused or failures >= self._attempts:
                    raise self._cut(error) from None
                time.sleep(min(2.0 ** (failures - 2), _LONGEST_PAUSE_SECONDS))
        self._partial.replace(output_file)
        self._about.unlink(missing_ok=True)

    def _begin(self) -> None:
        """Forget an unfinished download of another address or version."""
        about = asdict(self._remote)
        if not self._about.is_file() or files.read_json(self._about) != about:
            self._partial.unlink(missing_ok=True)
        files.write_json(self._about, about)
        if self._had() > self._remote.size:
            self._partial.unlink()

    def _had(self) -> int:
        return self._partial.stat().st_size if self._partial.is_file() else 0

    def _go_on(self, url: str, had: int) -> None:
        headers = {"Range": f"bytes={had}-"} if had else {}
        if had and self._remote.version:
            headers["If-Range"] = self._remote.version
        with _open(url, headers=headers) as response:
            range_sent = response.headers.get("Content-Range", "")
            is_rest = response.status == 206 and range_sent.startswith(f"bytes {had}-")
            if had and not is_rest:
                log.info("%s: cannot be resumed at this server; starting anew", self._label)
                had = 0
            left = self._remote.size - had
            with self._partial.open("ab" if had else "wb") as file:
                chunks = log.progress(
                    _chunks(response, left), self._label, total=-(-left // _CHUNK_BYTES)
                )
                for chunk in chunks:
                    file.write(chunk)

    def _cut(self, error: Exception) -> SingError:
        if isinstance(error, urllib.error.HTTPError):
            return _unreachable(self._remote.url, error)
        return SingError(
            f"{self._remote.url}: the download stopped after {self._had():,} of "
            f"{self._remote.size:,} bytes ({_words(error)}); run the command again to go on"
        )


def _chunks(response: http.client.HTTPResponse, left: int) -> Iterator[bytes]:
    """The body in chunks of 1 MB, exactly `left` bytes of it."""
    while left:
        chunk = response.read(min(_CHUNK_BYTES, left))
        if not chunk:
            raise ConnectionError("the connection was closed too early")
        left -= len(chunk)
        yield chunk


def _open(
    url: str, *, method: str = "GET", headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise SingError(f"{url}: not an http or https address; give one")
    request = urllib.request.Request(url, method=method, headers=headers or {})  # noqa: S310
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(  # noqa: S310
            request, timeout=_TIMEOUT_SECONDS
        )
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise
    return response


def _stated_md5(hashes: list[str]) -> str:
    """The MD5 that a Google storage server states (`crc32c=...,md5=<base64>`), in hexadecimal."""
    for part in ",".join(hashes).split(","):
        name, _, value = part.strip().partition("=")
        if name == "md5":
            try:
                return base64.b64decode(value, validate=True).hex()
            except binascii.Error:
                return ""
    return ""


def _unreachable(url: str, error: Exception) -> SingError:
    if isinstance(error, urllib.error.HTTPError):
        return SingError(
            f"{url}: the server answers {error.code} {error.reason}; check the address"
        )
    return SingError(f"{url}: cannot be reached ({_words(error)}); check the address and the net")


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return getattr(reason, "strerror", None) or str(reason) or type(error).__name__
