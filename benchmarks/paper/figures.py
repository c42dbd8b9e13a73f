"""The page's pictures: rainbowgrams as Figure 2, maps by instrument and pitch, learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from places import Finished, Places, call, dataset_of

from analysis.figures.pitches import draw_pitches
from analysis.figures.style import Drawing, png_bytes, styled
from analysis.figures.training import draw_training
from analysis.results import Results
from sing import files
from sing.notes import Note

COLUMNS = ("sing-spectral", "sing-waveform", "sing-no-time-embedding")
"""Figure 2's columns after the ground truth, without its WaveNet."""

RANKS = (0.1, 0.5, 0.9)
LOUD = 100
MAPPED = ("spectral_loss", "pitch_error")


def figure_2(
    places: Places, finished: Sequence[Finished], table: pd.DataFrame, out: Path
) -> tuple[str, ...]:
    """Draw Figure 2 for three held-out notes, and return their names.

    They are those at 10, 50 and 90 % of the first system's spectral losses, from good to bad.
    """
    systems = [name for name in COLUMNS if (table["system"] == name).any()]
    systems = systems or [finished[0].system]
    rows = table[(table["system"] == systems[0]) & (table["split"] == "test")]
    loud = rows[[Note.parse(name).velocity >= LOUD for name in rows["note"]]]
    ranked = (loud if len(loud) else rows).sort_values(["spectral_loss", "note"])["note"]
    notes = tuple(str(ranked.iloc[int(rank * (len(ranked) - 1))]) for rank in RANKS)
    columns = [part for name in systems for part in ("--system", places.systems / name)]
    truth = ("--data", dataset_of(finished[0].run).folder)
    call("rainbowgram", *dict.fromkeys(notes), *columns, *truth, "--out", out, "--force")
    return notes


def maps(table: pd.DataFrame, systems: Sequence[str], out: Path) -> dict[str, Drawing]:
    """Write each system's map of spectral loss and pitch error; the drawings by file name."""
    drawn = {}
    compared = table[table["system"].isin(systems)]
    for system in systems:
        for metric in MAPPED:
            with styled():
                made = draw_pitches(compared, system, metric, is_synthetic=False)
            if made is not None:
                name = f"map-{metric}-{system}.png"
                drawn[name] = _write(made, out / name)
    return drawn


def curves(finished: Sequence[Finished], out: Path) -> Drawing:
    """Write the learning curves of these runs; `out` holds their histories by system."""
    histories = Results(out).histories
    with styled():
        made = draw_training({one.system: histories[one.system] for one in finished},
                             is_synthetic=False)  # fmt: skip
    return _write(made, out / "learning-curves.png")


def _write(drawing: Drawing, path: Path) -> Drawing:
    with files.atomic_path(path) as part:
        part.write_bytes(png_bytes(drawing.figure))
    return drawing
