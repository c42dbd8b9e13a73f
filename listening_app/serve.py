"""Serving a study with waitress: one process, or several that share a socket.

parent ── binds the port, starts the workers, starts anew what dies, waits for them at the end
  ├── worker 1   waitress, threads
  └── worker 2   waitress, threads      (they meet in the database only)
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import waitress  # type: ignore[import-untyped]
from flask import Flask
from sqlalchemy import update

from listening_app.app import create_app
from listening_app.limits import UNLIMITED, Limits
from listening_app.security import MAX_BODY
from listening_app.shutdown import STOP_SECONDS, answer_until_asked, end_workers, held_back
from listening_app.site import site
from listening_app.store import Store, StoreUnavailable
from listening_app.store.models import STUDY
from sing import log
from sing.errors import SingError

EXPIRE_SECONDS = 30.0
MOST_CONNECTIONS = 2_000
"""At once, for each worker process."""

_OTHER_FILES = 500
"""Of sounds on their way, databases, libraries."""

_RESTART_SECONDS = 1.0

_ASKING = (signal.SIGTERM, signal.SIGINT)
"""The signals by which the server is asked to end."""

_SWITCH_SECONDS = 5e-5
"""How long a thread keeps the interpreter from others that want it; Python's own is 5 ms.

Waitress's loop spins while a reply is being sent. With 5 ms a turn, 500 raters at once got 18
answers a second stored, with this 500 to 600.
"""


@dataclass(frozen=True)
class Serving:
    """How a study is served."""

    folder: Path
    host: str
    port: int
    workers: int = 1
    threads: int = 16
    database_url: str | None = None
    is_behind_proxy: bool = False
    is_limited: bool = True


def serve(serving: Serving, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, and answer what was asked before, for up to STOP_SECONDS.

    `ready` gets the address once the port is open.
    Raises SingError when the study, its database or the port cannot be used.
    """
    _allow_connections()
    with _bind(serving) as listening:
        app = _app(serving)
        _require_writing(_store(app))
        if serving.workers > 1:
            # Faults were told here, once. No connection to a database may be there at a fork.
            _store(app).close()
        _end_quietly(*_ASKING)
        ready(_address(listening))
        if serving.workers > 1:
            _supervise(serving, listening)
        else:
            _run(app, listening, serving, _ASKING)


def _allow_connections() -> None:
    """Raise the soft limit of open files, which is often 1,024: a connection is a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = MOST_CONNECTIONS + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    limit = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _end_quietly(*signals: signal.Signals) -> None:
    """Let these signals end the process without a word and at once: nothing is answered yet."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(0)

    for each in signals:
        signal.signal(each, stop)


def _app(serving: Serving) -> Flask:
    return create_app(
        serving.folder,
        serving.database_url,
        Limits() if serving.is_limited else UNLIMITED,
        serving.is_behind_proxy,
    )


def _bind(serving: Serving) -> socket.socket:
    where = f"{serving.host}:{serving.port}"
    try:
        family = socket.getaddrinfo(serving.host, serving.port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise SingError(f"{where}: no such address ({error.strerror}); check --host") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((serving.host, serving.port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise SingError(
            f"{where}: cannot listen there ({error.strerror}); choose another --host or --port"
        ) from None
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def _run(
    app: Flask, listening: socket.socket, serving: Serving, asking: Collection[signal.Signals]
) -> None:
    """Answer requests until one of the signals comes."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    threading.Thread(target=_expire, args=(app,), daemon=True).start()
    # Waitress warns of every request that waits for a thread: under load, thousands.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.create_server(
        app,
        sockets=[listening],
        threads=serving.threads,
        connection_limit=MOST_CONNECTIONS,
        backlog=1024,
        channel_timeout=60,
        max_request_body_size=4 * MAX_BODY,
        max_request_header_size=16 * 1024,
        # ProxyFix reads them; without a proxy nobody's are believed.
        clear_untrusted_proxy_headers=not serving.is_behind_proxy,
        ident=None,
    )
    answer_until_asked(server, asking)
    _store(app).close()


def _store(app: Flask) -> Store:
    with app.app_context():
        return site().store


def _require_writing(store: Store) -> None:
    """Change nothing, but write it: SQLite opens a file on a read-only disk without a word."""
    store.database.write(lambda connection: connection.execute(update(STUDY).values(id=STUDY.c.id)))


def _expire(app: Flask) -> None:
    """Take back the sheets of silent raters, twice a minute."""
    store = _store(app)
    while True:
        time.sleep(EXPIRE_SECONDS)
        try:
            store.expire()
        except StoreUnavailable as error:
            log.warning("%s", error)


def _supervise(serving: Serving, listening: socket.socket) -> None:
    """Keep the workers running until a signal comes; then wait until they have ended."""
    parent = os.getpid()
    workers: set[int] = set()
    try:
        while True:
            while len(workers) < serving.workers:
                with held_back(*_ASKING):  # a worker that is not in the set would not be ended
                    workers.add(_fork(serving, listening, parent))
            ended, status = os.wait()
            workers.discard(ended)
            log.warning("a worker ended (%s); starting another", os.waitstatus_to_exitcode(status))
            time.sleep(_RESTART_SECONDS)
    except SystemExit:
        for each in _ASKING:
            signal.signal(each, signal.SIG_IGN)
        end_workers(workers)


def _fork(serving: Serving, listening: socket.socket, parent: int) -> int:
    worker = os.fork()
    if worker:
        return worker
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _end_quietly(signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKING)
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        # Made after the fork: connections to a database cannot be shared by processes.
        _run(_app(serving), listening, serving, (signal.SIGTERM,))
        code = 0
    except SystemExit:
        code = 0
    except SingError as error:
        log.warning("%s", error)
    finally:
        sys.stderr.flush()
        os._exit(code)


def _end_with(parent: int) -> None:
    """End this worker when the parent is gone, however it ended."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(2 * STOP_SECONDS)
    os._exit(0)
