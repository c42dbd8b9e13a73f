"""What the paper says and what the ablations ask, as contrasts of mean scores.

A claim holds when `greater` minus `less` is above 0, or their ratio above 1. Each side is a
system's mean on a part of the split. The numbers beside them are Table 1's.
"""

from __future__ import annotations

from dataclasses import dataclass

SPECTRAL, WAV = "spectral_loss", "wav_mse"


@dataclass(frozen=True)
class Term:
    """A system's mean on a part of the split, and what the paper prints there."""

    system: str
    part: str = "test"
    published: str = ""

    def __str__(self) -> str:
        return f"{self.system} {self.part}"


@dataclass(frozen=True)
class Claim:
    """`greater` exceeds `less` in the metric.

    A ratio compares two parts of the split by a factor; each mean is divided by that of silence on
    the same part, whose notes may be louder. `beside` are terms whose own ratio divides it.
    """

    name: str
    says: str
    source: str
    metric: str
    greater: Term
    less: Term
    is_ratio: bool = False
    beside: tuple[Term, Term] | None = None

    @property
    def terms(self) -> tuple[tuple[float, Term], ...]:
        """Every term with its sign."""
        own = ((1.0, self.greater), (-1.0, self.less))
        if self.beside is None:
            return own
        return (*own, (-1.0, self.beside[0]), (1.0, self.beside[1]))


_SING, _WAVE, _NO_TIME = "sing-spectral", "sing-waveform", "sing-no-time-embedding"
_RANDOM, _SQUARED = "sing-from-scratch", "sing-log-spectral-mse"
_AUTO, _AUTO_WAVE = "autoencoder-spectral", "autoencoder-waveform"
_TABLE = "Table 1"
_OURS = "not in the paper"


def _better_than(baseline: str) -> Claim:
    says = f"on held-out pairs, SING has a smaller spectral loss than {baseline}"
    return Claim(f"beats-{baseline}", says, _OURS, SPECTRAL, Term(baseline), Term(_SING))


CLAIMS = (
    Claim(
        "spectral-beats-waveform",
        "on held-out pairs, SING trained on the spectral loss has a smaller one than SING trained "
        "on the waveform",
        _TABLE, SPECTRAL, Term(_WAVE, "test", "0.084"), Term(_SING, "test", "0.051"),
    ),
    Claim(
        "waveform-sing-collapses",
        "the wav MSE of SING trained on the waveform rises from trained to held-out pairs",
        f"{_TABLE}, Section 5.2", WAV,
        Term(_WAVE, "test", "0.039"), Term(_WAVE, "train", "0.006"), is_ratio=True,
    ),
    Claim(
        "its-autoencoder-does-not",
        "that rise is by a larger factor than that of its autoencoder, which sees the waveform",
        f"{_TABLE}, Section 5.2", WAV,
        Term(_WAVE, "test", "0.039"), Term(_WAVE, "train", "0.006"), is_ratio=True,
        beside=(Term(_AUTO_WAVE, "test", "0.0003"), Term(_AUTO_WAVE, "train", "0.0002")),
    ),
    Claim(
        "waveform-sing-learns",
        "on trained pairs, SING trained on the waveform has a smaller wav MSE than silence",
        _OURS, WAV, Term("silence", "train"), Term(_WAVE, "train"),
    ),
    Claim(
        "waveform-sing-generalizes", "the same on held-out pairs",
        _OURS, WAV, Term("silence"), Term(_WAVE),
    ),
    Claim(
        "time-embedding-helps",
        "on held-out pairs, SING without the time embedding has a larger spectral loss",
        _TABLE, SPECTRAL, Term(_NO_TIME, "test", "0.063"), Term(_SING, "test", "0.051"),
    ),
    Claim(
        "time-embedding-helps-train",
        "the same on trained pairs",
        _TABLE, SPECTRAL, Term(_NO_TIME, "train", "0.050"), Term(_SING, "train", "0.039"),
    ),
    Claim(
        "test-is-worse",
        "the spectral loss of SING rises from trained to held-out pairs",
        _TABLE, SPECTRAL, Term(_SING, "test", "0.051"), Term(_SING, "train", "0.039"),
        is_ratio=True,
    ),
    Claim(
        "autoencoder-is-the-ceiling",
        "on held-out pairs, SING has a larger spectral loss than its autoencoder",
        f"{_TABLE}, Section 5.2", SPECTRAL,
        Term(_SING, "test", "0.051"), Term(_AUTO, "test", "0.032"),
    ),
    Claim(
        "autoencoder-is-the-ceiling-train",
        "the same on trained pairs",
        f"{_TABLE}, Section 5.2", SPECTRAL,
        Term(_SING, "train", "0.039"), Term(_AUTO, "train", "0.028"),
    ),
    Claim(
        "waveform-suits-autoencoder",
        "on held-out pairs, the autoencoder trained on the waveform has no larger spectral loss "
        "than the one trained on it",
        f"{_TABLE}, Section 5.2", SPECTRAL,
        Term(_AUTO, "test", "0.032"), Term(_AUTO_WAVE, "test", "0.028"),
    ),
    Claim(
        "waveform-suits-autoencoder-train",
        "the same on trained pairs",
        f"{_TABLE}, Section 5.2", SPECTRAL,
        Term(_AUTO, "train", "0.028"), Term(_AUTO_WAVE, "train", "0.026"),
    ),
    Claim(
        "waveform-does-not-suit-sing",
        "on held-out pairs, SING trained on the waveform has a larger spectral loss than its "
        "autoencoder",
        f"{_TABLE}, Section 5.2", SPECTRAL,
        Term(_WAVE, "test", "0.084"), Term(_AUTO_WAVE, "test", "0.028"),
    ),
    Claim(
        "initialization-helps",
        "on trained pairs, SING trained from random weights, by fine tuning alone, has a larger "
        "spectral loss",
        "Section 4.3", SPECTRAL, Term(_RANDOM, "train"), Term(_SING, "train"),
    ),
    Claim(
        "l1-leaves-less-noise",
        "on held-out pairs, SING trained on the squared error of log spectra is farther off in "
        "quiet bins (spectral loss with epsilon 0.0001)",
        "Section 3.2", "spectral_loss@0.0001", Term(_SQUARED), Term(_SING),
    ),
    *map(_better_than, ("silence", "nearest-pitch", "white-noise")),
)  # fmt: skip
"""The findings of Table 1, Sections 3.2, 4.3 and 5.2, and that SING beats what needs no model."""

ABLATED = "sing-spectral"
"""The system that ablations are compared with."""

ABLATION_METRICS = (
    *("spectral_loss", "spectral_loss@0.01", "spectral_loss@0.0001", "log_spectral_mse"),
    *("pitch_within_50", "pitch_accuracy", "family_accuracy"),
)
"""Epsilon 1 is what `spectral` was trained on: other losses and other judges stand beside it."""
