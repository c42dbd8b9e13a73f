"""Which of our systems is which row of the paper's tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from analysis.published import TABLE_1, TABLE_2
from sing import files
from sing.errors import SingError, suggestion

_EVERY_ROW = dict.fromkeys(row.name for row in (*TABLE_1, *TABLE_2))

ROW_NAMES = tuple(_EVERY_ROW)
"""What `--row` can name, in the order of the tables."""

_ALIASES = {
    "sing": "SING spectral",  # Table 2 has one SING: the one trained on the spectral loss
    "truth": "Ground Truth",  # what sing-eval systems truth calls it
}


def parse_rows(given: Sequence[str]) -> dict[str, str]:
    """Rows by name with their systems, from `ROW=SYSTEM` or a .toml file with a table [rows].

    Raises SingError for another form, an unknown row, and for a row or a system named twice.
    """
    found: dict[str, str] = {}
    for one in given:
        for row, system in _pairs(one):
            name = _row_name(row, one)
            if name in found:
                raise SingError(f"--row {one}: the row '{name}' is given twice; remove one")
            if system in found.values():
                raise SingError(f"--row {one}: '{system}' stands in two rows; remove one")
            found[name] = system
    return found


def _pairs(given: str) -> Iterable[tuple[str, str]]:
    if given.endswith(".toml"):
        return _of_file(Path(given)).items()
    row, separator, system = given.partition("=")
    if not separator or not row.strip() or not system.strip():
        raise SingError(
            f"--row {given}: not ROW=SYSTEM; an example is --row 'SING spectral=sing', or pass a "
            ".toml file with a table [rows]"
        )
    return [(row.strip(), system.strip())]


def _of_file(path: Path) -> dict[str, str]:
    rows = files.read_toml(path).get("rows")
    if not isinstance(rows, dict) or not all(isinstance(one, str) for one in rows.values()):
        raise SingError(f"{path}: no table [rows] of names; write 'SING spectral' = \"sing\" in it")
    return rows


def _normal(name: str) -> str:
    return re.sub(r"[\s_,-]+", " ", name).strip().casefold()


def _row_name(row: str, given: str) -> str:
    known = {_normal(name): name for name in ROW_NAMES} | _ALIASES
    if _normal(row) not in known:
        raise SingError(f"--row {given}: no row '{row}'; {suggestion(row, ROW_NAMES)}")
    return known[_normal(row)]


def match_rows(given: Mapping[str, str], systems: Iterable[str]) -> dict[str, str]:
    """The rows that were given and, for the others, a system whose name is the row's.

    `ground-truth`, or else `truth`, is the row Ground Truth without a word, `sing` the row
    SING spectral.
    Raises SingError for a given system that is not among `systems`.
    """
    present = sorted(set(systems))
    for row, system in given.items():
        if system not in present:
            raise SingError(
                f"--row '{row}={system}': no table has a system '{system}'; "
                f"{suggestion(system, present)}"
            )
    known = {_normal(name): name for name in ROW_NAMES} | _ALIASES
    found = dict(given)
    for system in present:
        name = known.get(_normal(system))
        if name is not None and name not in found and system not in found.values():
            found[name] = system
    return found
