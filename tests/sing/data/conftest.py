"""Genuine note names to split, and a server to fetch a dataset from."""

import gzip
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sing.data import download
from sing.notes import Note


@pytest.fixture(scope="session")
def real_notes(nsynth: Path) -> tuple[Note, ...]:
    """150,110 genuine NSynth notes."""
    text = gzip.decompress((nsynth / "note_names_partial.txt.gz").read_bytes()).decode()
    return tuple(Note.parse(name) for name in text.split())


@dataclass
class Archive:
    """A file on a loopback server, and the ways in which that server may fail."""

    url: str = ""
    body: bytes = b""
    etag: str = '"v1"'
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    cuts: list[int] = field(default_factory=list)
    renewed: bytes = b""  # what the first answer is followed by
    honours_range: bool = True
    tells_size: bool = True
    status: int = 200
    asked: list[tuple[str, str | None]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    archive: Archive

    def do_HEAD(self) -> None:
        self.answer(send=False)

    def do_GET(self) -> None:
        self.answer(send=True)

    def answer(self, send: bool) -> None:
        archive = self.archive
        wanted = self.headers.get("Range")
        archive.asked.append((self.command, wanted))
        if archive.status != 200:
            self.send_error(archive.status)
            return
        start = 0
        is_same = self.headers.get("If-Range", archive.etag) == archive.etag
        if wanted and archive.honours_range and is_same:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            total = len(archive.body)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        else:
            self.send_response(200)
        length = len(archive.body) if archive.announced is None else archive.announced
        if archive.tells_size:
            self.send_header("Content-Length", str(length - start))
        for name, value in {"ETag": archive.etag, **archive.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if send:
            cut = archive.cuts.pop(0) if archive.cuts else len(archive.body)
            self.wfile.write(archive.body[start : start + cut])
            if archive.renewed:
                archive.body, archive.etag, archive.renewed = archive.renewed, '"v2"', b""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def archive(make_dataset, monkeypatch) -> Iterator[Archive]:
    monkeypatch.setattr(download.time, "sleep", lambda _: None)
    handler = type("OneArchive", (Handler,), {"archive": Archive()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        handler.archive.url = f"http://127.0.0.1:{server.server_port}/nsynth-test.jsonwav.tar.gz"
        handler.archive.body = tar_of(make_dataset(name="nsynth-test"))
        yield handler.archive
        server.shutdown()
        thread.join()


def tar_of(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        tar.add(folder, arcname=folder.name)
    return buffer.getvalue()
