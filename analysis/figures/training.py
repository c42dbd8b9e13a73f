"""Training curves: the spectral loss of training and held-out notes over a run's epochs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.style import WIDTH, Drawing, log_ticks, mark_synthetic

_PARTS = {"train": ("#0072b2", "-"), "test": ("#d55e00", "--")}


def draw_training(histories: Mapping[str, pd.DataFrame], is_synthetic: bool) -> Drawing:
    """One line of panels a run: its phases one after the other, both parts of the split."""
    figure = Figure(figsize=(WIDTH, 0.5 + 1.7 * len(histories)), layout="constrained")
    panels = figure.subplots(len(histories), 1, squeeze=False)[:, 0]
    words = []
    for axes, (name, history) in zip(panels, sorted(histories.items()), strict=True):
        _draw_run(axes, history)
        axes.set_title(name, loc="left")
        last = history.dropna(subset=["test_spectral_loss"]).tail(1)
        if len(last):
            words.append(
                f"{name} ends at {last['test_spectral_loss'].iloc[0]:.3f} on held-out notes"
            )
    panels[-1].set_xlabel("epochs of all phases")
    mark_synthetic(figure, is_synthetic)
    return Drawing(
        "training",
        "Training curves",
        f"Spectral loss by epoch. {'; '.join(words)}.",
        figure,
        "Dashed: held-out pairs of instrument and pitch.",
    )


def _draw_run(axes: Axes, history: pd.DataFrame) -> None:
    start = 0
    for phase, group in history.groupby("phase", sort=False):
        epochs = start + group["epoch"].to_numpy()
        for part, (colour, line) in _PARTS.items():
            axes.plot(epochs, group[f"{part}_spectral_loss"], color=colour, ls=line,
                      label=part if start == 0 else None)  # fmt: skip
        axes.axvline(start + 0.5, color="#999999", lw=0.5)
        # At the bottom: a loss begins high and falls.
        axes.annotate(str(phase), (start + 0.9, 0.03), xycoords=("data", "axes fraction"),
                      va="bottom", fontsize=7, color="#555555")  # fmt: skip
        start = int(epochs.max())
    axes.set_yscale("log")
    log_ticks(axes.yaxis, *axes.get_ylim())
    axes.set_ylabel("spectral loss")
    axes.legend(loc="upper right")
