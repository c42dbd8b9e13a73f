"""A connection to a server as a browser has one: HTTP/1.1, kept open."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """What the server said, and the seconds until all of it was there."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class Connection:
    """One connection; bodies have a known length."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = JSON, **headers: str
    ) -> Reply:
        """Send a request; an underscore in a header's name stands for a hyphen."""
        started = time.perf_counter()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        first, *others = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        given = {
            name.lower(): text.strip()
            for name, _, text in (line.partition(":") for line in others if line)
        }
        # 304 has no body, whatever length it tells.
        status = int(first.split()[1])
        content = b"" if status == 304 else await reader.readexactly(int(given["content-length"]))
        if given.get("connection", "").lower() == "close":
            self.close()
        return Reply(status, given, content, time.perf_counter() - started)

    def close(self) -> None:
        """Close it; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def free_port() -> int:
    """A port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float) -> bool:
    """Wait until somebody listens there; whether somebody does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False
