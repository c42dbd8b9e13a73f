"""The system folders that `sing-eval systems` makes: how they are known, and what decides them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import soundfile
import soxr

from sing import __version__
from sing.system_output import SystemOutput

MADE_BY = "made_by"
"""The key under which the facts name the command that makes the folder."""


def output_of(folder: Path, facts: Mapping[str, Any], resume: bool, force: bool) -> SystemOutput:
    """A folder to write, which replaces only what the very same command made."""
    command = facts[MADE_BY]
    return SystemOutput(folder, facts, lambda found: found.get(MADE_BY) == command, resume, force)


def audio_versions() -> dict[str, str]:
    """Versions of what decides the samples of a converted file."""
    return {
        "sing-eval": __version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "soundfile": soundfile.__version__,
        "libsndfile": soundfile.__libsndfile_version__,
        "soxr": soxr.__version__,
    }
