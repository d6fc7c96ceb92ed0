r"""The Hessian of an energy at given points: its index and its spectrum.

At a point x the Hessian :math:`H_{ij} = \partial_i \partial_j E` is symmetric; its eigenvalues
:math:`\lambda_1 \le \dots \le \lambda_n` are the curvatures of the surface.  The index is the number of negative ones:
0 at a minimum, n at a maximum, between them the number of directions in which a saddle falls.

Index by inertia.  Sylvester's law: if :math:`H = L D L^{\mathsf T}`, then H has as many negative eigenvalues as D.
Bunch and Kaufman's D is of 1 × 1 and 2 × 2 blocks, and each of the latter has one eigenvalue of either sign, because a
2 × 2 pivot is taken only where its determinant is negative.  A factorisation costs n³/3 multiplications instead of the
4n³/3 of a reduction to tridiagonal form, on which every eigenvalue solver stands, and more of them run in matrix
products: on one core the index takes two fifths of the time at n = 100 and less than a fifth at n = 2000.  Only in
batches of tiny matrices, n < 12, are eigenvalues sooner there (``tests/benchmarks/hessian_index.py``).

Sources: Bunch, Kaufman, Math. Comp. 31, 163 (1977); Golub, Van Loan, *Matrix Computations*, 4th ed., sections 4.4 and
8.1.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from scipy.linalg import lapack

from ising_problems.checks import checked_generator, checked_number
from ising_problems.threads import single_threaded_algebra

from .energies import Energy, checked_points

__all__ = [
    "algebra_of",
    "as_rows",
    "finite_points",
    "hessian_blocks",
    "hessian_index",
    "hessian_operator",
    "hessian_spectrum",
    "own_generator",
    "refuse_infinite_product",
]

# Batches of matrices smaller than this go to one batched eigenvalue solver: below, what Python does between two
# factorisations costs more than they do.
_SMALLEST_FACTORED = 12
# Numbers in the Hessians that are held in memory together, 64 MiB.
_LARGEST_BLOCK = 2**23
# No library shares a matrix of this size among threads.
_SMALL = 32


def hessian_index(energy: Energy, x: Any, *, tolerance: float | None = None) -> Any:
    """Number of negative eigenvalues of the Hessian, by LDLᵀ inertia.

    Parameters
    ----------
    energy : Energy
    x : array_like, shape (n,) or (..., n)
        Points, critical or not.
    tolerance : float, optional
        Eigenvalues below ``-tolerance`` are negative.  By default what rounding leaves uncertain, n ε ‖H‖ with the
        Frobenius norm: a direction in which the surface is exactly flat, such as the radial one of a Rayleigh
        quotient, then never counts.

    Returns
    -------
    int or numpy.ndarray of int64, shape (...)

    Raises
    ------
    ValueError
        If a coordinate or an entry of the Hessian is not finite, or the tolerance is negative.

    Examples
    --------
    >>> import ising_problems as ip
    >>> from landscapes import SoftSpinEnergy
    >>> energy = SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), pump=0.5)
    >>> hessian_index(energy, [[0.0, 0.0], [1.2, 1.2]]).tolist()
    [1, 0]
    """
    tolerance = None if tolerance is None else checked_number(tolerance, "tolerance", at_least=0.0)
    points = finite_points(energy, x)
    rows = as_rows(points)
    indices = np.zeros(len(rows), dtype=np.int64)
    with algebra_of(energy):
        for block, hessians in hessian_blocks(energy, rows):
            indices[block] = _indices(hessians, tolerance)
    return int(indices[0]) if points.ndim == 1 else indices.reshape(points.shape[:-1])


def hessian_spectrum(energy: Energy, x: Any) -> np.ndarray:
    """All eigenvalues of the Hessian, in ascending order.

    Parameters
    ----------
    energy : Energy
    x : array_like, shape (n,) or (..., n)

    Returns
    -------
    numpy.ndarray, shape (n,) or (..., n)
        In units of energy over squared amplitude.

    Raises
    ------
    ValueError
        If a coordinate or an entry of the Hessian is not finite.
    """
    points = finite_points(energy, x)
    spectra = np.empty(points.shape)
    rows = as_rows(points)
    with algebra_of(energy):
        for block, hessians in hessian_blocks(energy, rows):
            spectra.reshape(rows.shape)[block] = np.linalg.eigvalsh(hessians)
    return spectra


def finite_points(energy: Energy, x: Any) -> np.ndarray:
    """Points as the energies take them, none of whose coordinates is infinite or NaN."""
    if not hasattr(energy, "hessian_vector_product"):
        raise TypeError(
            f"energy: an energy surface is needed, such as SoftSpinEnergy(model, pump), not {type(energy).__name__}"
        )
    points = checked_points(x, energy.num_variables)
    if not np.isfinite(points).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(points))[0])
        raise ValueError(f"x: the Hessian needs finite points, but entry {where} is {points[where]}")
    return points


def own_generator(seed: Any) -> np.random.Generator:
    """Generator for random probes, independent of whatever else the same seed has drawn.

    The couplings may well come from the same seed: probes from the same stream would then be rows of J, and would give
    a smooth, plausible, wrong spectrum.
    """
    return checked_generator(seed).spawn(1)[0]


def as_rows(points: np.ndarray) -> np.ndarray:
    """Points as a batch (m, n), whatever axes come before the last."""
    return points.reshape(math.prod(points.shape[:-1]), points.shape[-1])


def algebra_of(energy: Energy) -> AbstractContextManager[None]:
    """Linear algebra on one thread, unless the matrices are too small for any library to share."""
    return single_threaded_algebra() if energy.num_variables > _SMALL else nullcontext()


def hessian_blocks(energy: Energy, rows: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Hessians of points (m, n), a bounded number at a time: which rows, and an array (k, n, n), finite."""
    n = energy.num_variables
    step = max(1, _LARGEST_BLOCK // max(n * n, 1))
    for start in range(0, len(rows), step):
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused by name
            hessians = energy.hessian(rows[start : start + step])
        if not np.isfinite(hessians).all():
            row = start + int(np.argwhere(~np.isfinite(hessians))[0][0])
            raise ValueError(f"x: the Hessian at point {row} is not finite; are its coordinates too large?")
        yield slice(start, start + len(hessians)), hessians


def refuse_infinite_product(energy: Energy, point: np.ndarray) -> None:
    """A ``ValueError`` where products with the Hessian overflow: iterations on them would go on with NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        product = energy.hessian_vector_product(point, np.ones(energy.num_variables))
    if not np.isfinite(product).all():
        raise ValueError("x: the Hessian at a point is not finite; are its coordinates too large?")


def hessian_operator(energy: Energy, point: np.ndarray) -> Any:
    """The Hessian at one point as SciPy's iterative solvers take it, by products with vectors."""
    from scipy.sparse.linalg import LinearOperator

    refuse_infinite_product(energy, point)
    n = energy.num_variables
    return LinearOperator((n, n), lambda vector: energy.hessian_vector_product(point, vector.ravel()), dtype=float)


def _indices(hessians: np.ndarray, tolerance: float | None) -> np.ndarray:
    count, n = hessians.shape[:2]
    if n == 0:
        return np.zeros(count, dtype=np.int64)
    if tolerance is None:
        floors = n * np.finfo(float).eps * np.sqrt(np.einsum("kij,kij->k", hessians, hessians))
    else:
        floors = np.full(count, tolerance)
    if n < _SMALLEST_FACTORED and count > 1:
        return np.count_nonzero(np.linalg.eigvalsh(hessians) < -floors[:, None], axis=1)
    hessians[:, np.arange(n), np.arange(n)] += floors[:, None]
    workspace = int(lapack.dsytrf_lwork(n, lower=1)[0])
    return np.array([_negative_pivots(matrix, workspace) for matrix in hessians], dtype=np.int64)


def _negative_pivots(matrix: np.ndarray, workspace: int) -> int:
    # The transpose of a symmetric C-ordered matrix is the matrix in LAPACK's order: nothing is copied.
    factor, pivots, _ = lapack.dsytrf(matrix.T, lower=1, lwork=workspace, overwrite_a=1)
    single = pivots > 0
    return int(np.count_nonzero(factor.diagonal()[single] < 0.0)) + int(np.count_nonzero(~single)) // 2
