"""Matrices and lists of numbers in the forms that users bring, made exact int64 or float64 arrays or refused.

Shared by the converters, the encoders, the ensembles and the readers; a matrix is a NumPy array or
a ``scipy.sparse.csr_array``, as it came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .checks import LARGEST_EXACT_FLOAT, check_dtype, number_array, widened

# Four times an integer below this still fits in 63 bits.
LARGEST_INTEGER = 2**61
# A matrix this small, or with more than this share of entries, is faster and not larger as a dense array: a CSR entry
# takes 12 bytes and an indirect access against 8 bytes read in order.
_SMALL = 64
_DENSE_SHARE = 1 / 8
# Sums of as many floats below this as fit in memory stay finite.
_LARGEST_FLOAT = 1e290


def checked_square_matrix(values: Any, name: str) -> Any:
    """Square matrix of finite int64 or float64 numbers, as a NumPy array or, where it came sparse, as CSR."""
    sparse = hasattr(values, "tocsr")
    if sparse:
        check_dtype(np.dtype(values.dtype), name)
        matrix: Any = widened(values, name)
    else:
        matrix = number_array(values, name)
        if matrix.size == 0 and matrix.ndim < 2:
            matrix = matrix.reshape(0, 0)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name}: must be a square matrix, but the shape is {matrix.shape}")
    data = matrix.data if sparse else matrix
    if data.dtype.kind == "f" and not np.isfinite(data).all():
        if sparse:
            entries = matrix.tocoo()
            k = np.flatnonzero(~np.isfinite(entries.data))[0]
            i, j = entries.coords[0][k], entries.coords[1][k]
        else:
            i, j = np.argwhere(~np.isfinite(matrix))[0]
        raise ValueError(f"{name}: every entry must be finite, but {name}[{i}, {j}] is {matrix[i, j]}")
    return matrix


def check_size(matrix: Any, name: str) -> None:
    """Refuse integers whose sums could wrap around in int64, and floats whose sums could overflow."""
    data = matrix.data if hasattr(matrix, "tocsr") else matrix
    if data.dtype.kind == "i":
        if absolute_sum(data) >= LARGEST_INTEGER:
            raise ValueError(f"{name}: sums of integers this large do not fit in 64 bits; pass floats or scale them")
    elif data.size and max(data.max(), -data.min()) >= _LARGEST_FLOAT:
        raise ValueError(f"{name}: sums of numbers this large overflow; scale them below {_LARGEST_FLOAT:g}")


def check_symmetric(matrix: Any, name: str) -> None:
    """Refuse a matrix of weights that is not symmetric or has an entry on the diagonal, and say where."""
    different = matrix != matrix.T
    if different.nnz if hasattr(different, "tocsr") else different.any():
        i, j = (int(k[0]) for k in different.nonzero())
        raise ValueError(
            f"{name}: must be symmetric, but {name}[{i}, {j}] is {matrix[i, j]} and {name}[{j}, {i}] is "
            f"{matrix[j, i]}; pass {name} + {name}.T if each edge is given once"
        )
    diagonal = np.flatnonzero(matrix.diagonal())
    if len(diagonal):
        i = int(diagonal[0])
        raise ValueError(
            f"{name}: the diagonal must be zero, but {name}[{i}, {i}] is {matrix[i, i]}; no cut parts a node"
        )


def without_diagonal(matrix: Any) -> Any:
    """The matrix, which is ours to write on, with its diagonal set to zero."""
    if hasattr(matrix, "tocsr"):
        import scipy.sparse as sp

        return sp.csr_array(sp.triu(matrix, k=1) + sp.tril(matrix, k=-1))
    np.fill_diagonal(matrix, 0)
    return matrix


def absolute_sum(matrix: Any) -> float:
    """Sum of the absolute values of all entries."""
    data = matrix.data if hasattr(matrix, "tocsr") else matrix
    return float(np.abs(data, dtype=np.float64).sum())


def sum_rows(matrix: Any) -> np.ndarray:
    """Sum of each row; shape (n,)."""
    return np.asarray(matrix.sum(axis=1)).reshape(-1).astype(matrix.dtype)


def half_of(total: Any) -> Any:
    """Half of the sum over a symmetric matrix, which is even where its entries are integers."""
    return total // 2 if total.dtype.kind == "i" else total / 2


def divide_exactly(matrix: Any, divisor: int) -> Any:
    """Quotient of an integer matrix, all of whose entries the divisor divides."""
    if not hasattr(matrix, "tocsr"):
        return matrix // divisor
    quotient = matrix.copy()
    quotient.data //= divisor
    return quotient


def upper_pairs(matrix: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and values of the non-zero entries above the diagonal, in the order of the rows."""
    if hasattr(matrix, "tocsr"):
        import scipy.sparse as sp

        upper = sp.triu(matrix, k=1, format="csr").tocoo()
        return upper.coords[0].astype(np.int64), upper.coords[1].astype(np.int64), upper.data
    rows, columns = np.nonzero(np.triu(matrix, k=1))
    return rows, columns, matrix[rows, columns]


