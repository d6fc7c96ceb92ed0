r"""Saddle-free Newton: minima, from anywhere, without being drawn to saddles.

Newton's method is drawn to critical points of every index.  With the absolute value of the Hessian,

.. math:: d = -|H|^{-1} \nabla E , \qquad |H| = \sum_i \max(|\lambda_i|, \lambda_0)\, v_i v_i^{\mathsf T} ,

every step goes downhill, by Newton's length in each eigendirection, so that saddles repel.  A step is shortened to a
trust radius and halved until the energy falls by a part of what the gradient promises (Armijo's rule).  Where the
Hessian has no negative eigenvalue, which its factorisation :math:`L D L^{\mathsf T}` shows at a tenth of the price of
its eigenvectors, the step is Newton's own.

Source: Dauphin, Pascanu, Gulcehre, Cho, Ganguli, Bengio, NIPS 27 (2014), arXiv:1406.2572, algorithm 1.
"""

from __future__ import annotations

import threading

import numpy as np

from .energies import Energy
from .newton import canonical, residuals, tangent_hessians
from .symmetric_factors import Factors

__all__ = ["descend"]

_TRUST_RADIUS = 0.3  # root mean square over the variables, of order-one energies
_SMALLEST_CURVATURE = 0.02
_SLOPE = 1e-4  # part of the promised decrease that is asked for
_HALVINGS = 30
_ARRIVED = 1e-7  # residual, from where polishing goes on
_LONGEST_FREE = 1e-3  # length of a step of Newton's below which the energy's rounding error would judge it


def descend(energy: Energy, x: np.ndarray, max_iterations: int, *, stop: threading.Event | None = None) -> np.ndarray:
    """Minima below each start, nearly: to a residual of 1e-7, or as far as the iterations went.

    Parameters
    ----------
    energy : Energy
        Bounded below.
    x : numpy.ndarray, shape (m, n)
    max_iterations : int
    stop : threading.Event, optional

    Returns
    -------
    numpy.ndarray, shape (m, n)
    """
    x, rows = x.copy(), np.arange(len(x))
    longest = _TRUST_RADIUS * max(x.shape[1], 1) ** 0.5
    for _ in range(max_iterations):
        if not len(rows) or (stop is not None and stop.is_set()):
            break
        here = x[rows]
        gradient, hessian = energy.gradient(here), tangent_hessians(energy, here)
        factors = Factors(hessian.copy())
        convex = factors.index == 0
        step = factors.solve(-gradient)
        wild = ~convex | ~np.isfinite(step).all(axis=1)
        if wild.any():
            step[wild] = _absolute_step(hessian[wild], gradient[wild])
        at_rest = residuals(gradient) < _ARRIVED
        # at rest on a saddle: the gradient shows no way down, the eigenvectors do
        escaping = at_rest & ~convex
        going = ~at_rest | escaping
        if escaping.any():
            step[escaping] = _lowest_direction(hessian[escaping])
        length = np.linalg.norm(step, axis=1)
        step *= np.minimum(1.0, longest / np.maximum(length, 1e-300))[:, None]
        sure = convex & (length < _LONGEST_FREE)
        moved = _armijo(energy, here, gradient, step, sure)
        x[rows[going]] = canonical(energy, moved[going])
        rows = rows[going]
    return x


def _armijo(energy: Energy, x: np.ndarray, gradient: np.ndarray, step: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Points after steps that are halved until the energy falls as it should; ``sure`` ones are taken at once."""
    value, slope = energy.value(x), np.einsum("mi,mi->m", gradient, step)
    result, rows, scale = x.copy(), np.arange(len(x)), 1.0
    for _ in range(_HALVINGS):
        trial = x[rows] + scale * step[rows]
        falls = sure[rows] | (energy.value(trial) <= value[rows] + _SLOPE * scale * slope[rows])
        result[rows[falls]] = trial[falls]
        rows, scale = rows[~falls], 0.5 * scale
        if not len(rows):
            break
    return result


def _absolute_step(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(hessian)
    part = np.einsum("mij,mi->mj", vectors, gradient) / np.maximum(np.abs(values), _SMALLEST_CURVATURE)
    return -np.einsum("mij,mj->mi", vectors, part)


def _lowest_direction(hessian: np.ndarray) -> np.ndarray:
    """A tenth of the lowest eigenvector, on the side to which its largest component is positive."""
    vectors = np.linalg.eigh(hessian)[1][:, :, 0]
    largest = np.take_along_axis(vectors, np.argmax(np.abs(vectors), axis=1)[:, None], axis=1)
    return 0.1 * vectors * np.sign(largest)
