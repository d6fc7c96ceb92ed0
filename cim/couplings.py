r"""Couplings made ready for kernels: float32, scaled, dense or compressed rows, and their extreme eigenvalues.

Kernels work on :math:`\tilde J = J / c`, :math:`\tilde h = h / c'` in float32, so that couplings of any magnitude fit;
c is a power of two where the scale is free, which keeps small integers exact.  Whether the matrix is treated as dense
is decided here, by its density, and not by how the user happened to store it.

A batch is stored replica-last, ``(n, replicas)``: the product is then one matrix product (dense), or one vectorised
loop over the replicas for each non-zero (sparse).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.matrices import prefers_dense
from landscapes.jit import kernel

__all__ = [
    "Couplings",
    "SpectralEnds",
    "dense_matrix",
    "extreme_eigenvalues",
    "lanczos_process",
    "natural_scale",
    "sparse_matrix",
    "sparse_product",
    "treat_as_dense",
    "tridiagonal",
]

_LARGEST_FIELD = 1e25
# Up to this size LAPACK gives the whole spectrum sooner than Lanczos gives its two ends.
_SMALL = 64


class Couplings:
    """Scaled float32 couplings and fields of a model.

    Parameters
    ----------
    model : IsingModel
    scale : float
        The couplings are divided by it.
    field_scale : float, optional
        The fields are divided by it; by default as the couplings.

    Attributes
    ----------
    num_spins : int
    is_dense : bool
    matrix : numpy.ndarray, float32, shape (n, n), or scipy.sparse.csr_array
    fields : numpy.ndarray, float32, shape (n,)
    scale : float
    """

    def __init__(self, model: IsingModel, scale: float, field_scale: float | None = None) -> None:
        self.num_spins = model.num_spins
        self.scale = scale
        self.is_dense = treat_as_dense(model)
        self.matrix: Any = dense_matrix(model, scale) if self.is_dense else sparse_matrix(model, scale)
        self.fields = scaled_fields(model, scale if field_scale is None else field_scale)

    def row_sums(self) -> np.ndarray:
        """Sum of |J| over each row, scaled, float64, shape (n,)."""
        if not self.is_dense:
            return np.asarray(abs(self.matrix).sum(axis=1), dtype=np.float64).reshape(-1)
        return np.array([np.abs(row).sum(dtype=np.float64) for row in self.matrix], dtype=np.float64)

    @cached_property
    def largest_row_sum(self) -> float:
        """Largest sum of |J| over a row, scaled; 0 without spins."""
        return float(self.row_sums().max(initial=0.0))

    def product(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        """J x for a batch, into ``out``; both (n, replicas), float32, C-ordered."""
        if self.is_dense:
            return np.dot(self.matrix, x, out=out)
        sparse_product(self.matrix.indptr, self.matrix.indices, self.matrix.data, x, out)
        return out


def treat_as_dense(model: IsingModel) -> bool:
    """Whether kernels should see a full matrix: small, or more than one entry in eight is non-zero.

    A sparse kernel moves an index and a value for each non-zero and cannot block for the cache.
    """
    return prefers_dense(model.num_spins, 2 * model.num_couplings)


def natural_scale(model: IsingModel) -> float:
    """Power of two at or below the largest coupling; 1 for a model that has none."""
    data = model.J.data if model.is_sparse else model.J
    largest = float(max(data.max(), -data.min())) if data.size else 0.0
    return float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1)) if largest > 0 else 1.0


def scaled_fields(model: IsingModel, scale: float) -> np.ndarray:
    """h / scale in float32, shape (n,).

    Cut off at ±1e25, so that products stay finite: no coupling, all of which are of order 1, turns such a spin.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return np.clip(model.h / scale, -_LARGEST_FIELD, _LARGEST_FIELD).astype(np.float32)


def dense_matrix(model: IsingModel, scale: float, width: int | None = None) -> np.ndarray:
    """J / scale as a float32 matrix of n rows, padded with zeros to ``width`` columns."""
    n = model.num_spins
    result = np.zeros((n, n if width is None else width), dtype=np.float32)
    for start in range(0, n, 1024):  # by blocks: no float64 copy of a large matrix
        rows = slice(start, start + 1024)
        block = model.J[rows]
        result[rows, :n] = (block.toarray() if model.is_sparse else block) / scale
    return result


