r"""Newton's method at a critical point: the step, the residual test, and polishing to the floor of rounding errors.

A critical point of E is a zero of its gradient.  Newton's step from x solves

.. math:: H(x)\, d = -\nabla E(x) ,

and converges quadratically to a non-degenerate critical point of any index from nearby, to whichever that is.  At a
point with residual :math:`r = \nabla E(x)` the critical point is about :math:`\|r\| / |\lambda|_{\min}` away, where
:math:`|\lambda|_{\min}` is the smallest absolute eigenvalue of the Hessian: a small residual alone says nothing of the
distance where the Hessian is nearly singular.

The residual everywhere is the **largest absolute component** of the gradient: it does not grow with the number of
variables.  It is judged in units of the energy's typical gradient, so that a model in other units has the same
critical points.  Minimising :math:`\|\nabla E\|^2` instead is no substitute: its local minima satisfy
:math:`H \nabla E = 0`, which a singular Hessian allows without :math:`\nabla E = 0`.

Some energies do not change along known directions at any point (the Rayleigh quotient along x itself).  There the
Hessian is singular at every critical point; the energy names those directions by a method ``flat_directions(x)``,
(m, n) -> (m, k, n), orthonormal, and steps are taken orthogonally to them; a second method ``canonical(x)`` maps
points that the energy cannot tell apart to one of them.

Source: Nocedal, Wright, *Numerical Optimization*, 2nd ed. (2006), section 11.1.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np

from ising_problems.checks import checked_integer, checked_number
from ising_problems.threads import single_threaded_algebra

from .energies import Energy

__all__ = [
    "Polished",
    "are_critical",
    "backtrack",
    "checked_points",
    "newton_steps",
    "polish",
    "residuals",
    "rows_together",
    "tangent_hessians",
]

_HESSIAN_BYTES = 2**24  # of the Hessians that are held at the same time: beyond the caches nothing is gained
_HALVINGS = 10  # of a step that lengthens the gradient
_LONGEST_STEP = 0.4  # root mean square over the variables, of order-one energies
_ARRIVED = 1e-8  # length of the last step worth taking; polishing does the rest
_FARTHEST = 1e100  # where a step through a nearly singular Hessian is not followed
_ROUNDINGS = 4.0  # of the coordinates, that a residual is taken to consist of
_PATIENCE = 5  # steps that do not halve the smallest residual


class Polished(NamedTuple):
    """What :func:`polish` returns.

    Attributes
    ----------
    x : numpy.ndarray, shape (m, n)
        Of each run the point with the smallest residual.
    gradient_norm : numpy.ndarray, shape (m,)
        Its residual, the largest absolute component of the gradient.
    converged : numpy.ndarray of bool, shape (m,)
        Whether that is below the tolerance, or what rounding leaves.
    """

    x: np.ndarray
    gradient_norm: np.ndarray
    converged: np.ndarray


def polish(energy: Energy, x: Any, *, tolerance: float = 1e-9, max_iterations: int = 50) -> Polished:
    """Newton's method from points that are nearly critical, until the residual falls no further.

    Parameters
    ----------
    energy : Energy
    x : array_like, shape (n,) or (m, n)
        Points near critical points.  Steps are halved while they lengthen the gradient; from far away they may
        lead anywhere, or end where the Hessian is singular and the gradient is not zero.
    tolerance : float, default 1e-9
        Largest residual, max |∂E/∂xᵢ|, of a critical point, in units of the energy's ``gradient_unit`` where it has
        one: of the soft-spin energy c^1.5 with c = ‖J‖/√n, which is 1 for Sherrington and Kirkpatrick's couplings.
        A residual that rounding the coordinates alone could cause, 4ε max Σⱼ|Hᵢⱼ xⱼ|, is as good: at pumps that are
        large beside the couplings there is none below it.
    max_iterations : int, default 50
        Most steps.  A run ends after a few steps in a row that did not halve its smallest residual.

    Returns
    -------
    Polished
        ``x`` (m, n), ``gradient_norm`` (m,), ``converged`` (m,); m is 1 for a single point.  A point at which the
        gradient overflows has not converged.

    Raises
    ------
    ValueError
        If the points do not have the energy's number of variables or are not finite.

    Examples
    --------
    >>> import ising_problems as ip
    >>> import landscapes as ls
    >>> energy = ls.SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), pump=3.0)
    >>> polish(energy, [1.9, 2.1]).x.tolist()
    [[2.0, 2.0]]
    """
    tolerance = checked_number(tolerance, "tolerance", above=0.0)
    max_iterations = checked_integer(max_iterations, "max_iterations", at_least=0)
    points = checked_points(energy, x, "x")
    best, smallest = points.copy(), np.full(len(points), np.inf)
    rows = rows_together(energy.num_variables)
    with single_threaded_algebra(), np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(points), rows):
            part = slice(start, start + rows)
            best[part], smallest[part] = _polished(energy, points[part], max_iterations)
    return Polished(best, smallest, are_critical(energy, best, smallest, tolerance))


def are_critical(energy: Energy, x: np.ndarray, residual: np.ndarray, tolerance: float) -> np.ndarray:
    """Which points pass the residual test of :func:`polish`, (m, n) -> (m,)."""
    passed = np.asarray(residual < tolerance * getattr(energy, "gradient_unit", 1.0))
    rows = rows_together(energy.num_variables)
    finite = np.flatnonzero(~passed & np.isfinite(residual))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(finite), rows):
            part = finite[start : start + rows]
            terms = np.einsum("mij,mj->mi", np.abs(energy.hessian(x[part])), np.abs(x[part]))
            floor = _ROUNDINGS * np.finfo(float).eps * np.max(terms, axis=1, initial=0.0)
            passed[part] = (residual[part] <= floor) & np.isfinite(floor)
    return passed


def _polished(energy: Energy, points: np.ndarray, max_iterations: int) -> tuple[np.ndarray, np.ndarray]:
    best = points.copy()
    gradient = energy.gradient(points)
    smallest = residuals(gradient)
    active = np.flatnonzero(np.isfinite(smallest))
    x, gradient, patience = points[active], gradient[active], np.zeros(len(active), dtype=np.int64)
    for _ in range(max_iterations):
        if not len(active):
            break
        x, gradient = backtrack(energy, x, gradient, newton_steps(energy, x, gradient))
        residual = residuals(gradient)
        better = residual < smallest[active]
        patience = np.where(residual < 0.5 * smallest[active], 0, patience + 1)
        best[active[better]], smallest[active[better]] = x[better], residual[better]
        going = (patience < _PATIENCE) & (residual > 0)
        active, x, gradient, patience = active[going], x[going], gradient[going], patience[going]
    return best, smallest


def capped_newton(
    energy: Energy, x: np.ndarray, max_iterations: int, *, stop: threading.Event | None = None
) -> np.ndarray:
    """Newton's method from afar: steps of at most 0.4 √n, whether or not they lengthen the gradient.

    Far from critical points the gradient's length is no guide: where it is made to fall, runs end at the first
    singular Hessian.  Steps that are long, but bounded, wander until they fall into a basin of convergence.
    """
    x, rows = x.copy(), np.arange(len(x))
    longest = _LONGEST_STEP * max(x.shape[1], 1) ** 0.5
    for _ in range(max_iterations):
        if not len(rows) or (stop is not None and stop.is_set()):
            break
        here = x[rows]
        gradient = energy.gradient(here)
        step = newton_steps(energy, here, gradient)
        length = np.linalg.norm(step, axis=1)
        going = (length > _ARRIVED) & np.isfinite(length)
        rows, here, step, length = rows[going], here[going], step[going], length[going]
        x[rows] = canonical(energy, here + step * np.minimum(1.0, longest / length)[:, None])
    return x


def canonical(energy: Energy, x: np.ndarray) -> np.ndarray:
    """The representatives of points among those that the energy cannot tell apart, by its method ``canonical``."""
    representative = getattr(energy, "canonical", None)
    return x if representative is None else np.asarray(representative(x))


def backtrack(energy: Energy, x: np.ndarray, gradient: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and gradients after steps that are halved until the gradient is shorter: (m, n) each.

    Newton's step is a direction of descent for ‖∇E‖².  Where ten halvings do not help, the last is taken.
    """
    moved, result = x.copy(), gradient.copy()
    length = np.linalg.norm(gradient, axis=-1)
    open_rows, scale = np.arange(len(x)), 1.0
    for halvings in range(_HALVINGS + 1):
        if not len(open_rows):
            break
        trial = x[open_rows] + scale * steps[open_rows]
        lost = ~(np.abs(trial) < _FARTHEST).all(axis=-1)
        trial[lost] = x[open_rows[lost]]
        with np.errstate(over="ignore", invalid="ignore"):  # a step through a nearly singular Hessian can be huge
            there = energy.gradient(trial)
            shorter = np.linalg.norm(there, axis=-1) <= (1.0 - 1e-4 * scale) * length[open_rows]
        if halvings == _HALVINGS:
            shorter |= np.isfinite(there).all(axis=-1)
        moved[open_rows[shorter]], result[open_rows[shorter]] = trial[shorter], there[shorter]
        open_rows, scale = open_rows[~shorter], 0.5 * scale
    return moved, result


