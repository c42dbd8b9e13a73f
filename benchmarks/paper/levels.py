"""How loud the systems' notes are beside the recordings, as a whole and in quiet bins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from frame_rate import loud_notes
from numpy.typing import NDArray
from places import Finished, Places, dataset_of

from sing.losses import power_spectrum
from sing.systems import read_system

BANDS_DB = ((0, 20), (20, 40), (40, 60), (60, 80))
"""Bins by how far the recording's are below its loudest one."""

COLUMNS = ("sound", "notes", "level_db", *(f"bins_{low}_{high}_db" for low, high in BANDS_DB))
"""Medians of what the sound has above the recording, in dB; of silent notes there is no level."""

_TINY = 1e-12


def measure(places: Places, finished: Sequence[Finished]) -> list[dict[str, object]]:
    """A row a system: of all loud held-out notes, the whole note and its bins."""
    notes = loud_notes(finished[0].run)
    recorded = dataset_of(finished[0].run).waveforms(notes)
    rows: list[dict[str, object]] = []
    for name in _names(finished):
        opened = read_system(places.systems / name)
        made = np.stack([opened.waveform(note) for note in notes])
        level = np.median(_db(np.square(made).sum(1)) - _db(np.square(recorded).sum(1)))
        values = (name, len(notes), float(level), *_bins(recorded, made))
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def _names(finished: Sequence[Finished]) -> Iterator[str]:
    for one in finished:
        yield from filter(None, (one.autoencoder, one.system))


def _bins(recorded: NDArray[np.float32], made: NDArray[np.float32]) -> list[float]:
    """The median in each band, over the bins of all notes."""
    gained: list[list[NDArray[np.float32]]] = [[] for _ in BANDS_DB]
    for pair in zip(recorded, made, strict=True):
        spectra = power_spectrum(torch.from_numpy(np.stack(pair))).numpy()
        theirs, ours = _db(spectra)
        below = theirs.max() - theirs
        for place, (low, high) in enumerate(BANDS_DB):
            is_in = (below >= low) & (below < high)
            gained[place].append((ours - theirs)[is_in].astype(np.float32))
    return [float(np.median(np.concatenate(band))) for band in gained]


def _db(power: NDArray[np.floating]) -> NDArray[np.floating]:
    decibels: NDArray[np.floating] = 10 * np.log10(power + _TINY)
    return decibels
