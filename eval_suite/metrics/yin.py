"""YIN: the fundamental frequency of short frames.

A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music",
JASA 111 (2002), Eqs. 7 and 8 and steps 1 to 5, for many frames at once. Two things are finer than
in the paper, because at 16 kHz the highest notes have periods of four samples: the lags are a
fraction of a sample, by interpolating the correlation in the frequency domain; and the period is
the deepest lag near the first one below the threshold, since noise makes shallow minima before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

THRESHOLD = 0.1
"""The share of aperiodic power below which a lag is a period (the paper's step 4)."""

NEARBY = 4 / 3
"""The deepest lag is sought up to so many times the first one below the threshold."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Lags:
    """The lags that are tried: from `shortest` to `longest` samples, in steps of 1 / `steps`."""

    shortest: float
    longest: float
    steps: int

    @property
    def margin(self) -> int:
        """Samples by which a frame is longer than its window: the last lag and its neighbour."""
        return int(np.ceil(self.longest)) + 1


def periods(frames: NDArray[np.float32], window: int, lags: Lags) -> tuple[Array, Array]:
    """The period of each frame in samples, [K], and the share of its power that is aperiodic, [K].

    `frames` are [K, window + lags.margin] with some power in each. A share of 0 is a frame that
    repeats itself exactly; white noise has about 1.
    """
    difference = _difference(frames, window, lags)
    # Eq. 8: relative to the mean over all shorter lags.
    order = np.arange(1, difference.shape[1])
    lowest = np.finfo(np.float64).tiny
    relative = difference[:, 1:] * order / np.maximum(difference[:, 1:].cumsum(axis=1), lowest)
    first = int(np.floor(lags.shortest * lags.steps))
    last = int(np.ceil(lags.longest * lags.steps))
    tried = relative[:, first - 1 : last]
    place = first + _deepest(tried, first)
    row = np.arange(len(frames))
    return (place + _vertex(difference, row, place)) / lags.steps, relative[row, place - 1]


def _difference(frames: NDArray[np.float32], window: int, lags: Lags) -> Array:
    """Eq. 1: the sum over the window of (x(t) - x(t + lag))^2, [K, lags from 0]."""
    n_fft = 1 << (frames.shape[1] - 1).bit_length()
    given = torch.from_numpy(frames)
    head = torch.fft.rfft(given[:, :window], n=n_fft)
    product = head.conj() * torch.fft.rfft(given, n=n_fft)
    count = (lags.margin - 1) * lags.steps + 2
    # An inverse FFT of more points than the spectrum has gives the values between the samples.
    correlation = torch.fft.irfft(product, n=n_fft * lags.steps)[:, :count].double().numpy()
    correlation *= lags.steps
    energy = np.zeros((len(frames), frames.shape[1] + 1))
    np.cumsum(np.square(frames, dtype=np.float64), axis=1, out=energy[:, 1:])
    of_window = energy[:, window : window + lags.margin + 1] - energy[:, : lags.margin + 1]
    if lags.steps > 1:
        of_window = _between(of_window, lags.steps)
    difference: Array = of_window[:, :1] + of_window[:, :count] - 2 * correlation
    return difference.clip(min=0.0)


def _between(values: Array, steps: int) -> Array:
    """Straight lines between the values of each row, in so many steps."""
    weights = np.arange(steps) / steps
    lines = values[:, :-1, None] * (1 - weights) + values[:, 1:, None] * weights
    return lines.reshape(len(values), -1)


def _deepest(tried: Array, first: int) -> NDArray[np.intp]:
    """Where each row's period is: the deepest place near the first one below the threshold.

    Where none is below, the deepest of all. Place 0 stands for the lag `first`.
    """
    is_below = tried < THRESHOLD
    start = is_below.argmax(axis=1)
    end = np.where(is_below.any(axis=1), NEARBY * (first + start) - first, tried.shape[1])
    place = np.arange(tried.shape[1])
    is_near = (place >= start[:, None]) & (place <= end[:, None])
    deepest: NDArray[np.intp] = np.where(is_near, tried, np.inf).argmin(axis=1)
    return deepest


def _vertex(difference: Array, row: NDArray[np.intp], place: NDArray[np.intp]) -> Array:
    """Step 5: the vertex of the parabola through a lag and its neighbours, from -1 to 1 lags.

    Zero where there is none so near, as at an end of the range.
    """
    before, here, after = (difference[row, place + step] for step in (-1, 0, 1))
    slope, curvature = (before - after) / 2, before - 2 * here + after
    # The raw difference, unlike the relative one, can be lowest at a neighbour.
    is_near = (curvature > 0) & (np.abs(slope) <= curvature)
    return np.where(is_near, slope / np.where(is_near, curvature, 1.0), 0.0)
