r"""Batches of symmetric matrices factorised at once: their indices, solutions of linear systems, softest modes.

Bunch and Kaufman's :math:`H = L D L^{\mathsf T}` costs n³/3 multiplications and gives a Newton step and, by Sylvester's
law of inertia, the index together: D, of 1 × 1 and 2 × 2 blocks, has as many negative eigenvalues as H, and each
2 × 2 block has one of either sign.

The routines are LAPACK's ``dsytrf`` and ``dsytrs``, with integers of 32 bits, taken from SciPy by their addresses and
called from compiled loops: SciPy's own wrappers hold Python's global lock, so that threads would wait for one another.

Sources: Bunch, Kaufman, Math. Comp. 31, 163 (1977); Golub, Van Loan, *Matrix Computations*, 4th ed., sections 4.4 and
8.1.5.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import get_cython_function_address, intrinsic

from .jit import kernel

__all__ = ["Factors"]

_INVERSE_ITERATIONS = 4
_MODE_ERROR = 0.1  # of an eigenvector, relative to its inverse eigenvalue
_BLOCK = 64  # columns that LAPACK treats together: any number is right
_LOWER = np.array([ord("L")], dtype=np.uint8)


def _fortran(typing_context: Any, address: Any, pointers: Any) -> Any:
    """Call a Fortran subroutine: everything is passed by its address, as integers."""
    if not isinstance(pointers, types.BaseTuple):
        return None
    count = len(pointers)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        function = ir.FunctionType(ir.VoidType(), [byte] * count).as_pointer()
        passed = [builder.inttoptr(builder.extract_value(arguments[1], k), byte) for k in range(count)]
        builder.call(builder.inttoptr(arguments[0], function), passed)
        return context.get_dummy_value()

    return types.void(types.int64, pointers), code


fortran: Any = intrinsic(_fortran)


@cache
def _address(name: str) -> int:
    return int(get_cython_function_address("scipy.linalg.cython_lapack", name))


@kernel
def _factorise(address, lower, numbers, matrices, pivots, index, work):  # type: ignore[no-untyped-def]
    """LDLᵀ of each matrix in its place (row-major and column-major are one for a symmetric matrix), and its index."""
    count, n = matrices.shape[0], matrices.shape[1]
    start = numbers.ctypes.data  # n, the length of ``work``, a place for the return code: the caller keeps them alive
    for row in range(count):
        matrix = matrices[row]
        fortran(
            address,
            (
                lower.ctypes.data, start, matrix.ctypes.data, start, pivots[row].ctypes.data, work.ctypes.data,
                start + 4, start + 8,
            ),
        )  # fmt: skip
        single, paired = 0, 0
        for i in range(n):
            if pivots[row, i] < 0:
                paired += 1
            elif matrix[i, i] < 0.0:
                single += 1
        index[row] = single + paired // 2


@kernel
def _solve(address, lower, numbers, matrices, pivots, rows, right):  # type: ignore[no-untyped-def]
    """Solutions of the factorised systems in the place of the right-hand sides."""
    start = numbers.ctypes.data  # n, the number of right-hand sides, a place for the return code
    for place in range(len(rows)):
        row = rows[place]
        fortran(
            address,
            (
                lower.ctypes.data, start, start + 4, matrices[row].ctypes.data, start, pivots[row].ctypes.data,
                right[place].ctypes.data, start, start + 8,
            ),
        )  # fmt: skip


class Factors:
    """Factorised symmetric matrices.

    Parameters
    ----------
    matrices : numpy.ndarray of float64, shape (m, n, n)
        Symmetric; overwritten.

    Attributes
    ----------
    index : numpy.ndarray of int64, shape (m,)
        Number of negative eigenvalues of each.
    """

    def __init__(self, matrices: np.ndarray) -> None:
        count, n = matrices.shape[:2]
        self._matrices = np.ascontiguousarray(matrices, dtype=np.float64)
        self._pivots = np.empty((count, n), dtype=np.int32)
        self.index = np.zeros(count, dtype=np.int64)
        if n:
            work = np.empty(_BLOCK * n)
            numbers = np.array([n, len(work), 0], dtype=np.int32)
            _factorise(_address("dsytrf"), _LOWER, numbers, self._matrices, self._pivots, self.index, work)

    def solve(self, right: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Solutions, (m, n) -> (m, n), of all systems or of some; not finite where one is exactly singular."""
        which = np.arange(len(self.index)) if rows is None else np.asarray(rows, dtype=np.int64)
        result = np.array(right, dtype=np.float64, order="C")
        if result.size:
            numbers = np.array([result.shape[1], 1, 0], dtype=np.int32)
            _solve(_address("dsytrs"), _LOWER, numbers, self._matrices, self._pivots, which, result)
        return result

    def softest_modes(self, rows: np.ndarray, towards: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Eigenvalues nearest zero and their vectors, by inverse iteration, and whether it has converged.

        ``towards`` (m, n) is where it begins; a solution of the system, which a soft mode dominates, is good.
        """
        vectors = towards / np.linalg.norm(towards, axis=1, keepdims=True)
        for _ in range(_INVERSE_ITERATIONS):
            image = self.solve(vectors, rows)
            inverse = np.einsum("mi,mi->m", vectors, image)
            error = np.linalg.norm(image - inverse[:, None] * vectors, axis=1)
            vectors = image / np.linalg.norm(image, axis=1, keepdims=True)
        return 1.0 / inverse, vectors, error < _MODE_ERROR * np.abs(inverse)