def sum_at(n: int, indices: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Array of n zeros to which each value is added at its index."""
    result = np.zeros(n, dtype=values.dtype)
    np.add.at(result, indices, values)
    return result


def exact_numbers(values: list[Any], name: str, describe: Callable[[int], str]) -> np.ndarray:
    """int64 where all values are integers, else float64; an error that describes the first that is no finite number."""
    try:
        array = np.asarray(values) if values else np.zeros(0, dtype=np.int64)
        fine = array.ndim == 1 and array.dtype.kind in "biuf" and np.isfinite(array).all()
    except ValueError:  # entries of different shapes
        fine = False
    if not fine or array.dtype.kind == "u" or (array.dtype.kind == "f" and np.abs(array).max() >= LARGEST_EXACT_FLOAT):
        for k, value in enumerate(values):
            whole = isinstance(value, (bool, int, np.bool_, np.integer))
            if not whole and not isinstance(value, (float, np.floating)):
                raise ValueError(f"{name}: {describe(k)} must be a real number, but it is {value!r}")
            if not whole and not np.isfinite(value):
                raise ValueError(f"{name}: {describe(k)} must be finite, but it is {value}")
            if whole and (abs(int(value)) >= 2**63 or (array.dtype.kind == "f" and int(float(value)) != int(value))):
                raise ValueError(f"{name}: {describe(k)} is {value}, which is not exact in 64 bits; pass a float")
    result = number_array(array, name)
    check_size(result, name)
    return result


def as_whole_numbers(linear: np.ndarray, pairs: np.ndarray, offset: float) -> tuple[np.ndarray, np.ndarray, float]:
    """The same numbers as integers, if they are all whole and their sums are exact."""
    total = float(np.abs(linear).sum() + np.abs(pairs).sum()) + abs(offset)
    if total < LARGEST_EXACT_FLOAT and offset.is_integer() and not np.any(linear % 1) and not np.any(pairs % 1):
        return linear.astype(np.int64), pairs.astype(np.int64), int(offset)
    return linear, pairs, offset


def coupling_matrix(i: Any, j: Any, values: Any, num_spins: int) -> Any:
    """Symmetric matrix with ``values`` at (i, j) and (j, i), summed where a pair is given more than once.

    Parameters
    ----------
    i, j : array_like of int, shape (m,)
        Pairs of different positions.
    values : array_like, shape (m,)
        int64 or float64.
    num_spins : int

    Returns
    -------
    numpy.ndarray or scipy.sparse.csr_array, shape (num_spins, num_spins)
        Dense if it is small or more than an eighth full.
    """
    import scipy.sparse as sp

    i, j, values = np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64), np.asarray(values)
    rows, columns = np.concatenate([i, j]), np.concatenate([j, i])
    matrix = sp.coo_array((np.concatenate([values, values]), (rows, columns)), shape=(num_spins, num_spins)).tocsr()
    matrix.eliminate_zeros()
    return matrix.toarray() if prefers_dense(num_spins, matrix.nnz) else matrix


def prefers_dense(num_spins: int, entries: int) -> bool:
    """Whether a square matrix with so many non-zero entries is better kept as a dense array."""
    return num_spins <= _SMALL or entries > _DENSE_SHARE * num_spins * num_spins
