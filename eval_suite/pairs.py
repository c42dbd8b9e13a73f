"""Which pairs of systems are compared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from sing.errors import SingError, suggestion

Pair = tuple[str, str]


def pairs_of(systems: Sequence[str], against: str | None, where: str) -> list[Pair]:
    """Every pair of the systems, in their order; with `against`, each other one and it.

    Raises SingError for fewer than two systems, or when `against` is not among them; `where` is
    the table that they stand in.
    """
    if against is not None and against not in systems:
        raise SingError(f"--against {against}: not in {where}; {suggestion(against, systems)}")
    if len(systems) < 2:
        raise SingError(f"{where}: one system, {systems[0]}; a difference needs a table of two")
    if against is not None:
        return [(system, against) for system in systems if system != against]
    return list(combinations(systems, 2))
