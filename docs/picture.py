"""Draw the README's picture: a held-out note, the demo run's version of it, and its neighbour.

python docs/picture.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from numpy.typing import NDArray

from eval_suite.baselines.trivial import nearest_pitches
from sing.audio import SAMPLE_RATE
from sing.data.nsynth import open_dataset
from sing.generate.offline import generate
from sing.generate.selection import find_run
from sing.losses import HOP_LENGTH, log_power_spectrum, spectral_loss
from sing.notes import Note

mpl.use("agg")
from matplotlib import pyplot  # the backend is chosen first

NOTE = Note("reed_acoustic_071", 60, 100)
TOP_HZ = 4_000


def main() -> None:
    """Write docs/figures/held-out-note.png."""
    run = find_run("demo")
    dataset = open_dataset(run.dataset)
    truth = dataset.waveforms([NOTE])[0]
    neighbour = nearest_pitches([NOTE], run.split.train)[NOTE]
    panels = {
        f"ground truth: {NOTE.name}": truth,
        "SING, which never heard this pair": next(generate(run, [NOTE]))[0],
        f"nearest trained pitch: {neighbour.pitch}": dataset.waveforms([neighbour])[0],
    }
    figure, axes = pyplot.subplots(1, 3, figsize=(11, 3), sharey=True, layout="constrained")
    for axis, (title, waveform) in zip(axes, panels.items(), strict=True):
        draw(axis, waveform)
        loss = spectral_loss(*(torch.from_numpy(w)[None] for w in (truth, waveform))).item()
        axis.set_title(f"{title}\nspectral loss {loss:.3f}", fontsize=9)
        axis.set_xlabel("seconds")
    axes[0].set_ylabel("Hz")
    target = Path(__file__).parent / "figures" / "held-out-note.png"
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})


def draw(axis: mpl.axes.Axes, waveform: NDArray[np.float32]) -> None:
    """The log power spectrum l(x) of Eq. 3.2 up to 4 kHz."""
    spectrum = log_power_spectrum(torch.from_numpy(waveform)[None])[0].numpy()
    bins = TOP_HZ * 1024 // SAMPLE_RATE
    seconds = len(spectrum) * HOP_LENGTH / SAMPLE_RATE
    axis.imshow(
        spectrum[:, :bins].T, origin="lower", aspect="auto", cmap="magma", vmin=0, vmax=10,
        extent=(0, seconds, 0, TOP_HZ),
    )  # fmt: skip


if __name__ == "__main__":
    main()
