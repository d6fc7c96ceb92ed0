r"""The ends of a Hessian's spectrum: its extreme eigenvalues, its softest directions, and how many variables they move.

A few eigenvalues at an end come from a reduction of the whole matrix to tridiagonal form where it is small, and from
the Lanczos process, which needs products with vectors only, where it is large.  On one core the ways cross between
n = 500 and 700 for couplings with a few neighbours each, and between 2000 and 3000 for dense ones
(``tests/benchmarks/hessian_index.py``).  The process starts from the same vector every time, so that the same point
always gives the same answer.

The participation ratio of a unit vector v is :math:`1 / \sum_i v_i^4`, the number of components that carry it.

Sources: Golub, Van Loan, *Matrix Computations*, 4th ed., section 10.1; Bell, Dean, Discuss. Faraday Soc. 50, 55 (1970).
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.linalg import eigh

from ising_problems.checks import checked_integer, number_array

from .energies import Energy, as_number
from .hessian import (
    algebra_of,
    as_rows,
    finite_points,
    hessian_blocks,
    hessian_operator,
    hessian_spectrum,
    own_generator,
)
from .lanczos import lanczos

__all__ = ["HessianExtremes", "SoftModes", "hessian_extremes", "participation_ratio", "soft_modes"]

# Up to these sizes the ends of a spectrum are found densely.
_LARGEST_DENSE, _LARGEST_DENSE_OF_SPARSE = 2500, 600
Method = Literal["auto", "dense", "lanczos"]
_METHODS = ("auto", "dense", "lanczos")


class HessianExtremes(NamedTuple):
    """The two ends of a Hessian's spectrum.

    Attributes
    ----------
    lowest : numpy.ndarray, shape (..., count)
        In ascending order.
    highest : numpy.ndarray, shape (..., count)
        In descending order.
    """

    lowest: np.ndarray
    highest: np.ndarray


class SoftModes(NamedTuple):
    """The directions of lowest curvature.

    Attributes
    ----------
    curvatures : numpy.ndarray, shape (..., count)
        Eigenvalues in ascending order, in units of energy over squared amplitude.
    modes : numpy.ndarray, shape (..., count, n)
        Unit eigenvectors, one a row; the component of largest modulus is positive.
    """

    curvatures: np.ndarray
    modes: np.ndarray


def hessian_extremes(energy: Energy, x: Any, count: int = 1, *, method: Method = "auto") -> HessianExtremes:
    """Lowest and highest eigenvalues of the Hessian.

    Parameters
    ----------
    energy : Energy
    x : array_like, shape (n,) or (..., n)
    count : int, default 1
        How many at either end; all of them, if there are fewer.
    method : {"auto", "dense", "lanczos"}
        ``"auto"`` is dense up to n = 2500, or 600 if the model is sparse.

    Returns
    -------
    HessianExtremes

    Raises
    ------
    ValueError
        If a coordinate or an entry of the Hessian is not finite, the count is not positive, or the method unknown.
    """
    points = finite_points(energy, x)
    count = _checked_count(energy, count)
    shape = (*points.shape[:-1], count)
    if _is_dense(energy, count, method):
        spectra = hessian_spectrum(energy, points)
        return HessianExtremes(spectra[..., :count].copy(), spectra[..., ::-1][..., :count].copy())
    lowest, highest = (
        np.reshape([_lanczos(energy, point, count, end)[0] for point in as_rows(points)], shape) for end in ("SA", "LA")
    )
    return HessianExtremes(lowest, highest[..., ::-1])


def soft_modes(energy: Energy, x: Any, count: int = 1, *, method: Method = "auto") -> SoftModes:
    """Lowest eigenvalues of the Hessian and their eigenvectors: where the surface is softest, or falls fastest.

    Parameters
    ----------
    energy : Energy
    x : array_like, shape (n,) or (..., n)
    count : int, default 1
        How many; all of them, if there are fewer.
    method : {"auto", "dense", "lanczos"}
        ``"auto"`` is dense up to n = 2500, or 600 if the model is sparse.

    Returns
    -------
    SoftModes

    Raises
    ------
    ValueError
        If a coordinate or an entry of the Hessian is not finite, the count is not positive, or the method unknown.

    Examples
    --------
    >>> import ising_problems as ip
    >>> from landscapes import SoftSpinEnergy
    >>> energy = SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), pump=0.5)
    >>> curvatures, modes = soft_modes(energy, [0.0, 0.0])
    >>> curvatures.round(12).tolist(), modes.round(3).tolist()
    ([-1.5], [[0.707, 0.707]])
    """
    points = finite_points(energy, x)
    count = _checked_count(energy, count)
    rows = as_rows(points)
    curvatures, modes = np.empty((len(rows), count)), np.empty((len(rows), count, energy.num_variables))
    if _is_dense(energy, count, method):
        with algebra_of(energy):
            for block, hessians in hessian_blocks(energy, rows):
                for row, hessian in zip(range(block.start, block.stop), hessians, strict=True):
                    if count:  # SciPy has no eigenvalues numbered from 0 to -1
                        values, vectors = eigh(hessian, subset_by_index=[0, count - 1], overwrite_a=True)
                        curvatures[row], modes[row] = values, vectors.T
    else:
        for row, point in enumerate(rows):
            curvatures[row], vectors = _lanczos(energy, point, count, "SA")
            modes[row] = vectors.T
    if modes.size:
        largest = np.take_along_axis(modes, np.argmax(np.abs(modes), axis=-1)[..., None], axis=-1)
        modes *= np.sign(largest)
    return SoftModes(curvatures.reshape(*points.shape[:-1], count), modes.reshape(*points.shape[:-1], *modes.shape[1:]))


def participation_ratio(vectors: Any) -> Any:
    """Number of components that carry a vector, 1/Σv⁴ for unit vectors.

    1 for a vector along an axis, n for one with all components alike in modulus, about n/3 for a random one.  (Where
    a fraction is wanted, divide by n; the inverse participation ratio is 1 over this.)

    Parameters
    ----------
    vectors : array_like, shape (n,) or (..., n)
        Of any length but zero: the ratio is (Σv²)²/Σv⁴.

    Returns
    -------
    float or numpy.ndarray, shape (...)

    Raises
    ------
    ValueError
        If a vector is zero or not finite.

    Examples
    --------
    >>> participation_ratio([[0.0, 2.0], [1.0, -1.0]]).tolist()
    [1.0, 2.0]
    """
    array = number_array(vectors, "vectors").astype(np.float64)
    if array.ndim == 0:
        raise ValueError(f"vectors: the last axis must hold the components, but the shape is {array.shape}")
    largest = np.max(np.abs(array), axis=-1, keepdims=True, initial=0.0)
    if not (np.isfinite(largest) & (largest > 0.0)).all():
        raise ValueError("vectors: each must be finite and must have a component that is not zero")
    square = (array / largest) ** 2  # so that no fourth power under- or overflows
    return as_number(np.sum(square, axis=-1) ** 2 / np.sum(square * square, axis=-1))


def _checked_count(energy: Energy, count: Any) -> int:
    return min(checked_integer(count, "count", at_least=1), energy.num_variables)


def _is_dense(energy: Energy, count: int, method: Any) -> bool:
    if method not in _METHODS:
        raise ValueError(f"method: must be one of {', '.join(map(repr, _METHODS))}, but it is {method!r}")
    if method == "dense" or 4 * count > energy.num_variables:  # the process needs room for more vectors than it finds
        return True
    is_sparse = getattr(getattr(energy, "model", None), "is_sparse", False)
    largest = _LARGEST_DENSE_OF_SPARSE if is_sparse else _LARGEST_DENSE
    return method == "auto" and energy.num_variables <= largest


def _lanczos(energy: Energy, point: np.ndarray, count: int, end: str) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, ascending, at the lower ("SA") or upper ("LA") end, and their vectors as columns."""
    from scipy.sparse.linalg import ArpackNoConvergence

    n = energy.num_variables
    product = hessian_operator(energy, point)
    start = own_generator(0).standard_normal(n)
    try:
        with algebra_of(energy):
            size = min(n, max(40, 2 * count + 1))
            values, vectors = lanczos(product, count, end, start, ncv=size)
    except ArpackNoConvergence:  # eigenvalues too close for the process: the slow way is sure
        with algebra_of(energy):
            first = 0 if end == "SA" else n - count
            return eigh(energy.hessian(point), subset_by_index=[first, first + count - 1])
    order = np.argsort(values)
    return values[order], vectors[:, order]
