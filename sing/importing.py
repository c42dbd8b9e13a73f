"""`sing import`: the public pretrained model as a run of ours.

The public implementation numbers instruments by the `instrument` field of NSynth's metadata, so a
table has 1 + the highest number as rows, and velocities 25 50 75 100 127 as 0 1 2 4 5. A vocabulary
is sorted by name: the rows of the instrument table are put into that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from sing import files
from sing.config import Config, ModelConfig
from sing.data.labels import read_labels
from sing.data.split import DEFAULT_SEED, Split, make_split
from sing.data.vocabulary import Vocabulary
from sing.errors import SingError
from sing.model.public_file import read_public_model
from sing.model.public_names import PublicSizes, from_public, sizes
from sing.notes import VELOCITIES, Note
from sing.run import run_marks, save_weights, write_run

PUBLIC_VELOCITY_ROWS = (0, 1, 2, 4, 5)
"""The rows of the velocities 25 50 75 100 127 in the public model's table of 6."""

_INSTRUMENT_TABLE = "sequence.embeddings.instrument.weight"


@dataclass(frozen=True)
class Metadata:
    """NSynth's labels of the notes that a model was trained on (and of those held out)."""

    path: Path
    notes: tuple[Note, ...]
    name_of: Mapping[int, str]  # the instrument of each number


def import_model(file: Path, out: Path, metadata: Path | None = None, force: bool = False) -> Path:
    """Write the model in `file` as a run folder, and return it; nothing in the file is run.

    `metadata` is NSynth's examples.json (or .json.gz) of the dataset the model was trained on. It
    gives the instruments' names and, by the public code's procedure, the split. Without it
    instruments are called by their numbers, and the split is empty.
    Raises SingError for a file of another kind, for metadata of another dataset, and when `out`
    is taken.
    """
    marks = run_marks(out)
    files.check_folder(out, force, *marks)
    tensors = read_public_model(file)
    weights, model = from_public(tensors, str(file)), sizes(tensors, str(file))
    labels = read_metadata(metadata) if metadata else None
    names = _instrument_names(model.instruments, labels)
    order = sorted(range(len(names)), key=names.__getitem__)
    weights[_INSTRUMENT_TABLE] = weights[_INSTRUMENT_TABLE][torch.tensor(order)]
    vocabulary = _vocabulary(model, tuple(sorted(names)), labels, file)
    facts = {"imported_from": file.name, "file_sha256": files.sha256(file), "dataset": None}
    if labels:
        facts |= {"metadata": labels.path.name, "metadata_sha256": files.sha256(labels.path)}
    with files.whole_folder(out, force, *marks) as made:
        write_run(made, _config(model, made.name), vocabulary, _split(labels), **facts)
        save_weights(made / "model.safetensors", weights)
    return out


def read_metadata(path: Path) -> Metadata:
    """Read NSynth's examples.json, or one that gzip made smaller.

    Raises SingError when it is none, or when numbers and names of instruments are not one to one.
    """
    name_of: dict[int, str] = {}
    notes: dict[Note, None] = {}
    for key, labels in read_labels(path):
        note, number, name = _parsed(path, key), labels.number, labels.instrument
        if note in notes:
            raise SingError(f"{path}: '{key}' stands there twice; keep one of the two records")
        if type(number) is not int or number < 0 or name != note.instrument:
            raise SingError(f"{path}: '{key}': no instrument number and name; restore the file")
        if name_of.setdefault(number, name) != name:
            raise SingError(
                f"{path}: '{key}': instrument {number} is {name_of[number]} already; "
                "restore the file"
            )
        notes[note] = None
    if not notes:
        raise SingError(f"{path}: holds no note; restore the file")
    if len(set(name_of.values())) < len(name_of):
        raise SingError(f"{path}: an instrument has two numbers; restore the file")
    return Metadata(path, tuple(notes), name_of)


def _parsed(path: Path, key: str) -> Note:
    try:
        note = Note.parse(key)
    except SingError as error:
        raise SingError(f"{path}: {error}") from None
    if note.velocity not in VELOCITIES:
        known = ", ".join(map(str, VELOCITIES))
        raise SingError(f"{path}: '{key}': velocity {note.velocity} is none of NSynth's ({known})")
    return note


def _instrument_names(rows: int, labels: Metadata | None) -> list[str]:
    """The name of each row of the instrument table; a number where nothing names it."""
    if labels is None:
        return [f"{number:0{len(str(rows - 1))}d}" for number in range(rows)]
    highest = max(labels.name_of)
    if highest + 1 != rows:
        raise SingError(
            f"{labels.path}: numbers instruments up to {highest:,}, the model to {rows - 1:,}; "
            "give the examples.json of the dataset it was trained on"
        )
    # NSynth's training part lacks the instruments of its other parts, but counts them.
    return [labels.name_of.get(number, f"untrained_{number:04d}") for number in range(rows)]


def _vocabulary(
    model: PublicSizes, instruments: tuple[str, ...], labels: Metadata | None, file: Path
) -> Vocabulary:
    rows_of = {6: PUBLIC_VELOCITY_ROWS, 5: tuple(range(5))}
    if model.velocities not in rows_of:
        raise SingError(
            f"{file}: {model.velocities} rows of velocities, expected 6 (the public model's) or 5"
        )
    pitches = {note.pitch for note in labels.notes} if labels else set(range(model.pitches))
    if labels and max(pitches) >= model.pitches:
        raise SingError(
            f"{labels.path}: goes up to pitch {max(pitches)}, the model to {model.pitches - 1}; "
            "give the examples.json of the dataset it was trained on"
        )
    return Vocabulary(
        instruments=instruments,
        pitches=model.pitches,
        velocities=VELOCITIES,
        velocity_rows=dict(zip(VELOCITIES, rows_of[model.velocities], strict=True)),
        known_pitches=tuple(sorted(pitches)),
    )


def _split(labels: Metadata | None) -> Split:
    """What the public code held out of these notes; nothing when they are unknown."""
    return make_split(labels.notes, "reference", DEFAULT_SEED) if labels else Split((), (), ())


def _config(model: PublicSizes, name: str) -> Config:
    sizes_of_model = {
        "hidden_channels": model.hidden_channels,
        "lstm_layers": model.lstm_layers,
        "velocity_channels": model.velocity_channels,
        "instrument_channels": model.instrument_channels,
        "pitch_channels": model.pitch_channels,
        "time_embedding": model.time_embedding,
        "code_channels": model.code_channels,
        "decoder_channels": model.decoder_channels,
    }
    if model.time_embedding:
        sizes_of_model["time_channels"] = model.time_channels
    return Config(name=name, split="reference", model=ModelConfig.model_validate(sizes_of_model))
