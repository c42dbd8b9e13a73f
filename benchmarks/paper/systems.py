"""System folders of the runs, and one table of all their scores.

The notes are all held-out ones and, of each trained (instrument, pitch) pair, one at a velocity
that is drawn: every pair of the maps has a value, and a training part five times as large would
not make its means any surer, since velocities of a pair sound alike.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from places import Finished, Places, call, dataset_of, first_seeds

from eval_suite.baselines.trivial import NearestPitch, nearest_pitches
from eval_suite.contracts import METRICS as METRICS_TABLE
from eval_suite.sources import DatasetSource
from eval_suite.tables import write_table
from sing import files
from sing.data.split import Split
from sing.generate.folder import Order, write_generated, write_reconstructed
from sing.notes import Note
from sing.run import Run
from sing.system_output import FINISHED
from sing.systems import SystemWriter

SEED = 0
METRICS = (
    *("spectral_loss", "spectral_loss@1e-2", "spectral_loss@1e-4", "log_spectral_mse", "wav_mse"),
    *("pitch_error", "pitch_within_50", "pitch_accuracy", "family_accuracy"),
)


def chosen_notes(split: Split) -> list[Note]:
    """All held-out notes and one of each trained pair, sorted by name."""
    of_pair: dict[tuple[str, int], list[Note]] = {}
    for note in split.train:
        of_pair.setdefault(note.pair, []).append(note)
    generator = random.Random(SEED)
    trained = [
        generator.choice(sorted(of_pair[pair], key=lambda note: note.velocity))
        for pair in sorted(of_pair)
    ]
    return sorted([*split.test, *trained], key=lambda note: note.name)


def write_systems(places: Places, finished: Iterable[Finished]) -> list[Path]:
    """Write what is not written yet: each run's notes and, where wanted, its reconstructions."""
    written = []
    for one in finished:
        notes = chosen_notes(one.run.split)
        out = places.systems / one.system
        written.append(write_generated(Order(one.run, notes, out, resume=True)))
        if one.autoencoder:
            out = places.systems / one.autoencoder
            written.append(write_reconstructed(Order(one.run, notes, out, resume=True)))
    return written


def write_nearest_pitch(places: Places, run: Run, notes: Sequence[Note]) -> Path:
    """The baseline nearest-pitch as a system folder, which a study can play."""
    folder = places.systems / "nearest-pitch"
    if not (folder / FINISHED).is_file():
        stand_ins = nearest_pitches(notes, run.split.train)
        source = NearestPitch(DatasetSource(dataset_of(run)), stand_ins)
        writer = SystemWriter(folder, folder.name, "baseline")
        for note in notes:
            writer.write(note, source.sounds([note]).waveforms[0])
        writer.finish(notes)
    return folder


def write_metrics(places: Places, run: Run, systems: Sequence[Path]) -> Path:
    """Score all systems and the baselines, unless the table is that of these very systems."""
    notes = places.work / "notes.csv"
    rows = [{"note": note.name} for note in chosen_notes(run.split)]
    files.write_csv(notes, ("note",), rows)
    marks = [files.sha256(folder / FINISHED) for folder in systems]
    key = files.sha256_of_lines([*map(str, systems), *marks, files.sha256(notes), *METRICS])
    key_file = places.metrics.with_suffix(".key")
    if key_file.is_file() and places.metrics.is_file() and key_file.read_text() == key:
        return places.metrics
    key_file.unlink(missing_ok=True)
    named = [part for metric in METRICS for part in ("--metric", metric)]
    again = ["--resume" if places.metrics.with_suffix(".csv.partial").is_file() else "--force"]
    call(
        *("metrics", *systems, "--notes", notes, "--data", dataset_of(run).folder, *named),
        *("--out", places.metrics, *again),
        may_find_faults=True,  # a value is missing, as a pitch of silence; its row says why
    )
    files.write_text(key_file, key)
    return places.metrics


def write_shown(places: Places, table: pd.DataFrame, finished: Sequence[Finished]) -> None:
    """Fill the folder that Table 1 and the report are made of: scores and histories.

    Without further seeds, which the page lists side by side; `table` has all scores.
    """
    shown = first_seeds(finished)
    others = [one for one in finished if one not in shown]
    further = [name for one in others for name in (one.system, one.autoencoder)]
    shutil.rmtree(places.shown, ignore_errors=True)  # this script's own
    kept = table[~table["system"].isin(further)]
    write_table(places.shown / places.metrics.name, METRICS_TABLE, kept)
    for one in shown:
        history = places.shown / f"{one.system}.history.csv"
        shutil.copyfile(one.run.folder / "history.csv", history)