def residuals(gradient: np.ndarray) -> np.ndarray:
    """Largest absolute component of each gradient, (m, n) -> (m,); infinite where one is not a number."""
    largest = np.max(np.abs(gradient), axis=-1, initial=0.0)
    return np.where(np.isnan(largest), np.inf, largest)


def newton_steps(energy: Energy, x: np.ndarray, gradient: np.ndarray, hessian: np.ndarray | None = None) -> np.ndarray:
    """Newton's steps -H⁻¹∇E, (m, n); of least length where a Hessian is singular to the last digit."""
    matrices = tangent_hessians(energy, x) if hessian is None else hessian
    try:
        return np.linalg.solve(matrices, -gradient[..., None])[..., 0]
    except np.linalg.LinAlgError:
        steps = np.empty_like(gradient)
        for row, matrix in enumerate(matrices):
            steps[row] = -np.linalg.lstsq(matrix, gradient[row], rcond=None)[0]
        return steps


def tangent_hessians(energy: Energy, x: np.ndarray) -> np.ndarray:
    """Hessians, (m, n, n); along directions in which the energy never changes they are made the identity.

    With P the projector onto the flat directions' orthogonal complement this is P H P + (1 - P): a step that solves
    for it is orthogonal to them, as the gradient is.
    """
    hessian = energy.hessian(x)
    directions = getattr(energy, "flat_directions", None)
    if directions is None:
        return hessian
    flat = directions(x)
    inner = flat @ hessian
    hessian = hessian - np.swapaxes(flat, -1, -2) @ inner - np.swapaxes(inner, -1, -2) @ flat
    # what was subtracted twice, and the identity
    core = inner @ np.swapaxes(flat, -1, -2) + np.eye(flat.shape[-2])
    return hessian + np.swapaxes(flat, -1, -2) @ core @ flat


def rows_together(n: int) -> int:
    """How many points share a pass: a number that depends on n alone, so that results do not depend on threads."""
    return int(np.clip(_HESSIAN_BYTES // (8 * max(n, 1) ** 2), 1, 1024))


def checked_points(energy: Energy, points: Any, name: str) -> np.ndarray:
    """Points as a finite float64 batch (m, n), a copy."""
    n = energy.num_variables
    array = np.asarray(points)
    if isinstance(points, np.ma.MaskedArray) or array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: an array of real numbers is needed, but the dtype is {array.dtype}")
    if array.ndim == 1 and (n != 0 or array.shape == (0,)):
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] != n:
        raise ValueError(f"{name}: shape ({n},) or (m, {n}) is needed, but the shape is {np.shape(points)}")
    if not np.isfinite(array).all():
        row, column = (int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}: must be finite, but entry ({row}, {column}) is {array[row, column]}")
    return np.array(array, dtype=np.float64, order="C")
