"""Cholesky factors by LAPACK, without Python's global lock: threads of one process factorise side by side.

``scipy.linalg.lapack`` calls the same library but holds the lock meanwhile, and ``numpy.linalg.cholesky``, which does
not, takes twice as long (it copies to and fro) and has no solver to go with it.  The routines' addresses are those that
SciPy publishes for compiled callers (``scipy.linalg.cython_lapack``).

Matrices are float64, contiguous and symmetric; the lower triangle of the factor L with A = L L', in LAPACK's order of
storage, stands in the rows' upper part of the C-ordered array: row j holds column j of L from its diagonal on.

Source: Anderson et al., *LAPACK Users' Guide*, 3rd ed. (1999): dpotrf, dpotrs, dtrtri.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numba.extending import get_cython_function_address

__all__ = ["factorised", "inverse_square_norm", "solved"]

_ONE = ctypes.c_int(1)
_LOWER, _NOT_UNIT = ctypes.c_char(b"L"), ctypes.c_char(b"N")


def factorised(matrix: np.ndarray) -> bool:
    """Overwrite a symmetric matrix (n, n) with its Cholesky factor; False where it is not positive definite."""
    n, info = ctypes.c_int(len(matrix)), ctypes.c_int(0)
    _routine("dpotrf", 5)(_at(_LOWER), _at(n), _data(matrix), _at(n), _at(info))
    return info.value == 0


def solved(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solution x of L L' x = right, shape (n,)."""
    n, info = ctypes.c_int(len(factor)), ctypes.c_int(0)
    x = np.array(right, dtype=np.float64)
    _routine("dpotrs", 8)(_at(_LOWER), _at(n), _at(_ONE), _data(factor), _at(n), _data(x), _at(n), _at(info))
    return x


def inverse_square_norm(factor: np.ndarray) -> float:
    """The trace of (L L')⁻¹, which is the sum of the squares of L⁻¹'s entries; the factor is overwritten."""
    n, info = ctypes.c_int(len(factor)), ctypes.c_int(0)
    _routine("dtrtri", 6)(_at(_LOWER), _at(_NOT_UNIT), _at(n), _data(factor), _at(n), _at(info))
    upper = np.triu(factor)  # the other triangle still holds the matrix
    return float(np.einsum("ij,ij->", upper, upper))


@cache
def _routine(name: str, arguments: int) -> Any:
    """A LAPACK routine; functions of ``ctypes`` let go of the global lock while they run."""
    address = get_cython_function_address("scipy.linalg.cython_lapack", name)
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * arguments)(address)


def _at(number: Any) -> int:
    return ctypes.addressof(number)


def _data(array: np.ndarray) -> int:
    return array.ctypes.data
