"""A MOS study of decaying tones, with a sheet for every rater."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from listening_app.build import build_study
from listening_app.study import Study
from sing.notes import Note
from sing.systems import SystemWriter

NOTES, SYSTEMS, TRIALS = 10, ("truth", "sing", "wavenet"), 10

TOML = """name = "load"
title = "Notes"
test = "mos"
ratings_per_stimulus = {ratings}
trials_per_rater = {trials}
reference = "truth"
controls = {{ gold = 0, traps = 0 }}
practice = {{ trials = 0 }}
[notes]
count = {notes}
[systems]
"""


def make_study(folder: Path, raters: int) -> Study:
    """Build it in `folder`/study; the systems lie beside it."""
    for number, name in enumerate(SYSTEMS):
        _write_system(folder / name, name, number)
    ratings = -(-raters * TRIALS // (NOTES * len(SYSTEMS)))
    text = TOML.format(ratings=ratings, trials=TRIALS, notes=NOTES)
    text += "".join(f'{name} = "../{name}"\n' for name in SYSTEMS)
    (folder / "study").mkdir()
    (folder / "study" / "study.toml").write_text(text)
    return build_study(folder / "study").study


def _write_system(folder: Path, name: str, number: int) -> None:
    """Tones with noise, the more of it the higher the system's number."""
    notes = [Note("flute_acoustic_001", 60 + step, 100) for step in range(NOTES)]
    seconds = np.arange(64_000) / 16_000
    writer = SystemWriter(folder, name, "truth" if number == 0 else "test")
    for note in notes:
        noise = np.random.default_rng([number, note.pitch]).standard_normal(len(seconds))
        tone = np.sin(2 * np.pi * note.frequency * seconds)
        writer.write(note, np.exp(-seconds) * (0.2 * tone + 0.004 * (number + 1) * noise))
    writer.finish(notes)
