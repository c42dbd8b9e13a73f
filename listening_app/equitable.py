"""Colourings in which every group has every colour equally often: the core of balanced sheets.

An item is a trial that belongs to groups on two sides, say to a sheet on the left and to a note
on the right. On each side the groups are nested (a stimulus within a system within all). Then
there always is a colouring in which, in every group of either side, the counts of any two colours
differ by at most one (De Werra 1971, for nested groups); it is found by exchanging two colours at
a time.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Grouping = Sequence[Hashable]
"""For each item the group that it belongs to."""


def equitable_colouring(
    left: Sequence[Grouping],
    right: Sequence[Grouping],
    start: Sequence[int],
    colours: int,
    rng: random.Random,
) -> list[int]:
    """Colours 0 to `colours` - 1 of the items, made equitable from the colouring `start`.

    `left` and `right` hold groupings from the finest to the coarsest. While a group has one
    colour at least twice more often than another, the items of these two colours are coloured
    anew: paired within the finest groups, what is left over within the next, and so on, on both
    sides. A chain of pairs alternates between the sides, so two colours can alternate along it,
    and every group ends with counts that differ by at most one. No group's sum of squared counts
    ever grows and one's shrinks, so this comes to an end.
    """
    levels = [*map(_numbered, left), *map(_numbered, right)]
    colour = np.array(start, dtype=np.intp)
    while (uneven := _uneven_colours(levels, colour, colours)) is not None:
        first, second = uneven
        items = np.flatnonzero((colour == first) | (colour == second)).tolist()
        partners = [_pairs(items, levels[: len(left)]), _pairs(items, levels[len(left) :])]
        is_first = _alternate(items, partners, rng)
        colour[items] = [first if is_first[item] else second for item in items]
    coloured: list[int] = colour.tolist()
    return coloured


def _numbered(grouping: Grouping) -> NDArray[np.intp]:
    """The groups as numbers from 0, in order of their first items."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in grouping], dtype=np.intp)


def _uneven_colours(
    levels: Sequence[NDArray[np.intp]], colour: NDArray[np.intp], colours: int
) -> tuple[int, int] | None:
    """Two colours of which a group has one at least twice more often; None when there are none."""
    for level in levels:
        groups = int(level.max()) + 1
        counts = np.bincount(level * colours + colour, minlength=groups * colours)
        counts = counts.reshape(groups, colours)
        spread = counts.max(axis=1) - counts.min(axis=1)
        worst = int(spread.argmax())
        if spread[worst] >= 2:
            return int(counts[worst].argmax()), int(counts[worst].argmin())
    return None


def _pairs(items: Sequence[int], levels: Sequence[NDArray[np.intp]]) -> dict[int, int]:
    """A partner for as many items as possible, from the finest group that offers one."""
    partner: dict[int, int] = {}
    alone = list(items)
    for level in levels:
        waiting: dict[int, int] = {}
        for item, group in zip(alone, level[alone].tolist(), strict=True):
            other = waiting.pop(group, None)
            if other is None:
                waiting[group] = item
            else:
                partner[item], partner[other] = other, item
        alone = list(waiting.values())
    return partner


def _alternate(
    items: Sequence[int], partners: Sequence[dict[int, int]], rng: random.Random
) -> dict[int, bool]:
    """A mark for each item that differs from the marks of its partners."""
    mark: dict[int, bool] = {}
    for start in items:
        if start in mark:
            continue
        mark[start] = rng.random() < 0.5
        waiting = [start]
        while waiting:
            item = waiting.pop()
            for side in partners:
                other = side.get(item)
                if other is not None and other not in mark:
                    mark[other] = not mark[item]
                    waiting.append(other)
    return mark
