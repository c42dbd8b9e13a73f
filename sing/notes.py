"""Notes: the (instrument, pitch, velocity) triples on which everything is keyed (Section 5.1)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sing.errors import SingError

VELOCITIES = (25, 50, 75, 100, 127)
"""The five MIDI velocities of NSynth, softest first."""

MAX_MIDI = 127

_NAME = re.compile(r"(?P<instrument>.+)-(?P<pitch>[0-9]{3})-(?P<velocity>[0-9]{3})")
# Names become names of files: nothing in them may lead out of a folder.
_SAFE = re.compile(r"\w[^/\\:\x00-\x1f\x7f]*")
_INSTRUMENT = re.compile(r"(?P<family>.+)_(?P<source>acoustic|electronic|synthetic)_\d+")


@dataclass(frozen=True, order=True)
class Note:
    """One note: an instrument's name, a MIDI pitch and a MIDI velocity (0 to 127)."""

    instrument: str
    pitch: int
    velocity: int

    def __post_init__(self) -> None:
        if _SAFE.fullmatch(self.instrument) is None:
            raise SingError(
                f"note of {self.instrument!r}: not an instrument's name; it begins with a letter "
                "or digit, and has no / \\ : in it"
            )
        for label, value in (("pitch", self.pitch), ("velocity", self.velocity)):
            if not 0 <= value <= MAX_MIDI:
                raise SingError(f"note of {self.instrument}: {label} {value} is not in 0 to 127")

    @property
    def name(self) -> str:
        """NSynth's name of the note, for example `bass_synthetic_068-049-025`."""
        return f"{self.instrument}-{self.pitch:03d}-{self.velocity:03d}"

    @property
    def pair(self) -> tuple[str, int]:
        """(instrument, pitch): the unit that a split holds out (Section 5.1)."""
        return self.instrument, self.pitch

    @property
    def family(self) -> str:
        """The instrument's family, such as `bass`; the whole name if it is not NSynth's form."""
        match = _INSTRUMENT.fullmatch(self.instrument)
        return match["family"] if match else self.instrument

    @property
    def source(self) -> str:
        """`acoustic`, `electronic`, `synthetic`, or `unknown` for a name of another form."""
        match = _INSTRUMENT.fullmatch(self.instrument)
        return match["source"] if match else "unknown"

    @property
    def frequency(self) -> float:
        """The fundamental in Hz, with A4 (MIDI 69) at 440 Hz."""
        return 440.0 * math.exp2((self.pitch - 69) / 12)

    @classmethod
    def parse(cls, name: str) -> Note:
        """The note that NSynth calls `name`; the inverse of `Note.name`."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise SingError(
                f"'{name}': not a note name; expected instrument-pitch-velocity "
                "with three digits each, such as bass_synthetic_068-049-025"
            )
        return cls(match["instrument"], int(match["pitch"]), int(match["velocity"]))


def parse_lines(names: Iterable[str], where: object, first: int) -> list[Note]:
    """The notes of these names, one a line of `where`, whose first is on line `first`.

    Raises SingError with the line for what is not a note's name, or is there twice.
    """
    line_of: dict[Note, int] = {}
    for line, name in enumerate(names, start=first):
        try:
            note = Note.parse(name)
        except SingError as error:
            raise SingError(f"{where}: line {line}: {error}") from None
        if note in line_of:
            raise SingError(
                f"{where}: line {line}: {name} is on line {line_of[note]} already; remove one"
            )
        line_of[note] = line
    return list(line_of)