def sparse_matrix(model: IsingModel, scale: float) -> Any:
    """J / scale in compressed rows, float32."""
    import scipy.sparse as sp

    matrix = model.J if model.is_sparse else sp.csr_array(model.J)
    # copies, because Numba compiles anew for read-only arrays
    return sp.csr_array(
        ((matrix.data / scale).astype(np.float32), matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape
    )


@kernel
def sparse_product(starts: np.ndarray, columns: np.ndarray, values: np.ndarray, x: np.ndarray, out: np.ndarray) -> None:
    """out = J x with J in compressed rows; x and out (n, replicas)."""
    replicas = x.shape[1]
    for i in range(x.shape[0]):
        row = out[i]
        for r in range(replicas):
            row[r] = np.float32(0.0)
        for k in range(starts[i], starts[i + 1]):
            value = values[k]
            other = x[columns[k]]
            for r in range(replicas):
                row[r] += value * other[r]


@dataclass(frozen=True)
class SpectralEnds:
    """The two ends of a spectrum, and how far inside it they may lie.

    Attributes
    ----------
    smallest, largest : float
        Both 0 for a model without couplings.
    uncertainty : float
        Residual of the worse of the two: some eigenvalue lies within it of each.
    """

    smallest: float
    largest: float
    uncertainty: float


def extreme_eigenvalues(model: IsingModel) -> SpectralEnds:
    """Smallest and largest eigenvalue of the couplings, by one short Lanczos run with full reorthogonalisation.

    The run ends when both are known to 10⁻⁴ of the spectrum's width, or after 120 products (30 where memory is dear);
    where the ends are crowded (a chain, a lattice) they then lie inside the spectrum by some thousandths: enough for a
    unit and for a bound with a margin.  The start is fixed, so the result depends on the model alone.

    Source: Paige, J. Inst. Math. Appl. 10, 373 (1972).
    """
    n = model.num_spins
    if model.num_couplings == 0:
        return SpectralEnds(0.0, 0.0, 0.0)
    if n <= _SMALL:
        matrix = model.J.toarray() if model.is_sparse else model.J
        eigenvalues = np.linalg.eigvalsh(matrix.astype(np.float64))
        return SpectralEnds(float(eigenvalues[0]), float(eigenvalues[-1]), 0.0)
    couplings = Couplings(model, natural_scale(model))
    steps = int(np.clip(4e7 / n, 30, min(120, n)))
    start = np.random.default_rng(0).standard_normal(n, dtype=np.float32)
    image = np.empty((n, 1), dtype=np.float32)

    def product(vector: np.ndarray) -> np.ndarray:
        return couplings.product(np.ascontiguousarray(vector[:, None]), image)[:, 0]

    for k, (diagonal, off_diagonal, _) in enumerate(lanczos_process(product, start, steps)):
        if k % 10 == 9 or k == steps - 1 or off_diagonal[k] < 1e-6 * off_diagonal[0]:
            ritz, vectors = np.linalg.eigh(tridiagonal(diagonal, off_diagonal))
            residual = off_diagonal[k] * float(np.abs(vectors[-1, [0, -1]]).max())
            if residual < 1e-4 * (ritz[-1] - ritz[0]) or k == steps - 1:
                break
    scale = couplings.scale
    return SpectralEnds(float(ritz[0]) * scale, float(ritz[-1]) * scale, residual * scale)


def lanczos_process(
    product: Callable[[np.ndarray], np.ndarray], start: np.ndarray, steps: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Lanczos's process in float32 with full reorthogonalisation, at one product a step.

    Parameters
    ----------
    product : callable
        A symmetric matrix times a vector, float32, shape (n,).
    start : numpy.ndarray, float32, shape (n,)
    steps : int
        At most, and at most n.

    Yields
    ------
    diagonal, off_diagonal : numpy.ndarray, shape (k + 1,)
        After k + 1 steps the matrix with the eigenvalues that approach the ends of the spectrum is
        ``tridiagonal(diagonal, off_diagonal)``; the last entry of ``off_diagonal`` is not in it: times the last
        component of an eigenvector it is the residual of that.
    basis : numpy.ndarray, float32, shape (k + 1, n)
        Orthonormal rows.
    """
    basis = np.zeros((steps, len(start)), dtype=np.float32)
    vector = start
    length = float(np.linalg.norm(start))
    diagonal, off_diagonal = np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        basis[k] = vector / length
        vector = product(basis[k])
        diagonal[k] = float(basis[k] @ vector)
        for _ in range(2):  # once leaves float32's rounding in, and with it copies of converged eigenvalues
            vector = vector - basis[: k + 1].T @ (basis[: k + 1] @ vector)
        length = off_diagonal[k] = float(np.linalg.norm(vector))
        yield diagonal[: k + 1], off_diagonal[: k + 1], basis[: k + 1]


def tridiagonal(diagonal: np.ndarray, off_diagonal: np.ndarray) -> np.ndarray:
    """Symmetric matrix of that diagonal, with all but the last of the off-diagonal entries beside it."""
    return np.diag(diagonal) + np.diag(off_diagonal[:-1], 1) + np.diag(off_diagonal[:-1], -1)
