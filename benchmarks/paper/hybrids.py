"""Which part of a generated note makes the classifier mistake its family?

Short-time spectra (1024 / 256) of the recording and of the generated note are mixed, and the
classifier judges what they sound like: one's magnitudes with the other's phase, or one's bins
above a level and the other's below it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from frame_rate import loud_notes
from numpy.typing import NDArray
from places import Finished, Places, dataset_of
from torch import Tensor

from eval_suite.classifier.judge import Classifier, open_classifier
from eval_suite.intervals import cluster_numbers
from eval_suite.two_way import two_way_mean
from sing.audio import NOTE_SAMPLES
from sing.losses import HOP_LENGTH, N_FFT
from sing.notes import Note
from sing.run import Run
from sing.systems import read_system

LEVEL_DB = -30.0
COLUMNS = ("sound", "notes", "family_accuracy", "ci_low", "ci_high")
_BATCH = 16


def measure(places: Places, one: Finished) -> list[dict[str, object]]:
    """A row a mixture: the share of loud held-out notes whose family the classifier hears."""
    notes = loud_notes(one.run)
    dataset, system = dataset_of(one.run), read_system(places.systems / one.system)
    classifier = open_classifier()
    right: dict[str, list[bool]] = {}
    for start in range(0, len(notes), _BATCH):
        batch = notes[start : start + _BATCH]
        made = np.stack([system.waveform(note) for note in batch])
        for name, sound in _mixtures(dataset.waveforms(batch), made).items():
            right.setdefault(name, []).extend(_heard(classifier, sound, batch))
    return [{"sound": name, "notes": len(notes), **_share(of_sound, notes)}
            for name, of_sound in right.items()]  # fmt: skip


def _share(heard: Sequence[bool], notes: Sequence[Note]) -> dict[str, float | None]:
    """The share that was heard right, with its interval for other instruments and pitches."""
    instruments = cluster_numbers([note.instrument for note in notes])
    pitches = cluster_numbers([note.pitch for note in notes])
    right = np.asarray(heard, dtype=np.float64)
    found = two_way_mean(right, instruments, pitches, ("instrument", "pitch"))
    low, high = (max(0.0, found.low), min(1.0, found.high)) if found.is_defined else (None, None)
    return {"family_accuracy": found.value, "ci_low": low, "ci_high": high}


def recorded_bins(run: Run) -> tuple[float, float]:
    """Of the bins of loud held-out recordings: the loudest, and the share of loud ones.

    The first is the median of how far it is above |STFT|² = 1, in dB; loud are those above the
    level that parts the mixtures.
    """
    spectra = _spectra(dataset_of(run).waveforms(loud_notes(run)))
    peaks = spectra.abs().amax((1, 2))
    loudest = 20 * peaks.clamp_min(1e-9).log10().median()
    return float(loudest), float(_is_loud(spectra).double().mean())


def _mixtures(
    recorded: NDArray[np.float32], made: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    ours, theirs = _spectra(made), _spectra(recorded)
    loud = _is_loud(theirs)
    level = f"{-LEVEL_DB:.0f} dB below the loudest"
    mixed = {
        "generated magnitudes, recorded phase": torch.polar(ours.abs(), theirs.angle()),
        "recorded magnitudes, generated phase": torch.polar(theirs.abs(), ours.angle()),
        f"generated down to {level}, recorded below": torch.where(loud, ours, theirs),
        f"recorded down to {level}, generated below": torch.where(loud, theirs, ours),
    }
    sounds = {name: _waveforms(spectra) for name, spectra in mixed.items()}
    return {"recorded": recorded, "generated": made, **sounds}


def _is_loud(spectra: Tensor) -> Tensor:
    magnitudes = spectra.abs()
    return magnitudes > magnitudes.amax((1, 2), keepdim=True) * 10 ** (LEVEL_DB / 20)


def _heard(
    classifier: Classifier, sounds: NDArray[np.float32], notes: Sequence[Note]
) -> list[bool]:
    heard = classifier.judge(sounds).family
    return [family == note.family for family, note in zip(heard, notes, strict=True)]


def _spectra(waveforms: NDArray[np.float32]) -> Tensor:
    return torch.stft(torch.from_numpy(waveforms), N_FFT, HOP_LENGTH,
                      window=torch.hann_window(N_FFT), return_complex=True)  # fmt: skip


def _waveforms(spectra: Tensor) -> NDArray[np.float32]:
    window = torch.hann_window(N_FFT)
    made: NDArray[np.float32] = torch.istft(
        spectra, N_FFT, HOP_LENGTH, window=window, length=NOTE_SAMPLES
    ).numpy()
    return made
