r"""From any point down to a minimum of the soft-spin energy, and what the minimum's Hessian says.

A step p is a regularised Newton step, :math:`(H + \mu)\, p = -\nabla E` with the smallest μ of a ladder at which
:math:`H + \mu` is positive definite, that is, has a Cholesky factor.  The energy is a quartic polynomial, so the change
along a step is a finite sum,

.. math:: E(x + p) - E(x) =
    \nabla E \cdot p + \tfrac12 p^{\mathsf T} H p + \sum_i \big( x_i p_i^3 + \tfrac14 p_i^4 \big),

without the cancellation of two energies: a step is taken only if it lowers the energy, to the last digit, down to
gradients of :math:`10^{-9}` and less.  At large μ the steps are those of gradient descent; at μ = 0 they converge
quadratically.  Newton's method by itself would end at the nearest critical point, of whatever index.

The Cholesky factor :math:`H = L L^{\mathsf T}` at the minimum gives the rest: :math:`\operatorname{tr} H^{-1} =
\|L^{-1}\|_F^2`, and the lowest eigenvalue by Lanczos iteration on :math:`H^{-1}`.

Source: Nocedal, Wright, *Numerical Optimization*, 2nd ed. (2006), sections 3.4 and 10.3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ising_problems import IsingModel

from .cholesky import factorised, inverse_square_norm, solved
from .energies import checked_unit, soft_spin_force
from .lanczos import lanczos

__all__ = ["Curvature", "Landscape", "curvature", "extreme_eigenvalues", "landscape_of", "settle"]

_LONGEST_STEP = 0.5  # in any amplitude, in units of the typical one
_FIRST_SHIFT = 0.01  # of the ladder of μ, in units of the pump
_MOST_STEPS = 500
_DENSE = 100  # below this size all eigenvalues are found sooner than one


class Landscape(NamedTuple):
    """A soft-spin energy as arrays.

    Attributes
    ----------
    couplings : numpy.ndarray, float64, shape (n, n)
    fields : numpy.ndarray, float64, shape (n,)
    lowest, highest : float
        Extreme eigenvalues of the couplings.
    """

    couplings: np.ndarray
    fields: np.ndarray
    lowest: float
    highest: float

    def unit(self, pump: float) -> float:
        """The scale of pumps and curvatures, max(λ_max, |a|, max|h|^(2/3))/2; 1 for Sherrington and Kirkpatrick's J."""
        fields = float(np.max(np.abs(self.fields), initial=0.0)) ** (2.0 / 3.0)
        return checked_unit(0.5 * max(self.highest, abs(pump), fields) or 1.0, "model")

    def gradient(self, x: np.ndarray, pump: float) -> np.ndarray:
        """∇E for one point (n,) or for each of a batch (m, n)."""
        return -soft_spin_force(x, x @ self.couplings + self.fields, pump)


class Curvature(NamedTuple):
    """What the Hessian at a critical point says.

    Attributes
    ----------
    lowest : float
        Its lowest eigenvalue.
    negative : int
        The number of negative ones, beyond rounding.
    inverse_trace : float
        tr H⁻¹/n; infinite where H is singular.
    """

    lowest: float
    negative: int
    inverse_trace: float


def settle(landscape: Landscape, pump: float, x: np.ndarray, tolerance: float = 1e-9) -> tuple[np.ndarray, float]:
    """Descend from a point to a minimum.

    Parameters
    ----------
    landscape : Landscape
    pump : float
    x : numpy.ndarray, float64, shape (n,)
    tolerance : float
        Largest component of the gradient at which to stop, in units in which typical couplings sum to 1.

    Returns
    -------
    x : numpy.ndarray, shape (n,)
    residual : float
        The largest absolute component of the gradient there, in the same units.
    """
    unit = landscape.unit(pump)
    longest, scale = _LONGEST_STEP * unit**0.5, unit**-1.5
    gradient = landscape.gradient(x, pump)
    residual = scale * float(np.max(np.abs(gradient), initial=0.0))
    shift, taken = 0.0, True
    for _ in range(_MOST_STEPS):
        if not residual > tolerance:
            break
        diagonal = 3.0 * x * x - pump
        step = _shifted_solution(landscape, diagonal + shift, -gradient)
        if step is not None:
            step *= min(1.0, longest / float(np.max(np.abs(step))))
            bend = diagonal * step - step @ landscape.couplings
            change = float(gradient @ step + 0.5 * (bend @ step) + np.sum(step**3 * (x + 0.25 * step)))
            taken = change < 1e-4 * float(gradient @ step)
        if step is None or not taken:
            shift = max(4.0 * shift, _FIRST_SHIFT * unit)
            if shift > 1e6 * unit:
                break  # no step lowers the energy any more: rounding, or a saddle
            continue
        x = x + step
        gradient = landscape.gradient(x, pump)
        residual = scale * float(np.max(np.abs(gradient), initial=0.0))
        shift = 0.25 * shift if shift > _FIRST_SHIFT * unit else 0.0
    return x, residual


