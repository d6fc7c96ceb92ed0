r"""Proof that an exact critical point lies near a computed one, alone, and that it is real.

Let :math:`f(x) = x^3 - A x - h` with :math:`A = a + J` be the gradient of the soft-spin energy as a polynomial in real
or complex unknowns, :math:`\hat x` a computed solution and Y any matrix, in practice a computed inverse of
:math:`f'(\hat x) = \mathrm{diag}(3 \hat x^2) - A`.  Norms are maximum norms.  For z within r of :math:`\hat x`

.. math:: \| 1 - Y f'(z) \| \le \delta + c_1 r + c_2 r^2 , \qquad \delta = \| 1 - Y f'(\hat x) \| , \quad
    c_1 = 6 \max_i \sum_j |Y_{ij}| |\hat x_j| , \quad c_2 = 3 \| Y \| ,

because :math:`|3 z_j^2 - 3 \hat x_j^2| \le 3 r\, (2 |\hat x_j| + r)`.  The left-hand side bounds the derivative of the
map :math:`N(z) = z - Y f(z)`, whose fixed points are the zeros of f (Y is regular where the bound is below 1), and
:math:`\|N(\hat x) - \hat x\| \le \beta = \|Y f(\hat x)\|`.  Let ρ, the radius of **isolation**, solve
:math:`\delta + c_1 \rho + c_2 \rho^2 = \tfrac12`.  If :math:`2 \beta \le \rho` then N maps every ball of radius between
2β and ρ into itself and halves distances there; by Banach's theorem

- exactly one zero of f lies within ρ of :math:`\hat x`, it is simple, and
- it lies within 2β, the **error**.

Two certified zeros are different if their balls of radius 2β are disjoint.  A zero z is real if its complex conjugate,
which is a zero as well, lies within ρ too: :math:`2\beta + 2 \|\mathrm{Im}\, \hat x\| \le \rho`; it is not real if
:math:`\|\mathrm{Im}\, \hat x\| > 2 \beta`.  All quantities include bounds on what rounding can do to them, so the
statements hold of the exact zeros of f with the couplings, fields and pump as the computer holds them.

This is Krawczyk's operator evaluated in norms.  Sources: Krawczyk, Computing 4, 187 (1969); Rump, Acta Numerica 19,
287 (2010), sections 10 and 13; the same role is played by Smale's α in Hauenstein, Sottile, ACM Trans. Math. Softw. 38,
28 (2012).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Certificate", "certify", "eigenvalue_doubt", "overlapping", "refined"]

_UNIT = np.finfo(np.float64).eps / 2
_COMPLEX_FACTOR = 4.0  # of rounding in a complex product, relative to a real one
_MARGIN = 1.0 + 1e-9  # covers the rounding of the bounds themselves, which are sums of positive terms


class Certificate(NamedTuple):
    """What was proven of computed solutions; lengths are in the units of x, in the maximum norm.

    Attributes
    ----------
    error : numpy.ndarray, shape (m,)
        Distance within which there is exactly one exact solution; infinite where nothing was proven.
    isolation : numpy.ndarray, shape (m,)
        Distance within which there is no other; 0 where nothing was proven.
    """

    error: np.ndarray
    isolation: np.ndarray

    @property
    def proven(self) -> np.ndarray:
        """Whether there is a solution, bool, shape (m,)."""
        return np.isfinite(self.error)


def refined(x: np.ndarray, couplings: np.ndarray, fields: np.ndarray, pump: float) -> tuple[np.ndarray, np.ndarray]:
    """Solutions (m, n) after one Newton step each, and inverses of the Jacobians (m, n, n) before it.

    An inverse is NaN where a Jacobian is singular to the last digit; the solution then stays.
    """
    inverses = _inverses(_jacobians(x, couplings, pump))
    steps = np.einsum("mij,mj->mi", inverses, _gradient(x, couplings, fields, pump))
    usable = np.isfinite(steps).all(axis=-1, keepdims=True)
    return x - np.where(usable, steps, 0.0), inverses


def certify(x: np.ndarray, inverses: np.ndarray, couplings: np.ndarray, fields: np.ndarray, pump: float) -> Certificate:
    """Prove what can be proven of computed solutions.

    Parameters
    ----------
    x : numpy.ndarray of float64 or complex128, shape (m, n)
    inverses : numpy.ndarray, shape (m, n, n)
        Approximate inverses of the Jacobians there; how good they are is measured.
    couplings, fields : numpy.ndarray of float64, shapes (n, n) and (n,)
    pump : float
    """
    n = x.shape[-1]
    rounding = 2.0 * (n + 8) * _UNIT * (_COMPLEX_FACTOR if np.iscomplexobj(x) else 1.0)
    sizes, weights = np.abs(x), np.abs(inverses)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # NaN proves nothing, as it should
        terms = sizes**3 + abs(pump) * sizes + sizes @ np.abs(couplings) + np.abs(fields)
        residual = np.abs(_gradient(x, couplings, fields, pump)) + rounding * terms
        beta = _MARGIN * _largest(np.einsum("mij,mj->mi", weights, residual))
        defect = np.abs(np.eye(n) - inverses @ _jacobians(x, couplings, pump)).sum(axis=-1)
        entries = 3.0 * sizes**2 + abs(pump) + np.abs(couplings).sum(axis=-1)
        delta = _MARGIN * _largest(defect + rounding * (1.0 + np.einsum("mij,mj->mi", weights, entries)))
        linear = _MARGIN * 6.0 * _largest(np.einsum("mij,mj->mi", weights, sizes))
        square = _MARGIN * 3.0 * _largest(weights.sum(axis=-1))
        room = 0.5 - delta
        # the positive root in the form without cancellation
        isolation = 2.0 * room / (linear + np.sqrt(linear**2 + 4.0 * square * np.maximum(room, 0.0))) / _MARGIN
        good = (room > 0.0) & (2.0 * beta <= isolation)
    return Certificate(np.where(good, 2.0 * beta, np.inf), np.where(good, isolation, 0.0))


def eigenvalue_doubt(x: np.ndarray, error: np.ndarray, spectra: np.ndarray, pump: float) -> np.ndarray:
    """Bound on what computed eigenvalues of the Hessians at x may differ by from those at the exact points, (m,).

    Two parts, both by Weyl's inequality: the Hessian's change within the error, 3 r (2 |x| + r), and rounding in its
    diagonal and in a backward stable eigenvalue solver.

    Parameters
    ----------
    x, spectra : numpy.ndarray, shape (m, n)
    error : numpy.ndarray, shape (m,)
    pump : float
    """
    largest = np.abs(x).max(axis=-1, initial=0.0)
    entries = 3.0 * largest**2 + abs(pump) + np.abs(spectra).max(axis=-1, initial=0.0)
    return np.asarray(3.0 * error * (2.0 * largest + error) + 8.0 * (x.shape[-1] + 1) * _UNIT * entries)


def overlapping(x: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Which of certified solutions are not proven different from all others, bool, shape (m,).

    Parameters
    ----------
    x : numpy.ndarray, shape (m, n)
    error : numpy.ndarray, shape (m,)
        Finite; the balls of these radii are compared.

    Notes
    -----
    Balls that meet have projections that meet.  The points are sorted by one random projection, and only neighbours
    in that order are compared in full.
    """
    count, n = x.shape
    suspect = np.zeros(count, dtype=bool)
    if count < 2 or n == 0:
        suspect[:] = count > 1
        return suspect
    rng = np.random.default_rng(2718)  # of the projection; any other gives the same answer
    weights = rng.uniform(0.5, 1.0, n) * np.exp(2j * np.pi * rng.random(n) * np.iscomplexobj(x))
    projection = np.real(x @ (weights / np.abs(weights).sum()))
    order = np.argsort(projection, kind="stable")
    points, radii, places = x[order], error[order], projection[order]
    slack = 16.0 * (n + 1) * _UNIT * np.abs(x).max()
    window = 2.0 * radii.max() * _MARGIN + slack
    for offset in range(1, count):
        near = np.flatnonzero(places[offset:] - places[:-offset] <= window)
        if not len(near):
            break
        distance = np.abs(points[near] - points[near + offset]).max(axis=-1)
        meets = near[distance <= (radii[near] + radii[near + offset]) * _MARGIN + slack]
        suspect[order[meets]] = suspect[order[meets + offset]] = True
    return suspect


def _gradient(x: np.ndarray, couplings: np.ndarray, fields: np.ndarray, pump: float) -> np.ndarray:
    return (x * x - pump) * x - x @ couplings - fields


def _jacobians(x: np.ndarray, couplings: np.ndarray, pump: float) -> np.ndarray:
    n = x.shape[-1]
    result = np.broadcast_to(-couplings.astype(x.dtype), (*x.shape, n)).copy()
    diagonal = np.arange(n)
    result[..., diagonal, diagonal] += 3.0 * x * x - pump
    return result


def _inverses(matrices: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.inv(matrices)
    except np.linalg.LinAlgError:  # at least one is singular to the last digit
        result = np.full_like(matrices, np.nan)
        for row, matrix in enumerate(matrices):
            try:
                result[row] = np.linalg.inv(matrix)
            except np.linalg.LinAlgError:
                continue
        return result


def _largest(rows: np.ndarray) -> np.ndarray:
    return rows.max(axis=-1, initial=0.0)
