"""What a run is: sizes, training, vocabulary, split and where it comes from, as lines to print."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open

from sing import files
from sing.data.split import SPLITS
from sing.data.vocabulary import ranges
from sing.errors import SingError
from sing.generate.speed import (
    MEGABYTE,
    compression_factor,
    input_channels,
    training_hours,
)
from sing.model.sing import parameter_count
from sing.run import Run

_FIGURES = ("spectral_loss", "wav_mse")
_SHOWN = ("dataset", "imported_from", "file_sha256", "metadata", "seed")


def describe_run(run: Run) -> list[str]:
    """The lines of `sing info`."""
    return [
        f"{'run':<14} {run.name} ({run.folder})",
        *_size_lines(run),
        *_training_lines(run),
        *_vocabulary_lines(run),
        _line("split", ", ".join(f"{part} {len(run.split.part(part)):,} notes" for part in SPLITS)),
        *_provenance_lines(run),
    ]


def _line(label: str, text: str) -> str:
    return f"{label:<14} {text}"


def _size_lines(run: Run) -> list[str]:
    networks, model = run.blank_networks(), run.config.model
    without, encoder = parameter_count(networks.synthesizer), parameter_count(networks.encoder)
    parts = {
        "instrument": model.instrument_channels,
        "pitch": model.pitch_channels,
        "velocity": model.velocity_channels,
        "time": model.time_channels if model.time_embedding else 0,
    }
    inputs = " + ".join(f"{name} {width}" for name, width in parts.items() if width)
    return [
        _line("parameters", f"{without:,} without the encoder, {without + encoder:,} with it"),
        _line(
            "size",
            f"{4 * without / MEGABYTE:.2f} MB in float32 without the encoder, "
            f"{4 * (without + encoder) / MEGABYTE:.2f} MB with it (MB of 2**20 bytes)",
        ),
        _line("weights", _weights(run)),
        _line(
            "compression",
            f"{compression_factor(model):.0f} = 64,000 samples / "
            f"{input_channels(model)} inputs ({inputs})",
        ),
    ]


def _weights(run: Run) -> str:
    path = run.folder / "model.safetensors"
    if not path.is_file():
        return "none yet; finish a phase with sing train --resume"
    encoder = "with" if _holds_encoder(path) else "without"
    return f"{path.name}, {path.stat().st_size / MEGABYTE:.2f} MB on disk, {encoder} encoder"


def _holds_encoder(path: Path) -> bool:
    try:
        with safe_open(path, "numpy") as file:
            return any(name.startswith("encoder.") for name in file.keys())  # noqa: SIM118
    except SafetensorError as error:
        raise SingError(f"{path}: not a safetensors file ({error}); restore it") from None


def _training_lines(run: Run) -> list[str]:
    path = run.folder / "history.csv"
    if not path.is_file():
        return [_line("training", "none recorded")]
    figures = [f"{part}_{figure}" for figure in _FIGURES for part in ("train", "test")]
    rows = files.read_csv(path, ("phase", "epoch", *figures))
    hours = training_hours(run) or 0.0
    measured = (
        f"{min(run.config.evaluation_notes, len(run.split.part(part))):,} {part}"
        for part in ("train", "test")
    )
    notes = f"measured on {' and '.join(measured)} notes"
    lines = [_line("training", f"{run.config.loss} loss, {hours:.2f} hours, {notes}")]
    for phase, epochs in run.config.planned_epochs.items():
        done = [row for row in rows if row["phase"] == phase]
        shown = [
            f"{name} {done[-1][name]}"
            for name in figures
            if done and done[-1][name] not in ("", None)
        ]
        lines.append(_line(f"  {phase}", ", ".join([f"{len(done)} of {epochs} epochs", *shown])))
    return lines


def _vocabulary_lines(run: Run) -> list[str]:
    vocabulary = run.vocabulary
    names = vocabulary.instruments
    some = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return [
        _line("instruments", f"{len(names):,}: {some}"),
        _line("pitches", ranges(vocabulary.known_pitches)),
        _line("velocities", " ".join(map(str, vocabulary.velocities))),
    ]


def _provenance_lines(run: Run) -> list[str]:
    found = {key: run.provenance.get(key) for key in _SHOWN}
    lines = [_line(key, str(value)) for key, value in found.items() if value is not None]
    versions = run.provenance.get("versions") or {}
    shown = ", ".join(
        f"{name} {versions[name]}" for name in ("sing-eval", "torch") if name in versions
    )
    return [*lines, _line("made with", shown or "unknown versions")]
