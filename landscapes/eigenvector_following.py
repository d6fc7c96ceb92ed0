r"""Eigenvector following: saddles of a given index, from anywhere.

A step towards a critical point of index k climbs along the k lowest eigenvectors :math:`v_i` of the Hessian and
descends along all others,

.. math:: d = -\sum_i \sigma_i \frac{v_i \cdot \nabla E}{\max(|\lambda_i|, \lambda_0)} v_i , \qquad
    \sigma_i = -1 \text{ for } i \le k, \; +1 \text{ otherwise},

shortened to a trust radius (Cerjan, Miller 1981; Wales 1994).  Where the Hessian has index k, this is Newton's step.

**Why it fails on its own.**  The rule is not the gradient of anything, so nothing decreases along it.  Where
:math:`\lambda_k` and :math:`\lambda_{k+1}` cross, the directions that are climbed jump, and the iteration chatters on
the surface of crossings for ever.  In the soft-spin glass the level spacing near zero is of order 1/n, and from random
points at n = 100 and pumps a ≥ 0 hardly any run with k ≥ 4 arrives.

**What is done about it.**  The energy is deformed until the start *is* a critical point of index k
(:class:`landscapes.continuation.TiltedFamily`), and the deformation is undone while the point is followed at constant
index.  Only where the path ends in a fold is eigenvector following needed: a little beyond the fold, where a single
soft mode has lost its balance and everything else is nearly at rest, it almost always finds the next critical point of
index k, as a minimum that ceases to exist hands over to the next one in an avalanche.  A start whose path is lost is
tried again from another random point.

Sources: Cerjan, Miller, J. Chem. Phys. 75, 2800 (1981); Wales, J. Chem. Phys. 101, 3750 (1994); for paths through
families Allgower, Georg, *Introduction to Numerical Continuation Methods* (SIAM, 2003).
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .continuation import ARRIVED, FOLD, TiltedFamily, follow
from .energies import Energy
from .newton import residuals, tangent_hessians
from .symmetric_factors import Factors

__all__ = ["Unchanged", "follow_eigenvectors", "saddles_of_index"]

_TRUST_RADIUS = 0.7
_SMALLEST_CURVATURE = 0.02
_NEARLY = 1e-7  # residual at which the continuation, or Newton's method, goes on
_HOP_ITERATIONS = 30
_BEYOND = (0.02, 0.06, 0.005)  # a fold, in the family's parameter: tried in turn
_MOST_HOPS = 40
_SHORTEST = 3e-3


class Unchanged:
    """The family whose members are all the energy itself.

    Parameters
    ----------
    energy : Energy
    """

    def __init__(self, energy: Energy) -> None:
        self._energy = energy

    def take(self, rows: np.ndarray) -> Unchanged:
        """The same: the paths have nothing of their own."""
        return self

    def gradient(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """∇E."""
        return self._energy.gradient(x)

    def hessian(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """H, the identity along flat directions."""
        return tangent_hessians(self._energy, x)

    def drift(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """0."""
        return np.zeros_like(x)


def follow_eigenvectors(
    family: Any,
    x: np.ndarray,
    s: np.ndarray,
    index: np.ndarray,
    *,
    max_iterations: int,
    stop: threading.Event | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvector following on members of a family of energies: where the runs ended, and which have arrived.

    Parameters
    ----------
    family : landscapes.continuation.Family
    x : numpy.ndarray, shape (m, n)
    s : numpy.ndarray, shape (m,)
        Which member of the family each run is on.
    index : numpy.ndarray of int, shape (m,)
    max_iterations : int
    stop : threading.Event, optional

    Returns
    -------
    x : numpy.ndarray, shape (m, n)
    arrived : numpy.ndarray of bool, shape (m,)
        At a point of the index asked for with a residual below 1e-7.
    """
    x, arrived, rows = x.copy(), np.zeros(len(x), dtype=bool), np.arange(len(x))
    for _ in range(max_iterations):
        if not len(rows) or (stop is not None and stop.is_set()):
            break
        here, at = x[rows], s[rows]
        gradient, hessian = family.gradient(here, at), family.hessian(here, at)
        factors = Factors(hessian.copy())
        regular = factors.index == index[rows]
        step = factors.solve(-gradient)
        # Newton's step where the index is right; eigenvectors where it is not, or where the step is long because an
        # eigenvalue is nearly zero
        wild = ~regular | ~(np.linalg.norm(step, axis=1) < _TRUST_RADIUS)
        if wild.any():
            which = np.flatnonzero(wild)
            step[which], open_ones = _soft_step(factors, which, step[which], gradient[which], index[rows[which]])
            if len(open_ones):
                step[open_ones] = _climbing_step(hessian[open_ones], gradient[open_ones], index[rows[open_ones]])
            length = np.linalg.norm(step[which], axis=1, keepdims=True)
            step[which] *= np.minimum(1.0, _TRUST_RADIUS / np.maximum(length, 1e-300))
        done = regular & (residuals(gradient) < _NEARLY)
        arrived[rows[done]] = True
        going = ~done
        x[rows[going]] += step[going]
        rows, family = rows[going], family.take(going)
    return x, arrived


