r"""One of each: critical points that several starts have found.

Two points are taken for one where they are closer than the error of finding them.  With residual r the critical point
is within about :math:`\|r\|/|\lambda|_{\min}` (first order in Newton's method; :math:`|\lambda|_{\min}` is the smallest
absolute eigenvalue of the Hessian), so the radius grows where the Hessian is nearly singular.  It never exceeds a
hundredth: two points that close are told apart, or a degenerate one is counted twice.

Where the energy is even, x and -x are one point; what is kept has a positive first amplitude (of those that are not
zero to six digits).
"""

from __future__ import annotations

import numpy as np

from .energies import Energy
from .newton import residuals

__all__ = ["canonical_signs", "is_even", "merge"]

_SMALLEST_RADIUS = 1e-7  # all in units of the largest amplitude, or 1
_LARGEST_RADIUS = 1e-2
_SAFETY = 10.0
_ZERO = 1e-6


def is_even(energy: Energy) -> bool:
    """Whether E(-x) = E(x), as two random points show."""
    x = np.random.default_rng(0).standard_normal((2, energy.num_variables))
    there, back = energy.gradient(x), energy.gradient(-x)
    return bool(np.abs(there + back).max(initial=0.0) <= 1e-12 * np.abs(there).max(initial=0.0))


def canonical_signs(x: np.ndarray) -> np.ndarray:
    """Of each point x or -x: that whose first amplitude that is not negligible is positive."""
    if not x.size:
        return x
    largest = np.abs(x).max(axis=1, keepdims=True)
    first = np.argmax(np.abs(x) > _ZERO * largest, axis=1)
    return np.where(np.take_along_axis(x, first[:, None], axis=1) < 0.0, -x, x)


def merge(
    x: np.ndarray, energy: np.ndarray, gradient: np.ndarray, smallest_curvature: np.ndarray, even: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Which points to keep, in ascending order of energy, and how many are merged into each.

    Parameters
    ----------
    x : numpy.ndarray, shape (m, n)
    energy : numpy.ndarray, shape (m,)
    gradient : numpy.ndarray, shape (m, n)
    smallest_curvature : numpy.ndarray, shape (m,)
        Smallest absolute eigenvalue of each Hessian.
    even : bool
        Whether x and -x are one point.

    Returns
    -------
    kept : numpy.ndarray of int, shape (k,)
        Rows; of those that are merged the one with the smallest residual.
    hits : numpy.ndarray of int, shape (k,)
    """
    scale = np.maximum(np.abs(x).max(axis=1, initial=0.0), 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        error = _SAFETY * np.linalg.norm(gradient, axis=1) / smallest_curvature
    radius = np.clip(np.nan_to_num(error, nan=0.0) / scale, _SMALLEST_RADIUS, _LARGEST_RADIUS) * scale
    # |E(x) - E(y)| of two points this close to critical ones is of second order in the distance
    window = 1e-9 * (1.0 + np.abs(energy)) + radius * np.abs(gradient).sum(axis=1) + radius**2 * 10.0
    order = np.argsort(energy, kind="stable")
    residual = residuals(gradient)
    kept: list[int] = []
    hits: list[int] = []
    first = 0  # of the kept ones whose energy is still within reach
    widest = float(window.max(initial=0.0))
    for row in order:
        while first < len(kept) and energy[row] - energy[kept[first]] > 2.0 * widest:
            first += 1
        near = np.array(kept[first:], dtype=np.int64)
        distance = np.abs(x[near] - x[row]).max(axis=1, initial=0.0)
        if even:
            distance = np.minimum(distance, np.abs(x[near] + x[row]).max(axis=1, initial=0.0))
        same = np.flatnonzero(distance <= radius[near] + radius[row])
        if not len(same):
            kept.append(int(row))
            hits.append(1)
            continue
        place = first + int(same[np.argmin(distance[same])])
        hits[place] += 1
        if residual[row] < residual[kept[place]]:
            kept[place] = int(row)
    final = np.argsort(energy[kept], kind="stable") if kept else np.zeros(0, dtype=np.int64)
    return np.array(kept, dtype=np.int64)[final], np.array(hits, dtype=np.int64)[final]
