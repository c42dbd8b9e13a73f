"""General MIDI programs under NSynth's kind of name, and the selections of them to render."""

from __future__ import annotations

from dataclasses import dataclass

from sing.notes import VELOCITIES

# General MIDI programs (from 0) by family and source. Left out: percussion, ensembles of different
# instruments and sound effects; pads stand with the synth leads, NSynth having no family for them.
_KINDS: dict[tuple[str, str], tuple[int, ...]] = {
    ("keyboard", "acoustic"): (0, 1, 2, 3, 6),
    ("keyboard", "electronic"): (4, 5, 7),
    ("mallet", "acoustic"): (8, 9, 10, 11, 12, 13, 14, 15),
    ("organ", "electronic"): (16, 17, 18),
    ("organ", "acoustic"): (19, 20, 21, 23),
    ("reed", "acoustic"): (22, 64, 65, 66, 67, 68, 69, 70, 71),
    ("guitar", "acoustic"): (24, 25),
    ("guitar", "electronic"): (26, 27, 28, 29, 30, 31),
    ("bass", "acoustic"): (32,),
    ("bass", "electronic"): (33, 34, 35, 36, 37),
    ("bass", "synthetic"): (38, 39),
    ("string", "acoustic"): (40, 41, 42, 43, 44, 45, 46, 48, 49),
    ("string", "synthetic"): (50, 51),
    ("vocal", "acoustic"): (52, 53),
    ("vocal", "synthetic"): (54,),
    ("brass", "acoustic"): (56, 57, 58, 59, 60, 61),
    ("brass", "synthetic"): (62, 63),
    ("flute", "acoustic"): (72, 73, 74, 75, 76, 77, 78, 79),
    ("synth_lead", "synthetic"): tuple(range(80, 96)),
}

PROGRAM_NAMES = {
    program: f"{family}_{source}_{program:03d}"
    for (family, source), programs in _KINDS.items()
    for program in programs
}
"""The instruments that can be rendered: General MIDI program -> NSynth-like name."""


@dataclass(frozen=True)
class Selection:
    """Which notes make a dataset: every program (of PROGRAM_NAMES) x pitch x velocity."""

    programs: tuple[int, ...]
    pitches: tuple[int, ...]
    velocities: tuple[int, ...] = VELOCITIES


_ALL_PITCHES = tuple(range(36, 85))

SIZES = {
    "tests": Selection((0, 33, 40, 73), _ALL_PITCHES[::4]),
    # All eleven families.
    "demo": Selection((0, 4, 13, 20, 24, 27, 33, 38, 40, 42, 54, 56, 57, 71, 73, 81), _ALL_PITCHES),
    "large": Selection(
        (*range(8), 10, 11, 12, 13, 15, 20, 22, *range(24, 31), *range(32, 47), *range(48, 55), 56,
         57, 58, 60, 61, 62, 63, 65, 66, 69, 70, 71, 72, 73, 74, 75, 79, 80, 81, 82),
        _ALL_PITCHES,
    ),
}  # fmt: skip
"""The datasets that can be asked for by name: 260, 3,920 and 15,675 notes.

All are in tune (librosa.yin, 50 cents) over all their pitches in the default font, in which one
key of `large` is silent."""
