"""Systems that need no model: the trivial ones, and what a method's own limits alone cost."""

from __future__ import annotations

from collections.abc import Iterable

BASELINES = ("silence", "white-noise", "nearest-pitch", "griffin-lim", "mulaw8")
"""The names of the baselines, in the order in which tables show them."""


def in_table_order(systems: Iterable[str]) -> list[str]:
    """The systems, each once, as tables show them: by name, the baselines last in their order."""
    places = {name: place for place, name in enumerate(BASELINES)}
    return sorted(set(systems), key=lambda name: (places.get(name, -1), name))
