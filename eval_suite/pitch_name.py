"""The names of pitches, as a person reads them on a page or in a figure."""

from __future__ import annotations

_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def pitch_name(pitch: int) -> str:
    """The name of a MIDI pitch, with middle C (60) as C4: 61 is C♯4."""
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"
