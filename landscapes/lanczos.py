"""Eigenvalues at the ends of a spectrum by ARPACK's restarted Lanczos process, the same in every run.

From SciPy 1.17 on the process draws the vectors from which it restarts after a breakdown at random, unless told not to;
before, it always took the same ones, and had no argument for it.

Source: Lehoucq, Sorensen, Yang, *ARPACK Users' Guide* (SIAM, 1998).
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np

__all__ = ["lanczos"]


def lanczos(matrix: Any, count: int, end: str, start: np.ndarray, **options: Any) -> Any:
    """A few eigenvalues of a symmetric matrix and their vectors: ``scipy.sparse.linalg.eigsh``, reproducibly.

    Parameters
    ----------
    matrix : array, sparse array or scipy.sparse.linalg.LinearOperator, shape (n, n)
    count : int
        How many eigenvalues.
    end : {"SA", "LA", "BE"}
        The algebraically smallest, largest, or half from either end.
    start : numpy.ndarray, shape (n,)
        The first vector.
    **options
        Others of ``eigsh``.

    Returns
    -------
    values : numpy.ndarray, shape (count,)
    vectors : numpy.ndarray, shape (n, count)
        Not with ``return_eigenvectors=False``.
    """
    from scipy.sparse.linalg import eigsh

    if "rng" in signature(eigsh).parameters:
        options["rng"] = 0
    return eigsh(matrix, k=count, which=end, v0=start, **options)