def _climbing_step(hessian: np.ndarray, gradient: np.ndarray, index: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(hessian)
    sign = np.where(np.arange(values.shape[1]) < index[:, None], -1.0, 1.0)
    part = np.einsum("mij,mi->mj", vectors, gradient) / (sign * np.maximum(np.abs(values), _SMALLEST_CURVATURE))
    return -np.einsum("mij,mj->mi", vectors, part)


def _soft_step(
    factors: Factors, rows: np.ndarray, newton: np.ndarray, gradient: np.ndarray, index: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same step where it differs from Newton's in the softest mode alone, and the rows in which it does not.

    Beyond a fold nearly always one eigenvalue is on the wrong side of zero, the nearest to it.  Finding that one takes
    a few solutions with the factors at hand, a tenth of the time of all eigenvectors.
    """
    excess = factors.index[rows] - index
    value, vector, sure = factors.softest_modes(rows, newton)
    # one negative eigenvalue too many: the softest must be negative, and is descended; one too few: the opposite
    sure &= (np.abs(excess) <= 1) & (excess * value <= 0.0) & np.isfinite(newton).all(axis=1)
    climbed = np.where(excess == 0, value < 0.0, excess < 0)
    curvature = np.where(climbed, -1.0, 1.0) * np.maximum(np.abs(value), _SMALLEST_CURVATURE)
    slope = np.einsum("mi,mi->m", vector, gradient)
    along = np.einsum("mi,mi->m", vector, newton)
    step = newton - (along + slope / curvature)[:, None] * vector
    return step, rows[~sure]


def saddles_of_index(
    energy: Energy, x: np.ndarray, index: np.ndarray, *, stop: threading.Event | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Critical points of given indices from starts that are made critical by a deformation, which is then undone.

    Parameters
    ----------
    energy : Energy
    x : numpy.ndarray, shape (m, n)
    index : numpy.ndarray of int, shape (m,)
    stop : threading.Event, optional

    Returns
    -------
    x : numpy.ndarray, shape (m, n)
        Where the paths ended.
    arrived : numpy.ndarray of bool, shape (m,)
        Whether that is a point of the energy itself, nearly critical and of the index asked for.
    """
    family = TiltedFamily.through(energy, x, index)
    x, s, rows = x.copy(), np.zeros(len(x)), np.arange(len(x))
    arrived = np.zeros(len(x), dtype=bool)
    for _ in range(_MOST_HOPS):
        paths = follow(family.take(rows), x[rows], index[rows], start=s[rows], shortest=_SHORTEST, stop=stop)
        x[rows], s[rows] = paths.x, paths.s
        arrived[rows[paths.status == ARRIVED]] = True
        rows = rows[paths.status == FOLD]
        if not len(rows) or (stop is not None and stop.is_set()):
            break
        rows = _hop(family, x, s, index, rows, stop)
    return x, arrived


def _hop(
    family: Any, x: np.ndarray, s: np.ndarray, index: np.ndarray, rows: np.ndarray, stop: threading.Event | None
) -> np.ndarray:
    """Move the points in the given rows past the folds that they are at, in place; the rows that have landed."""
    landed = []
    for distance in _BEYOND:
        if not len(rows):
            break
        ahead = np.minimum(s[rows] + distance, 1.0)
        there, arrived = follow_eigenvectors(
            family.take(rows), x[rows], ahead, index[rows], max_iterations=_HOP_ITERATIONS, stop=stop
        )
        x[rows[arrived]], s[rows[arrived]] = there[arrived], ahead[arrived]
        landed.append(rows[arrived])
        rows = rows[~arrived]
    return np.sort(np.concatenate(landed)) if landed else rows
