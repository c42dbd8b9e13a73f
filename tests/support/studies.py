"""Small studies on disk, built from systems of tones, for the tests of the build."""

from pathlib import Path

import numpy as np

from listening_app import toml_text
from listening_app.study import Study, Trial
from sing.notes import Note
from sing.systems import SystemWriter

NOTES = [Note("flute_acoustic_001", pitch, 100) for pitch in range(60, 72)]
SYSTEMS = ("truth", "sing", "wavenet")


def sound(note: Note, system: str) -> np.ndarray:
    """A decaying tone; the systems have other partials and levels, none is like another."""
    seconds = np.arange(64_000) / 16_000
    number = SYSTEMS.index(system)
    tone = sum(
        np.sin(2 * np.pi * note.frequency * order * seconds) / order**number
        for order in range(1, 4)
    )
    noise = np.random.default_rng(note.pitch + 1000 * number).standard_normal(64_000)
    return 0.08 * (number + 1) * np.exp(-seconds) * tone + 0.0005 * number * noise


def write_systems(folder: Path, notes=NOTES) -> None:
    for name in SYSTEMS:
        writer = SystemWriter(folder / name, name, "truth" if name == "truth" else "test")
        for note in notes:
            writer.write(note, sound(note, name))
        writer.finish(notes)


def write_study(folder: Path, test: str = "mos", **changes) -> Path:
    """A study.toml with the given keys beside small usual ones."""
    values = {
        "name": "small",
        "title": "Notes",
        "test": test,
        "ratings_per_stimulus": 2,
        "trials_per_rater": 4,
        "reference": "truth",
        "notes": {"count": 6},
        "systems": {name: f"../systems/{name}" for name in SYSTEMS},
        **changes,
    }
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{toml_text.toml_key(key)} = {toml_text.toml_value(value)}"
        for key, value in values.items()
    ]
    (folder / "study.toml").write_text("\n".join(lines) + "\n")
    return folder


def trials(study: Study, *kinds: str) -> list[Trial]:
    return [
        trial for sheet in study.sheets.values() for trial in sheet.trials if trial.kind in kinds
    ]


def heard(study: Study, trial: Trial, slot: str):
    """The stimulus in a slot."""
    name = next(one.stimulus for one in trial.slots if one.name == slot)
    return study.stimuli[name]
