"""How much of a sound lies on multiples of the frame rate, 62.5 Hz, and whether codes move.

The decoder's layers do the same in every frame, so a code that stays the same decodes to a sound
that repeats every 256 samples: its partials lie on multiples of 16,000 / 256 = 62.5 Hz, whatever
the note. A partial elsewhere needs codes that turn from frame to frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from places import Finished, Places, dataset_of
from torch import Tensor

from sing.audio import NOTE_SAMPLES, SAMPLE_RATE
from sing.losses import HOP_LENGTH, spectral_loss
from sing.model.framing import crop_note, pad_note
from sing.notes import Note
from sing.run import Run
from sing.systems import read_system

FRAME_RATE = SAMPLE_RATE / HOP_LENGTH
HALF_WIDTH_HZ = 1.5
LOUD = 100
_FROM, _SAMPLES = 1600, 32_000  # from 0.1 s on, two seconds: bins of 0.5 Hz
_LOWEST_HZ = 40.0
_FRAMES = slice(40, 120)
_QUIET = 1e-3
HALF = 0.5

COLUMNS = (
    *("sound", "notes", "leaning", "mean_share", "median_share", "code_motion"),
    *(f"{metric}_{which}" for metric in ("pitch_error", "family_accuracy")
      for which in ("leaning", "others")),
)  # fmt: skip
"""`leaning` notes have more than half of their energy on the grid. The pitch error is a median."""


def share_on_grid(waveform: NDArray[np.float32]) -> float:
    """The share of a waveform's energy within 1.5 Hz of a multiple of 62.5 Hz; NaN when quiet."""
    part = waveform[_FROM : _FROM + _SAMPLES]
    if np.abs(part).max() < _QUIET:
        return float("nan")
    window = np.hanning(_SAMPLES + 1)[:-1]
    power = np.abs(np.fft.rfft(part * window)) ** 2
    frequencies = np.fft.rfftfreq(_SAMPLES, 1 / SAMPLE_RATE)
    distance = np.abs((frequencies + FRAME_RATE / 2) % FRAME_RATE - FRAME_RATE / 2)
    is_heard = frequencies > _LOWEST_HZ
    on_grid = is_heard & (distance <= HALF_WIDTH_HZ)
    return float(power[on_grid].sum() / power[is_heard].sum())


def code_motion(codes: Tensor) -> float:
    """The share of the codes' variance that is change within a note; codes [B, N, D]."""
    steady = codes[:, _FRAMES]
    within = steady.var(dim=1).sum(dim=1).mean()
    return float(within / steady.flatten(0, 1).var(dim=0).sum())


def loud_notes(run: Run) -> list[Note]:
    """The run's held-out notes of velocity 100 and more, sorted by name; all if none is so loud."""
    notes = [note for note in run.split.test if note.velocity >= LOUD] or run.split.test
    return sorted(notes, key=lambda note: note.name)


def measure(
    places: Places, finished: Sequence[Finished], table: pd.DataFrame
) -> list[dict[str, object]]:
    """A row for the recordings, each system, and one code of each autoencoder held for long.

    `table` are the scores, of which leaning notes and others are told apart.
    """
    notes = loud_notes(finished[0].run)
    recorded = dataset_of(finished[0].run).waveforms(notes)
    rows = [_row("ground-truth", _shares(recorded))]
    for one in finished:
        if one.autoencoder:
            codes, held = _autoencoder(one, recorded)
            rows.append(_system_row(places, one.autoencoder, notes, table, codes))
            rows.append(_row(f"{one.autoencoder}, one code held", _shares(held)))
        rows.append(_system_row(places, one.system, notes, table, _sequence(one, notes)))
    return rows


def _system_row(
    places: Places, name: str, notes: Sequence[Note], table: pd.DataFrame, codes: Tensor
) -> dict[str, object]:
    opened = read_system(places.systems / name)
    shares = _shares(np.stack([opened.waveform(note) for note in notes]))
    scores = table[table["system"] == name].set_index("note")
    scores = scores.loc[[note.name for note in notes]]
    row = {**_row(name, shares), "code_motion": code_motion(codes)}
    for which, is_kind in (("leaning", shares > HALF), ("others", shares <= HALF)):
        found = scores[is_kind]
        row[f"pitch_error_{which}"] = _or_none(found["pitch_error"].median())
        row[f"family_accuracy_{which}"] = _or_none(found["family_accuracy"].mean())
    return row


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _row(name: str, shares: NDArray[np.float64]) -> dict[str, object]:
    heard = shares[np.isfinite(shares)]
    means = (float(heard.mean()), float(np.median(heard))) if len(heard) else (None, None)
    leaning = int((heard > HALF).sum())
    return {**dict.fromkeys(COLUMNS), "sound": name, "notes": len(heard), "leaning": leaning,
            "mean_share": means[0], "median_share": means[1]}  # fmt: skip


def _shares(waveforms: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.array([share_on_grid(waveform) for waveform in waveforms])


def tone_losses(frequency: float = 440.0) -> dict[str, float]:
    """The spectral loss (Eq. 3.3) of a steady tone to its like in three other places."""
    nearest = FRAME_RATE * round(frequency / FRAME_RATE)
    semitone = frequency * 2 ** (1 / 12)
    reference = _tone(frequency)
    return {
        "frequency": frequency,
        "nearest": nearest,
        "to_nearest": spectral_loss(reference, _tone(nearest)).item(),
        "to_semitone": spectral_loss(reference, _tone(semitone)).item(),
        "to_silence": spectral_loss(reference, torch.zeros_like(reference)).item(),
    }


def _tone(frequency: float) -> Tensor:
    seconds = torch.arange(NOTE_SAMPLES, dtype=torch.float64) / SAMPLE_RATE
    return (0.3 * torch.sin(2 * torch.pi * frequency * seconds)).float()[None]


@torch.inference_mode()
def _autoencoder(
    one: Finished, recorded: NDArray[np.float32]
) -> tuple[Tensor, NDArray[np.float32]]:
    """The codes [B, N, D] of recordings, and what the decoder makes of a single one held."""
    autoencoder = one.run.autoencoder()
    codes = autoencoder.encoder(pad_note(torch.from_numpy(recorded)))
    middle = (_FRAMES.start + _FRAMES.stop) // 2
    held = codes[:, middle : middle + 1].expand_as(codes)
    return codes, crop_note(autoencoder.decoder(held)).numpy()


@torch.inference_mode()
def _sequence(one: Finished, notes: Sequence[Note]) -> Tensor:
    keys = torch.from_numpy(one.run.vocabulary.encode(notes))
    codes: Tensor = one.run.networks().sequence(keys)[0]
    return codes
