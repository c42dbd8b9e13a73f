"""System folders that a stopped command goes on with, and that only the same command replaces.

As in `sing.generate.folder`, unfinished.json stands in the folder from its first moment until
system.json is written, and both hold the facts that decide the bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import soundfile
import soxr

from sing import __version__, files
from sing.errors import SingError
from sing.generate.folder import FINISHED, UNFINISHED
from sing.notes import Note

MADE_BY = "made_by"
"""The key under which the facts name the command that makes the folder."""


@dataclass(frozen=True)
class Output:
    """A system folder to write: what decides its bytes, and what to do with one that is there."""

    folder: Path
    facts: dict[str, Any]
    resume: bool = False
    force: bool = False

    def begin(self) -> bool:
        """Claim the folder; True when it holds this very work, begun before, to go on with.

        Raises SingError when it is another's, or may not be replaced.
        """
        if self.resume and not self.force and self._is_begun():
            for left_by_a_killed_process in self.folder.rglob(".*.part"):
                left_by_a_killed_process.unlink()
            return True
        if not self.force and (self.folder / UNFINISHED).is_file():
            raise SingError(
                f"{self.folder}: unfinished; pass --resume to go on, or --force to begin again"
            )
        marks = [mark for mark in (FINISHED, UNFINISHED) if self._is_own(self.folder / mark)]
        files.claim_folder(self.folder, self.force, *marks)
        files.write_json(self.folder / UNFINISHED, self.facts)
        return False

    def end(self) -> None:
        """Mark the folder as finished, once system.json is there."""
        (self.folder / UNFINISHED).unlink(missing_ok=True)

    def _is_begun(self) -> bool:
        marks = [self.folder / name for name in (FINISHED, UNFINISHED)]
        for mark in (path for path in marks if path.is_file()):
            found = files.read_json(mark)
            for key, value in self.facts.items():
                if not isinstance(found, dict) or found.get(key) != value:
                    raise SingError(
                        f"{mark}: made with another '{key}' than this command's, so it cannot be "
                        "gone on with; pass --force to begin again, or choose another --out"
                    )
            return True
        return False

    def _is_own(self, mark: Path) -> bool:
        facts = files.read_json(mark) if mark.is_file() else None
        return isinstance(facts, dict) and facts.get(MADE_BY) == self.facts[MADE_BY]


def digest(lines: Iterable[str]) -> str:
    """The SHA-256 of some lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def names_digest(notes: Iterable[Note]) -> str:
    """The SHA-256 of the notes' names in their order, as `sing generate` records it."""
    return digest(note.name for note in notes)


def audio_versions() -> dict[str, str]:
    """Versions of what decides the samples of a converted file."""
    return {
        "sing-eval": __version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "soundfile": soundfile.__version__,
        "libsndfile": soundfile.__libsndfile_version__,
        "soxr": soxr.__version__,
    }