def curvature(landscape: Landscape, pump: float, x: np.ndarray) -> Curvature:
    """Lowest eigenvalue, index and trace of the inverse of the Hessian at a critical point."""
    n = x.size
    if n == 0:
        return Curvature(np.nan, 0, np.nan)
    diagonal = 3.0 * x * x - pump
    factor = _factor(landscape, diagonal) if n > _DENSE else None
    if factor is not None:
        lowest = 1.0 / _largest_inverse(factor)
        return Curvature(lowest, 0, inverse_square_norm(factor) / n)
    spectrum = np.linalg.eigvalsh(_hessian(landscape, diagonal))
    rounding = n * np.finfo(float).eps * float(np.max(np.abs(spectrum)))
    singular = bool(np.any(np.abs(spectrum) <= rounding))
    trace = np.inf if singular else float(np.mean(1.0 / spectrum))
    return Curvature(float(spectrum[0]), int(np.count_nonzero(spectrum < -rounding)), trace)


def landscape_of(model: IsingModel) -> Landscape:
    """The soft-spin energy of a model as arrays; sparse couplings become dense."""
    dense = model.J.toarray() if model.is_sparse else model.J
    couplings = np.ascontiguousarray(dense, dtype=np.float64)
    checked_unit(float(np.max(np.abs(couplings), initial=0.0)) or 1.0, "model")
    return Landscape(couplings, model.h.astype(np.float64), *extreme_eigenvalues(couplings))


def extreme_eigenvalues(couplings: np.ndarray) -> tuple[float, float]:
    """Lowest and highest eigenvalue of a symmetric matrix; zeros for none."""
    n = len(couplings)
    if n == 0 or not couplings.any():
        return 0.0, 0.0
    if n <= _DENSE:
        spectrum = np.linalg.eigvalsh(couplings)
        return float(spectrum[0]), float(spectrum[-1])
    ends = np.sort(lanczos(couplings, 2, "BE", _first_vector(n), tol=1e-10, return_eigenvectors=False))
    return float(ends[0]), float(ends[1])


def _hessian(landscape: Landscape, diagonal: np.ndarray) -> np.ndarray:
    hessian = -landscape.couplings
    hessian.flat[:: len(diagonal) + 1] += diagonal
    return hessian


def _factor(landscape: Landscape, diagonal: np.ndarray) -> np.ndarray | None:
    """Cholesky factor of diag(diagonal) - J, or None where it is not positive definite."""
    matrix = _hessian(landscape, diagonal)
    return matrix if factorised(matrix) else None


def _shifted_solution(landscape: Landscape, diagonal: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    factor = _factor(landscape, diagonal)
    if factor is None:
        return None
    solution = solved(factor, right)
    return solution if np.isfinite(solution).all() else None


def _largest_inverse(factor: np.ndarray) -> float:
    """The largest eigenvalue of (L L')⁻¹."""
    from scipy.sparse.linalg import LinearOperator

    n = len(factor)

    def apply(vector: np.ndarray) -> np.ndarray:
        return solved(factor, vector)

    inverse = LinearOperator((n, n), matvec=apply, dtype=np.float64)
    return float(lanczos(inverse, 1, "LA", _first_vector(n), tol=1e-8, return_eigenvectors=False)[0])


def _first_vector(n: int) -> np.ndarray:
    """Where Lanczos iterations begin: always the same, and along no particular direction."""
    return np.cos(1.0 + np.arange(n, dtype=np.float64) ** 2)
