"""What each note of a listening page sounds and looks like, and its numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import soundfile
from matplotlib import image
from numpy.typing import NDArray

from eval_suite.listening_page.content import Content
from eval_suite.rainbowgram import rainbowgrams
from eval_suite.scoring import Scores
from eval_suite.sources import Sounds
from eval_suite.workers import score_batches
from sing.audio import SAMPLE_RATE, to_pcm16
from sing.notes import Note
from sing.workers import core_count


@dataclass(frozen=True)
class Cell:
    """One system's note: FLAC, PNG and values (NaN where missing), or the reason for having none.

    `is_broken`: the sound should be there. A note that the system never had is no fault.
    """

    sound: bytes | None
    picture: bytes | None
    values: tuple[float, ...]
    reason: str
    is_broken: bool


@dataclass(frozen=True)
class Row:
    """One note: its cells, the ground truth's first, and its part of the split."""

    note: Note
    split: str
    cells: tuple[Cell, ...]


def make_rows(content: Content) -> Iterator[Row]:
    """The rows of the page in the order of the notes' names, a batch of them at a time."""
    plan = content.plan
    with ThreadPoolExecutor(core_count()) as pool:
        for index, scores in score_batches(plan, range(plan.batch_count), jobs=1):
            notes = plan.batch(index)
            columns = [column.sounds(notes) for column in content.columns]
            media = [_media(pool, sounds) for sounds in columns]
            for row, note in enumerate(notes):
                cells = []
                for place, sounds in enumerate(columns):
                    values, reason = _numbers(content, scores, place, row, note)
                    sound, picture = media[place].get(row, (None, None))
                    reason = sounds.faults.get(row, reason)
                    is_broken = sound is None and not content.columns[place].lacks(note)
                    cells.append(Cell(sound, picture, values, reason, is_broken))
                split = content.splits[index * plan.batch_size + row]
                yield Row(note, split, tuple(cells))


def _media(pool: Executor, sounds: Sounds) -> dict[int, tuple[bytes, bytes]]:
    """FLAC and PNG of the waveforms, by row; none of a row with a fault."""
    heard = [row for row in range(len(sounds.waveforms)) if row not in sounds.faults]
    if not heard:
        return {}
    waveforms = sounds.waveforms[heard]
    pictures = rainbowgrams(waveforms)
    made = zip(pool.map(flac, waveforms), pool.map(png, pictures), strict=True)
    return dict(zip(heard, made, strict=True))


def _numbers(
    content: Content, scores: Scores, place: int, row: int, note: Note
) -> tuple[tuple[float, ...], str]:
    """The values of a cell and why some are missing; column 0, the ground truth, has none."""
    if place == 0:
        return (), ""
    if content.table is not None:
        return content.table.cell(content.systems[place - 1], note)
    reason = scores.reasons.get((place - 1, row), "")
    return tuple(scores.values[place - 1, row].tolist()), reason


def flac(waveform: NDArray[np.float32]) -> bytes:
    """The waveform [T] as a FLAC file of 16 bits: half a WAV file, and not a sample different."""
    buffer = io.BytesIO()
    samples, _ = to_pcm16(waveform)
    soundfile.write(buffer, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def png(picture: NDArray[np.uint8]) -> bytes:
    """A rainbowgram [bins, frames, 3], lowest frequency first, as a PNG file, lowest at the foot.

    Without the name of the program in it: same picture, same bytes.
    """
    buffer = io.BytesIO()
    metadata = {"Software": None}  # None leaves it out, which matplotlib's types do not know
    image.imsave(buffer, picture[::-1], format="png", metadata=metadata)  # type: ignore[arg-type]
    return buffer.getvalue()
