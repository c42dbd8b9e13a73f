"""Which instruments and pitches a system is worst at, on held-out notes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sing.notes import Note

METRICS = ("pitch_error", "pitch_within_50", "family_accuracy")
COLUMNS = ("system", "by", "group", "notes", "spectral_loss", "of_silence", *METRICS)
"""`of_silence` is the group's mean spectral loss divided by silence's; the pitch error a median."""

_PITCHES = 12


def measure(table: pd.DataFrame, systems: Sequence[str]) -> list[dict[str, object]]:
    """A row a system and instrument or octave of MIDI pitches (36-47, ...); `table` has all scores.

    Pitches are judged where the recording has one.
    """
    held_out = table[table["split"] == "test"]
    notes = [Note.parse(name) for name in held_out["note"]]
    octaves = [note.pitch // _PITCHES * _PITCHES for note in notes]
    groups = {
        "instrument": pd.Series([note.instrument for note in notes], held_out.index),
        "pitches": pd.Series([f"{low}-{low + _PITCHES - 1}" for low in octaves], held_out.index),
    }
    return [
        {"system": system, "by": by, "group": str(group), **_means(held_out, rows)}
        for system in systems
        for by, group_of in groups.items()
        for group, rows in held_out[held_out["system"] == system].groupby(group_of)
    ]


def _means(held_out: pd.DataFrame, rows: pd.DataFrame) -> dict[str, object]:
    is_silence = (held_out["system"] == "silence") & held_out["note"].isin(rows["note"])
    loss, silence = rows["spectral_loss"].mean(), held_out[is_silence]["spectral_loss"].mean()
    judged = {name: rows[name].mean() for name in METRICS} | {
        "pitch_error": rows["pitch_error"].median()
    }
    shown = {"spectral_loss": loss, "of_silence": loss / silence, **judged}
    numbers = {name: None if pd.isna(value) else float(value) for name, value in shown.items()}
    return {"notes": len(rows), **numbers}
