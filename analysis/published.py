"""The numbers that the paper publishes, each with its place in the paper.

Défossez, Zeghidour, Usunier, Bottou, Bach: SING: Symbol-to-Instrument Neural Generator, NeurIPS
2018. Numbers are kept as they are printed, so that nothing is rounded a second time.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.proportions import exact_interval

PAPER = "Défossez et al., SING, NeurIPS 2018"

NOT_APPLICABLE = "N/A"
"""What the paper prints where a number would mean nothing."""

NONE = "-"
"""What the paper prints where there is nothing to measure."""


@dataclass(frozen=True)
class PublishedRow:
    """A row of one of the paper's tables: what it is called, and its cells as printed.

    `name` is what `--row` calls it; `labels` are the cells that say which row it is.
    """

    name: str
    labels: tuple[str, ...]
    cells: tuple[str, ...]


TABLE_1_COLUMNS = (
    ("spectral_loss", "train"),
    ("spectral_loss", "test"),
    ("wav_mse", "train"),
    ("wav_mse", "test"),
)
"""The measured columns of Table 1: a metric and a part of the split."""

_NA = (NOT_APPLICABLE, NOT_APPLICABLE)

TABLE_1 = (
    PublishedRow(
        "Autoencoder waveform",
        ("Autoencoder", "waveform"),
        ("0.026", "0.028", "0.0002", "0.0003"),
    ),
    PublishedRow("SING waveform", ("SING", "waveform"), ("0.075", "0.084", "0.006", "0.039")),
    PublishedRow("Autoencoder spectral", ("Autoencoder", "spectral"), ("0.028", "0.032", *_NA)),
    PublishedRow("SING spectral", ("SING", "spectral"), ("0.039", "0.051", *_NA)),
    PublishedRow(
        "SING no time embedding", ("SING, no time embedding", "spectral"), ("0.050", "0.063", *_NA)
    ),
)
"""Table 1 (Section 5.2): spectral loss and wav MSE on training and held-out notes."""

TABLE_2 = (
    PublishedRow("Ground Truth", ("Ground Truth",), ("3.86 ± 0.24", NONE, NONE, NONE, NONE)),
    PublishedRow("Wavenet", ("Wavenet",), ("2.85 ± 0.24", "3840*", "0.2", "32", "948")),
    PublishedRow("SING spectral", ("SING",), ("3.55 ± 0.23", "120", "512", "2133", "243")),
)
"""Table 2 (Section 5.3): MOS, GPU hours, seconds of audio per second, compression, MB."""

TABLE_2_REMARKS = (
    "Paper, training: 3840* is 32 GPUs for 10 days, halved because those GPUs have about half the "
    "FLOPs of the P100s on which SING was trained (Section 5.3.1).",
    "Paper, speed: Wavenet's 0.2 is the total of 64 notes generated at once in 22 minutes "
    "(Section 5.3.1).",
    "Paper, size: Wavenet's 948 MB is the published training state (weights, their moving average "
    "and Adam's two moments); its weights alone are 247 million bytes against SING's 255.",
    "Paper, MOS: the 100 notes were part of Wavenet's training set and not of SING's "
    "(Section 5.3.1).",
    "Compression: 64,000 samples over 125 · 16 values of Wavenet's code (32), and over the 30 "
    "values of SING's input vectors (2133).",
)
"""What Table 2 says, and what it does not."""

ABX_TRIALS = 1000
ABX_PREFER_SING = 697
ABX_NOTES = 100
"""Section 5.3.2: 69.7 % of 1000 trials, 100 notes with 10 workers each, favour SING."""

ABX_SENTENCE = "On average over 1000 ABX tests, 69.7% are in favor of SING over Wavenet"


def abx_interval() -> tuple[float, float]:
    """The exact 95 % interval of the paper's ABX count, which the paper does not print.

    It takes the 1000 trials for independent, although 10 are of each note: too narrow.
    """
    found = exact_interval(ABX_PREFER_SING, ABX_TRIALS)
    return found.low, found.high
