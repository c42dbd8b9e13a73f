"""How fast a run generates, how large it is, and how much it compresses (Table 2)."""

from __future__ import annotations

import csv
import io
import platform
import statistics
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch

from sing import files
from sing.audio import NOTE_SAMPLES, SAMPLE_RATE
from sing.config import ModelConfig
from sing.errors import SingError
from sing.generate.engine import Engine
from sing.model.sing import parameter_count
from sing.notes import Note
from sing.run import Run

MEGABYTE = 2**20


@dataclass(frozen=True)
class Speed:
    """One row of speed.csv: a run on a device, with the number of threads and the batch size.

    The fields are the table's columns (docs/contracts.md).
    `seconds_per_second` are seconds of audio made in one second; `megabytes` the size of the
    weights in float32 without the encoder, as Table 2 counts; `training_hours` is None when the
    run was not trained here.
    """

    system: str
    device: str
    seconds_per_second: float
    megabytes: float
    compression_factor: float
    training_hours: float | None


def measure_speed(
    run: Run, batch_size: int, device: torch.device | str = "cpu", seconds: float = 3.0
) -> Speed:
    """Generate batches of the run's notes for about `seconds`, after one to warm up.

    The median of the batches counts: one that another process held up does not. Times are of
    whole batches, from the notes' names to waveforms in the computer's memory.
    """
    engine = Engine(run.networks(device).synthesizer)
    notes = some_notes(run, batch_size)
    spent: list[float] = []
    began = time.perf_counter()
    while len(spent) < 3 or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        keys = torch.from_numpy(run.vocabulary.encode(notes)).to(device)
        engine.generate(keys).cpu()
        spent.append(time.perf_counter() - start)
    audio_seconds = batch_size * NOTE_SAMPLES / SAMPLE_RATE
    return Speed(
        system=run.name,
        device=f"{device_name(device)}, batch {batch_size}",
        seconds_per_second=audio_seconds / statistics.median(spent[1:]),
        megabytes=megabytes(run),
        compression_factor=compression_factor(run.config.model),
        training_hours=training_hours(run),
    )


def some_notes(run: Run, count: int) -> list[Note]:
    """Notes that the run knows, of as many instruments and pitches as there are."""
    vocabulary = run.vocabulary
    return [
        Note(
            vocabulary.instruments[place % vocabulary.instrument_count],
            vocabulary.known_pitches[place % len(vocabulary.known_pitches)],
            vocabulary.velocities[place % len(vocabulary.velocities)],
        )
        for place in range(count)
    ]


def device_name(device: torch.device | str) -> str:
    """What the device is, with the number of threads of a CPU: "AMD EPYC, 2 threads"."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{_processor()}, {threads} thread{'s' if threads > 1 else ''}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "CPU"


def megabytes(run: Run) -> float:
    """The size of the weights in float32, encoder not counted: 243.18 at the paper's size."""
    return 4 * parameter_count(run.blank_networks().synthesizer) / MEGABYTE


def input_channels(model: ModelConfig) -> int:
    """The width of the LSTM's input: 30 in the paper, 26 without the time embedding."""
    note = model.instrument_channels + model.pitch_channels + model.velocity_channels
    return note + (model.time_channels if model.time_embedding else 0)


def compression_factor(model: ModelConfig) -> float:
    """A note's 64,000 samples over the width of SING's input: 2133 in Table 2 (Section 5.3)."""
    return NOTE_SAMPLES / input_channels(model)


def training_hours(run: Run) -> float | None:
    """Hours of training by history.csv, all processes added up; None when there is none.

    Table 2 counts "hours * GPU units" (Section 5.3). Evaluation after an epoch is not counted. An
    epoch without `processes`, as in older files, was one process's.
    """
    path = run.folder / "history.csv"
    if not path.is_file():
        return None
    rows = files.read_csv(path, ("seconds",))
    try:
        spent = [float(row["seconds"]) * int(row.get("processes") or 1) for row in rows]
    except ValueError as error:
        raise SingError(
            f"{path}: column 'seconds' or 'processes': {error}; restore the file"
        ) from None
    return sum(spent) / 3600


def speed_csv(speeds: Iterable[Speed]) -> str:
    """The rows as the text of speed.csv, sorted by their key (system, device)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in fields(Speed)])
    for speed in sorted(speeds, key=lambda speed: (speed.system, speed.device)):
        writer.writerow(map(files.cell, asdict(speed).values()))
    return text.getvalue()
