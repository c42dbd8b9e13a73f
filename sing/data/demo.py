"""The embedded dataset: General MIDI instruments rendered as NSynth would have recorded them.

    X/   examples.json      NSynth's table of notes, written last: a folder without it is resumed
         audio/<note>.wav   16 kHz mono PCM16, 64,000 samples
         README.md provenance.json
         parts/             while rendering: the notes of each instrument that is done

The bytes of examples.json and audio/ follow from the SoundFont and the selection alone, whatever
the number of processes. NNN of an instrument, family_source_NNN, is its General MIDI program.
"""

from __future__ import annotations

import shutil
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any

import filelock

from sing import files, log
from sing.audio import NOTE_FILE_BYTES, write_waveform
from sing.cache import cache_folder
from sing.data import nsynth
from sing.data import soundfont as fonts
from sing.data.general_midi import PROGRAM_NAMES, SIZES, Selection
from sing.errors import SingError, suggestion
from sing.notes import Note
from sing.provenance import write_provenance
from sing.workers import core_count, worker_pool

RECIPE = 1
"""Counted up whenever the demo dataset's bytes change, so that an old cache is not taken for it."""

_PROVENANCE = "provenance.json"


def demo_dataset() -> Path:
    """The demo dataset's folder in the user's cache (or $SING_CACHE), rendered when not there yet.

    Raises SingError when the cache cannot be written.
    """
    cache = cache_folder()
    folder = cache / f"demo-{RECIPE}"
    if is_complete(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # The ranks of a training run ask for it at the same time: one renders, the others wait.
        with filelock.FileLock(folder.with_suffix(".lock")):
            # What is left there of an older engine's rendering cannot be gone on with.
            recipe = _recipe(SIZES["demo"], fonts.default_font())
            return render_dataset(folder, force=not _is_ours(folder, recipe))
    except OSError as error:
        reason = error.strerror or str(error)
        raise SingError(f"{cache}: {reason}; set SING_CACHE to a folder of yours") from error


def render_dataset(
    folder: Path,
    *,
    size: str | Selection = "demo",
    soundfont: Path | None = None,
    jobs: int | None = None,
    force: bool = False,
) -> Path:
    """Render a dataset in NSynth's json/wav form into `folder`, and return the folder.

    `size` is a name of SIZES or a selection; `soundfont` a General MIDI .sf2 file (default:
    TimGM6mb of pretty_midi); `jobs` the number of processes (default: one a core). A stopped
    rendering of the same dataset is resumed, a finished one is left alone; `force` starts afresh
    where something was rendered, whatever it was.
    Raises SingError when the folder holds anything else, or the font has none of the notes.
    """
    selection = _selection(size)
    font = soundfont or fonts.default_font()
    recipe = _recipe(selection, font)
    if force or not _is_ours(folder, recipe):
        # Other datasets have an examples.json, and other results a provenance.json.
        is_rendered = _recorded_recipe(folder) is not None
        files.claim_folder(folder, force, *([_PROVENANCE] if is_rendered else []))
    if is_complete(folder):
        return folder
    log.info("rendering %d instruments into %s", len(selection.programs), folder)
    (folder / nsynth.EXAMPLES).unlink(missing_ok=True)
    for left_by_a_killed_process in folder.rglob(".*.part"):
        left_by_a_killed_process.unlink()
    write_provenance(folder, recipe=recipe)
    files.write_text(folder / "README.md", _readme(recipe))
    parts = _render_parts(folder, selection, font, jobs)
    _finish(folder, parts)
    return folder


def is_complete(folder: Path) -> bool:
    """Whether the folder is a finished dataset with every file there, none cut short."""
    if not (folder / nsynth.EXAMPLES).is_file():
        return False
    return all(_is_whole(folder, name) for name in files.read_json(folder / nsynth.EXAMPLES))


def _selection(size: str | Selection) -> Selection:
    if isinstance(size, Selection):
        return size
    if size not in SIZES:
        raise SingError(f"size '{size}': no such dataset; {suggestion(size, SIZES)}")
    return SIZES[size]


def _recipe(selection: Selection, soundfont: Path) -> dict[str, Any]:
    """What decides the bytes of the dataset, as it stands in provenance.json."""
    fonts.SoundFont(soundfont)  # says what is wrong with the file before anything is written
    return {
        "number": RECIPE,
        "soundfont": soundfont.name,
        "soundfont_sha256": files.sha256(soundfont),
        "tinysoundfont": fonts.engine_version(),
        "parameters": fonts.PARAMETERS,
        "selection": {name: list(values) for name, values in asdict(selection).items()},
    }


def _is_ours(folder: Path, recipe: dict[str, Any]) -> bool:
    """Whether the folder holds this very dataset, finished or not."""
    is_same: bool = _recorded_recipe(folder) == recipe
    return is_same


def _recorded_recipe(folder: Path) -> Any:
    """The recipe of what was rendered into the folder; None when nothing was."""
    if not (folder / _PROVENANCE).is_file():
        return None
    found = files.read_json(folder / _PROVENANCE)
    return found.get("recipe") if isinstance(found, dict) else None


def _render_parts(
    folder: Path, selection: Selection, soundfont: Path, jobs: int | None
) -> list[dict[str, Any]]:
    """Render every instrument that is not there yet, and return the parts of all of them."""
    tasks = [(folder, selection, soundfont, program) for program in selection.programs]
    jobs = min(jobs or core_count(), len(tasks))
    label = "rendering instruments"
    if jobs <= 1:
        return [_render_part(task) for task in log.progress(tasks, label)]
    with worker_pool(jobs) as pool:
        done = as_completed([pool.submit(_render_part, task) for task in tasks])
        try:
            return [part.result() for part in log.progress(done, label, total=len(tasks))]
        except BrokenProcessPool:
            raise SingError(
                f"{folder}: a rendering process died; run it again with --jobs 1 to go on from here"
            ) from None


def _render_part(task: tuple[Path, Selection, Path, int]) -> dict[str, Any]:
    """Render one instrument's notes and return its part: their names and the silent pitches."""
    folder, selection, soundfont, program = task
    instrument = PROGRAM_NAMES[program]
    part_path = folder / "parts" / f"{instrument}.json"
    if part_path.is_file():
        part: dict[str, Any] = files.read_json(part_path)
        if all(_is_whole(folder, name) for name in part["notes"]):
            return part
    font = fonts.SoundFont(soundfont)
    waveforms = (
        font.instrument(program, selection.pitches, selection.velocities)
        if font.has_program(program)
        else {}
    )
    names = []
    for (pitch, velocity), waveform in waveforms.items():
        name = Note(instrument, pitch, velocity).name
        names.append(name)
        if not _is_whole(folder, name):
            with files.atomic_path(_audio_path(folder, name)) as path:
                write_waveform(path, waveform)
    sounding = {pitch for pitch, _ in waveforms}
    silent = [pitch for pitch in selection.pitches if pitch not in sounding]
    part = {"instrument": instrument, "notes": sorted(names), "silent_pitches": silent}
    files.write_json(part_path, part)
    return part


def _finish(folder: Path, parts: list[dict[str, Any]]) -> None:
    """Say which keys are silent, and write examples.json."""
    for part in sorted(parts, key=lambda part: str(part["instrument"])):
        pitches = " ".join(str(pitch) for pitch in part["silent_pitches"])
        if not part["notes"]:
            log.warning("%s: left out, the SoundFont has no sound for it", part["instrument"])
        elif pitches:
            log.warning("%s: left out the silent pitches %s", part["instrument"], pitches)
    notes = [Note.parse(name) for name in sorted(name for part in parts for name in part["notes"])]
    if not notes:
        raise SingError(f"{folder}: the SoundFont has none of the notes asked for; take another")
    nsynth.write_examples(folder, notes)
    shutil.rmtree(folder / "parts")
    log.info("%s: %d notes", folder, len(notes))


def _audio_path(folder: Path, name: str) -> Path:
    return folder / "audio" / f"{name}.wav"


def _is_whole(folder: Path, name: str) -> bool:
    path = _audio_path(folder, name)
    return path.is_file() and path.stat().st_size == NOTE_FILE_BYTES


def _readme(recipe: dict[str, Any]) -> str:
    licence = f"{recipe['soundfont']}: its own licence says what may be done with its sounds."
    if recipe["soundfont_sha256"] == fonts.DEFAULT_FONT_SHA256:
        licence = (
            "TimGM6mb.sf2 by Tim Brechbill, as the Python package pretty_midi ships it, under the\n"
            "GNU General Public License, version 2. Neither the font nor these notes are part of\n"
            "sing-eval, whose own licence is MIT."
        )
    return _README.format(
        licence=licence,
        sha256=recipe["soundfont_sha256"],
        engine=recipe["tinysoundfont"],
        milliseconds=1000 * fonts.FADE_SECONDS,
        **fonts.PARAMETERS,
    )


_README = """\
# Rendered notes in NSynth's format

General MIDI instruments rendered from a SoundFont by `sing data render`; not recordings of NSynth.
NSynth's layout: examples.json and audio/<note>.wav (16 kHz, mono, 16 bits, 4 s). The number in an
instrument's name is its General MIDI program, counted from 0; `qualities` are not annotated.

## Sounds
{licence}
SHA-256 of the font: {sha256}

## How a note is made
- tinysoundfont {engine}: one note at a time out of silence, held {held_seconds} s and released
  for {release_seconds} s.
- Rendered at {synth_rate_hz} Hz; the mean of both channels; decimated 3:1 by a linear-phase FIR
  filter (-90 dB from 8 kHz); the last {milliseconds:.0f} ms fade out.
- One gain per instrument: its loudest note peaks at {peak}. Keys without a sample are left out.
- The engine makes velocity a pure gain. So that soft notes are darker too, as on real instruments,
  a first-order high-shelf follows, from {shelf_hz:.0f} Hz on: 0 dB at velocity 127, falling
  linearly (in dB) to {shelf_db:.0f} dB at velocity 0.

provenance.json holds every parameter. The same font and versions give the same bytes.
"""
