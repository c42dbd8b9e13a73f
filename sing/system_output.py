"""System folders in the making: a stopped command goes on with its own, and replaces no other.

unfinished.json stands in the folder from its first moment until system.json is written. Both hold
the same facts: what decides the bytes, and where the sounds come from. A folder is gone on with
only if they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sing import files
from sing.errors import SingError

UNFINISHED = "unfinished.json"
FINISHED = "system.json"


@dataclass(frozen=True)
class SystemOutput:
    """A system folder to write: what decides its bytes, and what to do with one that is there.

    `is_own` tells from the facts of another folder whether this kind of command made it, so that
    --force may replace it.
    """

    folder: Path
    facts: Mapping[str, Any]
    is_own: Callable[[Mapping[str, Any]], bool]
    resume: bool = False
    force: bool = False

    def begin(self) -> bool:
        """Go on with the folder (True) or claim it; errors as `may_go_on` and `claim`."""
        if self.may_go_on():
            return True
        self.claim()
        return False

    def may_go_on(self) -> bool:
        """Whether to go on with the folder: it is asked for, and it holds this very work.

        Removes what a killed process left half written. Raises SingError, saying what differs,
        when the folder holds other work.
        """
        marks = [path for path in self._marks if path.is_file()]
        if not self.resume or self.force or not marks:
            return False
        found = files.read_json(marks[0])
        for key, value in self.facts.items():
            if not isinstance(found, dict) or found.get(key) != value:
                raise SingError(
                    f"{marks[0]}: made with another '{key}' than this command's, so it cannot be "
                    "gone on with; pass --force to begin again, or choose another --out"
                )
        for left_by_a_killed_process in self.folder.rglob(".*.part"):
            left_by_a_killed_process.unlink()
        return True

    def claim(self) -> None:
        """Empty the folder if it may be, and mark it as begun.

        Raises SingError when it may not be replaced.
        """
        if not self.force and (self.folder / UNFINISHED).is_file():
            raise SingError(
                f"{self.folder}: unfinished; pass --resume to go on, or --force to begin again"
            )
        own = [path.name for path in self._marks if path.is_file() and self._is_own(path)]
        files.claim_folder(self.folder, self.force, *own)
        files.write_json(self.folder / UNFINISHED, self.facts)

    @property
    def is_finished(self) -> bool:
        """Whether system.json is there."""
        return (self.folder / FINISHED).is_file()

    def finish(self) -> None:
        """Mark the folder as finished, once system.json is there."""
        (self.folder / UNFINISHED).unlink(missing_ok=True)

    @property
    def _marks(self) -> tuple[Path, Path]:
        return self.folder / FINISHED, self.folder / UNFINISHED

    def _is_own(self, mark: Path) -> bool:
        found = files.read_json(mark)
        return isinstance(found, dict) and self.is_own(found)
