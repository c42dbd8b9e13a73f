"""The sound check and the tests of headphones, as files that the build made.

    checks.csv          check,test,target: the answers, known to the server only
    checks/<check>.wav  44.1 kHz stereo PCM16

Antiphase (Woods et al. 2017): three 200 Hz tones; which is the quietest? One is, by 6 dB; another
is in antiphase, and over loudspeakers it is that one which gets quiet. Huggins pitch (Milne et
al. 2020): three noises; in which is a faint tone? One has a band around 600 Hz that is inverted in
one ear, which makes a pitch in the head and none in the room. Six trials of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sing import files
from sing.errors import SingError

CHECKS = "checks.csv"
CHECK_COLUMNS = ("check", "test", "target")
TRIALS = 6
INTERVALS = 3

CheckTest = Literal["sound", "antiphase", "huggins"]


@dataclass(frozen=True)
class Check:
    """One file, and which of its three sounds is the right answer (1 to 3; 0: none to give)."""

    id: str
    test: CheckTest
    target: int
    path: Path


@dataclass(frozen=True)
class HeadphoneChecks:
    """The clip on which raters set their volume, and the trials of both tests."""

    sound: Check
    antiphase: tuple[Check, ...]
    huggins: tuple[Check, ...]


def read_checks(folder: Path) -> HeadphoneChecks:
    """The checks of a built study. Raises SingError when the table or a file is not as built."""
    of_test: dict[str, list[Check]] = {"sound": [], "antiphase": [], "huggins": []}
    for row in files.read_csv(folder / CHECKS, CHECK_COLUMNS):
        path = folder / "checks" / f"{row['check']}.wav"
        if not path.is_file():
            raise SingError(
                f"{path}: a sound is missing from disk; restore it, or build again with --force"
            )
        of_test.get(row["test"], []).append(
            Check(row["check"], _test(row["test"]), int(row["target"]), path)
        )
    found = [len(checks) for checks in of_test.values()]
    if found != [1, TRIALS, TRIALS]:
        raise SingError(f"{folder / CHECKS}: not as built; restore it, or build again with --force")
    return HeadphoneChecks(
        of_test["sound"][0], tuple(of_test["antiphase"]), tuple(of_test["huggins"])
    )


def _test(text: str) -> CheckTest:
    return "antiphase" if text == "antiphase" else "huggins" if text == "huggins" else "sound"
