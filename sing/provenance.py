"""Where a result comes from: versions, command, seed and hashes, written beside it."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from sing import __version__, files

_PACKAGES = (
    *("torch", "numpy", "scipy", "librosa", "soundfile", "soxr", "pyloudnorm"),
    *("pandas", "matplotlib"),
)


def versions() -> dict[str, str]:
    """Versions of Python, of this project and of the packages that decide its numbers."""
    found = {"python": platform.python_version(), "sing-eval": __version__}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "absent"
    return found


def provenance(**facts: Any) -> dict[str, Any]:
    """A record of this process and the given `facts`, ready for JSON.

    It holds no time and no machine name: the same inputs give the same bytes.
    """
    command = [Path(sys.argv[0]).name, *sys.argv[1:]]
    return {"command": command, "versions": versions(), **facts}


def write_provenance(folder: Path, **facts: Any) -> None:
    """Write provenance.json into `folder`."""
    files.write_json(folder / "provenance.json", provenance(**facts))
