"""Where the errors are: by instrument and pitch, and by family of instruments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, count

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from analysis.figures.style import WIDTH, Drawing, log_ticks, looks, mark_synthetic
from eval_suite.intervals import bootstrap_means, cluster_numbers
from sing.notes import Note

_PARTS = {"train": "trained pairs", "valid": "validation pairs", "test": "held-out pairs"}
_MOST_LABELS = 45
"""Instruments that are named along the axis; of more only the families are."""


def with_notes(metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The rows that have a value of the metric, with their notes' instrument, family and pitch."""
    rows = metrics[["system", "note", "split", metric]].dropna(subset=[metric])
    notes = {name: Note.parse(name) for name in rows["note"].unique()}
    return rows.assign(
        instrument=rows["note"].map(lambda name: notes[name].instrument),
        family=rows["note"].map(lambda name: notes[name].family),
        pitch=rows["note"].map(lambda name: notes[name].pitch),
    )


def draw_pitches(
    metrics: pd.DataFrame, system: str, metric: str, is_synthetic: bool
) -> Drawing | None:
    """A map of one system's error, mean over velocities, with a panel for each part of the split.

    Maps of the systems in `metrics` have the same colours for the same errors. None when the system
    has no value of the metric.
    """
    scored = with_notes(metrics, metric)
    rows = scored[scored["system"] == system]
    if rows.empty:
        return None
    instruments = sorted(rows["instrument"].unique())
    pitches = np.arange(rows["pitch"].min(), rows["pitch"].max() + 1)
    parts = [part for part in _PARTS if (rows["split"] == part).any()] or [""]
    figure = _map_figure(rows, parts, metric, _norm(scored[metric].to_numpy()))
    mark_synthetic(figure, is_synthetic)
    words = "; ".join(
        f"{_PARTS.get(part, 'all pairs')}: mean {rows[rows['split'] == part][metric].mean():.3g}"
        for part in parts
    )
    return Drawing(
        f"pitches-{_file_names(metrics['system'])[system]}",
        f"{metric} of {system} by instrument and pitch",
        f"A map of {len(instruments)} instruments and pitches {pitches[0]} to {pitches[-1]}. "
        f"{words}.",
        figure,
        "Means over velocities. Blank: no such note was scored.",
    )


def _map_figure(rows: pd.DataFrame, parts: list[str], metric: str, norm: Normalize) -> Figure:
    """The panels of a map, side by side, with one bar of colours."""
    instruments = sorted(rows["instrument"].unique())
    pitches = np.arange(rows["pitch"].min(), rows["pitch"].max() + 1)
    height = min(8.5, 1.1 + 0.125 * max(8, min(len(instruments), 60)))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(1, len(parts), squeeze=False, sharey=True)[0]
    for axes, part in zip(panels, parts, strict=True):
        chosen = rows[rows["split"] == part]
        _draw_map(axes, chosen, metric, instruments, pitches, norm)
        axes.set_title(f"{_PARTS.get(part, 'all pairs')} ({_pairs(chosen)})", loc="left")
        axes.set_xlabel("MIDI pitch")
    _name_instruments(panels[0], instruments)
    bar = figure.colorbar(ScalarMappable(norm, "viridis"), ax=panels, pad=0.01, aspect=30)
    bar.set_label(metric)
    if isinstance(norm, LogNorm):
        log_ticks(bar.ax.yaxis, float(norm.vmin or 1), float(norm.vmax or 1))
    return figure


def _file_names(systems: Iterable[str]) -> dict[str, str]:
    """What each system is called in the names of files: sing-a and sing_a are sing-a, sing-a-2."""
    names: dict[str, str] = {}
    for system in sorted(set(systems)):
        plain = re.sub(r"[^0-9A-Za-z]+", "-", system).strip("-").lower() or "system"
        numbered = (f"{plain}-{number}" for number in count(2))
        taken = set(names.values())
        names[system] = next(name for name in chain([plain], numbered) if name not in taken)
    return names


def _pairs(rows: pd.DataFrame) -> str:
    return f"{len(rows[['instrument', 'pitch']].drop_duplicates()):,}"


def _norm(values: np.ndarray) -> Normalize:
    """Logarithmic where all values are positive and span a range."""
    low, high = float(values.min()), float(values.max())
    if low > 0 and high > 2 * low:
        return LogNorm(low, high)
    return Normalize(0, high or 1)


