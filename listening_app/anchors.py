"""Names of the sounds that we make ourselves: degraded references (anchors), and beeps."""

from __future__ import annotations

import re

from sing.errors import SingError

ANCHOR = "anchor-"
"""What the names of anchors in the tables begin with: `anchor-mnru-0`."""

BEEPS = "beeps"
"""What the tables call the system of a trap."""

WORST = "mnru-0"
"""The degradation of gold trials: noise as strong as the note itself."""

MOST_BEEPS = 9

_NAME = re.compile(r"(lowpass|mnru)-([0-9]{1,5})")
_CUTOFFS = range(100, 8_000)  # Hz; half the sample rate is no cutoff
_RATIOS = range(61)  # dB


def parse_anchor(name: str) -> tuple[str, int]:
    """The kind of a degradation, lowpass or mnru, and its Hz or dB.

    Raises SingError for another name.
    """
    match = _NAME.fullmatch(name)
    allowed = _CUTOFFS if match is not None and match[1] == "lowpass" else _RATIOS
    if match is None or int(match[2]) not in allowed:
        raise SingError(
            f"'{name}' is no anchor; write lowpass-HZ with {_CUTOFFS[0]} to {_CUTOFFS[-1]:,} Hz, "
            f"or mnru-DB with 0 to {_RATIOS[-1]} dB"
        )
    return match[1], int(match[2])
