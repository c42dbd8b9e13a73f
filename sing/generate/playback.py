"""A streamed note on its way out: raw samples into a pipe, or a wav file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import torch
from numpy.typing import NDArray

from sing import files, log
from sing.audio import to_pcm16, write_waveform
from sing.generate.engine import Engine
from sing.generate.folder import check_finite
from sing.generate.stream import BLOCK_SAMPLES, Clock, Streamer
from sing.notes import Note
from sing.run import Run


def stream_raw(run: Run, note: Note, raw: IO[bytes], device: torch.device | str = "cpu") -> Clock:
    """Write the note's 64,000 samples to `raw` as 16-bit integers, a block at a time; log how fast.

    Raises SingError for an unknown note, a run without weights, and a sample that is not finite.
    """
    clock = Clock()
    for block in _blocks(run, note, clock, device):
        raw.write(to_pcm16(block)[0].astype("<i2").tobytes())
        raw.flush()
    _log(note, clock)
    return clock


def stream_wav(run: Run, note: Note, path: Path, device: torch.device | str, force: bool) -> Path:
    """Write the streamed note as a wav file and return its path; errors as in `stream_raw`."""
    clock = Clock()
    blocks = _blocks(run, note, clock, device)
    files.check_file(path, force)
    waveform = np.concatenate(list(blocks))
    with files.atomic_path(path) as part:
        write_waveform(part, waveform)
    _log(note, clock)
    return path


def _blocks(
    run: Run, note: Note, clock: Clock, device: torch.device | str
) -> Iterator[NDArray[np.float32]]:
    """The blocks, once the run is loaded and knows the note."""
    key = torch.from_numpy(run.vocabulary.encode([note]))[0]
    streamer = Streamer(Engine(run.networks(device).synthesizer), key)
    return (_checked(run, note, block) for block in clock.timed(iter(streamer)))


def _checked(run: Run, note: Note, block: NDArray[np.float32]) -> NDArray[np.float32]:
    check_finite(run, [note], block[np.newaxis])
    return block


def _log(note: Note, clock: Clock) -> None:
    log.info(
        "%s: first %d samples after %.1f ms, 4 s of sound in %.2f s: real-time factor %.3f",
        note.name, BLOCK_SAMPLES, 1000 * clock.first_block, clock.whole_note,
        clock.real_time_factor,
    )  # fmt: skip
    if clock.latest > 0:
        log.warning("a block was %.0f ms late to be heard without a gap", 1000 * clock.latest)