def _draw_map(
    axes: Axes,
    rows: pd.DataFrame,
    metric: str,
    instruments: list[str],
    pitches: np.ndarray,
    norm: Normalize,
) -> None:
    grid = np.full((len(instruments), len(pitches)), np.nan)
    means = rows.groupby(["instrument", "pitch"])[metric].mean().reset_index()
    place = {name: row for row, name in enumerate(instruments)}
    grid[means["instrument"].map(place), means["pitch"] - pitches[0]] = means[metric]
    axes.set_facecolor("#f2f2f2")
    axes.imshow(
        grid, norm=norm, cmap="viridis", aspect="auto", interpolation="nearest",
        extent=(pitches[0] - 0.5, pitches[-1] + 0.5, len(instruments) - 0.5, -0.5),
    )  # fmt: skip


def _name_instruments(axes: Axes, instruments: list[str]) -> None:
    if len(instruments) <= _MOST_LABELS:
        size = 7 if len(instruments) <= 25 else 5
        axes.set_yticks(range(len(instruments)), instruments, fontsize=size)
        return
    families = [Note(name, 0, 0).family for name in instruments]
    starts = [row for row, name in enumerate(families) if row == 0 or name != families[row - 1]]
    axes.set_yticks(starts, [families[row] for row in starts])


def draw_families(
    metrics: pd.DataFrame, metric: str, is_synthetic: bool, seed: int = 0
) -> Drawing | None:
    """Means by family of instruments with 95 % intervals, every system; held-out notes if any.

    The intervals are of a bootstrap over (instrument, pitch) pairs, drawn by the seed. None without
    a value.
    """
    rows = with_notes(metrics, metric)
    is_held_out = rows["split"] == "test"
    rows = rows[is_held_out] if is_held_out.any() else rows
    if rows.empty:
        return None
    families, systems = sorted(rows["family"].unique()), sorted(rows["system"].unique())
    figure = Figure(
        figsize=(WIDTH, 0.7 + len(families) * (0.12 + 0.07 * len(systems))), layout="constrained"
    )
    axes = figure.add_subplot()
    look = looks(systems)
    best = _draw_means(axes, rows, metric, look, families, seed)
    axes.set_yticks(range(len(families)), families)
    axes.set_ylim(len(families) - 0.5, -0.5)
    if (rows[metric] > 0).all():
        axes.set_xscale("log")
        log_ticks(axes.xaxis, *axes.get_xlim())
    axes.set_xlabel(f"{metric}, mean and 95 % interval")
    axes.grid(axis="x", lw=0.3, color="#cccccc")
    _legend(axes, look)
    mark_synthetic(figure, is_synthetic)
    part = "held-out notes" if is_held_out.any() else "all notes"
    words = "; ".join(f"{family}: lowest is {min(found)[1]}" for family, found in best.items())
    return Drawing(
        "families",
        f"{metric} by family of instruments",
        f"Means of {len(families)} families, {part}. {words}.",
        figure,
        f"{part.capitalize()}; intervals by a bootstrap over (instrument, pitch) pairs, none where "
        "a family has one pair.",
    )


def _draw_means(
    axes: Axes,
    rows: pd.DataFrame,
    metric: str,
    look: dict[str, tuple[str, str]],
    families: list[str],
    seed: int,
) -> dict[str, list[tuple[float, str]]]:
    """Draw every system's means, and return those of each family."""
    found: dict[str, list[tuple[float, str]]] = {}
    for order, (system, (colour, marker)) in enumerate(look.items()):
        shift = (order - (len(look) - 1) / 2) * 0.7 / len(look)
        for place, family in enumerate(families):
            chosen = rows[(rows["system"] == system) & (rows["family"] == family)]
            if len(chosen):
                mean, low, high = _interval(chosen, metric, seed)
                found.setdefault(family, []).append((mean, system))
                axes.plot([low, high], [place + shift] * 2, color=colour, lw=0.9)
                axes.plot(mean, place + shift, marker, color=colour, ms=3.5)
    return found


def _legend(axes: Axes, look: dict[str, tuple[str, str]]) -> None:
    """One entry a system, whichever families it has."""
    lines = [
        axes.plot([], [], marker, color=colour, ms=3.5, label=system)[0]
        for system, (colour, marker) in look.items()
    ]
    axes.legend(handles=lines, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _interval(rows: pd.DataFrame, metric: str, seed: int) -> tuple[float, float, float]:
    rows = rows.sort_values("note")  # a table's order of rows decides nothing
    clusters = cluster_numbers(list(zip(rows["instrument"], rows["pitch"], strict=True)))
    ends = bootstrap_means(rows[[metric]].to_numpy(dtype=np.float64), clusters, seed)
    mean, low, high = (float(end[0]) for end in ends)
    return mean, low, high
