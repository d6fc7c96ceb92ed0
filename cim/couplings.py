r"""Couplings made ready for kernels: float32, scaled, dense or compressed rows, and their extreme eigenvalues.

Kernels work on :math:`\tilde J = J / c`, :math:`\tilde h = h / c'` in float32, so that couplings of any magnitude fit;
c is a power of two where the scale is free, which keeps small integers exact.  Whether the matrix is treated as dense
is decided here, by its density, and not by how the user happened to store it.

A batch is stored replica-last, ``(n, replicas)``: the product is then one matrix product (dense), or one vectorised
loop over the replicas for each non-zero (sparse).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.matrices import prefers_dense
from landscapes.jit import kernel

__all__ = [
    "Couplings",
    "dense_matrix",
    "extreme_eigenvalues",
    "natural_scale",
    "sparse_matrix",
    "sparse_product",
    "treat_as_dense",
]

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
    has_fields : bool
    scale : float
    """

    def __init__(self, model: IsingModel, scale: float, field_scale: float | None = None) -> None:
        self.num_spins = model.num_spins
        self.scale = scale
        self.is_dense = treat_as_dense(model)
        self.matrix: Any = dense_matrix(model, scale) if self.is_dense else sparse_matrix(model, scale)
        self.fields = (model.h / (scale if field_scale is None else field_scale)).astype(np.float32)
        self.has_fields = bool(self.fields.any())

    @cached_property
    def largest_row_sum(self) -> float:
        """Largest sum of |J| over a row, scaled; 0 without spins."""
        if not self.is_dense:
            return float(abs(self.matrix).sum(axis=1).max()) if self.num_spins else 0.0
        rows = (np.abs(row).sum(dtype=np.float64) for row in self.matrix)
        return float(max(rows, default=0.0))

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
    """Power of two at or below the largest coupling or field; 1 for a model that has none."""
    data = model.J.data if model.is_sparse else model.J
    largest = max(
        float(max(data.max(), -data.min())) if data.size else 0.0,
        float(np.abs(model.h.astype(np.float64)).max()) if model.num_spins else 0.0,
    )
    return float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1)) if largest > 0 else 1.0


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


def extreme_eigenvalues(model: IsingModel, relative_tolerance: float = 1e-5) -> tuple[float, float]:
    """Smallest and largest eigenvalue of the couplings, by one short Lanczos run.

    Parameters
    ----------
    model : IsingModel
    relative_tolerance : float
        Accuracy asked of ARPACK, relative to the eigenvalue.

    Returns
    -------
    smallest, largest : float
        Both 0 for a model without couplings.
    """
    n = model.num_spins
    if model.num_couplings == 0:
        return 0.0, 0.0
    if n <= _SMALL:
        matrix = model.J.toarray() if model.is_sparse else model.J
        eigenvalues = np.linalg.eigvalsh(matrix.astype(np.float64))
        return float(eigenvalues[0]), float(eigenvalues[-1])
    from scipy.sparse.linalg import LinearOperator, eigsh
    from threadpoolctl import threadpool_limits

    couplings = Couplings(model, natural_scale(model))
    matrix = couplings.matrix
    operator = LinearOperator((n, n), matvec=lambda v: matrix @ np.asarray(v, dtype=np.float32), dtype=np.float32)
    start = np.random.default_rng(0).standard_normal(n).astype(np.float32)
    # one thread: the last digits, and with them every run in these units, must not depend on how many there are
    with threadpool_limits(limits=1, user_api="blas"):
        ends = eigsh(operator, k=2, which="BE", tol=relative_tolerance, v0=start, return_eigenvectors=False)
    return float(ends.min()) * couplings.scale, float(ends.max()) * couplings.scale
