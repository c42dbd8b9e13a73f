"""A PostgreSQL server of our own, with its defaults: it flushes every commit to the disk."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connection import free_port


@contextmanager
def postgres() -> Iterator[Callable[[str], str] | None]:
    """Makes an empty database of a name and returns its address; None without PostgreSQL."""
    binaries = _binaries()
    if binaries is None:
        yield None
        return
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="listening-load-", dir="/tmp"))
    if user:
        os.chown(folder, user["user"], user["group"])
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [binaries / program, *arguments], check=True, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
        )  # fmt: skip

    def database(name: str) -> str:
        run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "rater", name)
        return f"postgresql://rater@127.0.0.1:{port}/{name}"

    data = ("-D", f"{folder}/data")
    run("initdb", *data, "-U", "rater", "-A", "trust", "-E", "UTF8", "--locale=C")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    run("pg_ctl", *data, "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        yield database
    finally:
        run("pg_ctl", *data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((place for place in places if (place / "pg_ctl").exists()), None)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then as the user its package makes, else as nobody."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
