"""The mapping of ITU-T P.1401: the monotone cubic that takes a metric closest to mean opinions.

Clause 7.2: mos = a + b m + c m^2 + d m^3, without a turning point in the range of the data, since a
metric that is right up to its scale must not be punished for the scale. Then the error that counts
is what lies outside the stimuli's own intervals (clause 7.5):

    rmse* = sqrt(sum max(0, |mos_i - mapped_i| - ci95_i)^2 / (N - 4))
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Values = NDArray[np.float64]

COEFFICIENTS = 4
_PLACES = 65  # at which the slope must not be negative


def monotone_cubic(metric: Values, mos: Values) -> Values:
    """The mapped metric [N]: least squares among cubics that do not fall in the metric's range.

    Larger values of the metric must be the better ones. Raises ValueError for fewer than four
    points, or when the metric is constant.
    """
    low, spread = float(metric.min()), float(np.ptp(metric))
    if len(metric) < COEFFICIENTS or spread == 0:
        raise ValueError(f"{len(metric)} points over a range of {spread:g}: no cubic fits them")
    design = _powers((metric - low) / spread * 2 - 1)
    # Least squares with a slope that is at least 0 at many places is a least distance problem
    # (Lawson and Hanson 1974, chapter 23), which non-negative least squares solves.
    basis, triangle = np.linalg.qr(design)
    target = basis.T @ mos
    slopes = _slopes(np.linspace(-1, 1, _PLACES)) @ np.linalg.pinv(triangle)
    norms = np.linalg.norm(slopes, axis=1)
    slopes = slopes[norms > 1e-12] / norms[norms > 1e-12, None]
    return np.asarray(basis @ (target + _least_distance(slopes, -slopes @ target)))


def _powers(places: Values) -> Values:
    return np.asarray(np.polynomial.legendre.legvander(places, COEFFICIENTS - 1), dtype=np.float64)


def _slopes(places: Values) -> Values:
    legendre = np.polynomial.legendre
    columns = [legendre.legval(places, legendre.legder(unit)) for unit in np.eye(COEFFICIENTS)]
    return np.stack(columns, axis=1)


def _least_distance(slopes: Values, least: Values) -> Values:
    """The shortest vector v for which slopes @ v >= least."""
    if (least <= 1e-12).all():
        return np.zeros(slopes.shape[1])
    system = np.vstack([slopes.T, least])
    goal = np.zeros(len(system))
    goal[-1] = 1.0
    weights, _ = optimize.nnls(system, goal)
    rest = system @ weights - goal
    return np.asarray(-rest[:-1] / rest[-1])


def root_mean_square(errors: Values, half_widths: Values) -> float:
    """rmse* of errors [N] beyond the half-widths [N]; with half-widths of 0, the plain rmse.

    Raises ValueError for fewer than five stimuli: the cubic has four coefficients.
    """
    if len(errors) <= COEFFICIENTS:
        raise ValueError(f"{len(errors)} stimuli for {COEFFICIENTS} coefficients")
    beyond = np.maximum(np.abs(errors) - half_widths, 0)
    return float(np.sqrt((beyond**2).sum() / (len(errors) - COEFFICIENTS)))
