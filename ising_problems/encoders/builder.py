r"""Sums of squares and products of 0/1 variables, gathered as arrays and turned into an Ising model at once.

Encoders state their energy over :math:`x_i \in \{0, 1\}`, :math:`x = (1 + s)/2` with spins s, as a sum of

* constants, linear terms :math:`w\,x_i` and products :math:`w\,x_i x_j`,
* penalties :math:`w\,(c + \sum_k a_k x_{i_k})^2`, zero where a linear constraint holds: families of equal length
  (``add_square``) or the rows of a sparse matrix (``add_square_rows``).

Every method takes arrays, a whole family of terms at a time; no term costs a Python step of its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from ..matrices import coupling_matrix
from ..model import IsingModel


class QuboBuilder:
    r"""An energy of 0/1 variables under construction.

    Parameters
    ----------
    num_variables : int

    Examples
    --------
    Exactly one of three variables is 1:

    >>> builder = QuboBuilder(3)
    >>> builder.add_square([[0, 1, 2]], coefficients=-1, constant=1)
    >>> model = builder.build()
    >>> float(model.energy([1, -1, -1])), float(model.energy([1, 1, -1]))
    (0.0, 1.0)
    """

    def __init__(self, num_variables: int) -> None:
        self.num_variables = num_variables
        self._constant = 0.0
        self._rows: list[np.ndarray] = []
        self._columns: list[np.ndarray] = []
        self._values: list[np.ndarray] = []

    def add_constant(self, value: float) -> None:
        """Add ``value`` to every energy."""
        self._constant += float(value)

    def add_linear(self, i: Any, weight: Any = 1.0) -> None:
        r"""Add :math:`\sum_k w_k x_{i_k}`; ``weight`` is one number or one for each variable."""
        self._append(i, i, weight)

    def add_pairs(self, i: Any, j: Any, weight: Any = 1.0) -> None:
        r"""Add :math:`\sum_k w_k x_{i_k} x_{j_k}`; i, j and weight are broadcast, and :math:`x_i x_i = x_i`."""
        self._append(i, j, weight)

    def add_square(self, indices: Any, coefficients: Any = 1.0, constant: Any = 0.0, weight: Any = 1.0) -> None:
        r"""Add :math:`\sum_r w_r (c_r + \sum_k a_{rk} x_{i_{rk}})^2`, one square for each row.

        Parameters
        ----------
        indices : array_like of int, shape (k,) or (rows, k)
            A variable may occur more than once in a row.
        coefficients : array_like, broadcast to the shape of ``indices``
        constant, weight : array_like, broadcast to shape (rows,)
        """
        indices = np.atleast_2d(np.asarray(indices, dtype=np.int64))
        rows, k = indices.shape
        a = np.broadcast_to(np.asarray(coefficients, dtype=np.float64), (rows, k))
        c = np.broadcast_to(np.asarray(constant, dtype=np.float64), (rows,))
        w = np.broadcast_to(np.asarray(weight, dtype=np.float64), (rows,))
        self.add_constant(float(w @ c**2))
        self._append(indices, indices, w[:, None] * a * (a + 2 * c[:, None]))
        first, second = np.triu_indices(k, 1)
        self._append(indices[:, first], indices[:, second], 2 * w[:, None] * a[:, first] * a[:, second])

    def add_square_rows(self, matrix: Any, constant: Any = 0.0, weight: Any = 1.0) -> None:
        r"""Add :math:`\sum_r w_r (c_r + \sum_i M_{ri} x_i)^2`, one square for each row of a sparse matrix.

        Parameters
        ----------
        matrix : scipy.sparse array or array_like, shape (rows, num_variables)
        constant, weight : array_like, broadcast to shape (rows,)
        """
        import scipy.sparse as sp

        m: Any = sp.csr_array(matrix, dtype=np.float64)
        c = np.broadcast_to(np.asarray(constant, dtype=np.float64), (m.shape[0],))
        w = np.broadcast_to(np.asarray(weight, dtype=np.float64), (m.shape[0],))
        self.add_constant(float(w @ c**2))
        self.add_linear(np.arange(self.num_variables), 2 * (m.T @ (w * c)))
        products = sp.coo_array(m.T @ (sp.diags_array(w) @ m))  # both orders of every pair, and x_i x_i = x_i
        i, j = products.coords
        self._append(i, j, products.data)

    def build(self, labels: Iterable[Hashable] | None = None) -> IsingModel:
        """Ising model with this energy, dense where it is small or more than an eighth full, else sparse."""
        n = self.num_variables
        i = np.concatenate([np.empty(0, dtype=np.int64), *self._rows])
        j = np.concatenate([np.empty(0, dtype=np.int64), *self._columns])
        values = np.concatenate([np.empty(0), *self._values])
        single = i == j
        linear = np.bincount(i[single], values[single], n)
        i, j, pairs = i[~single], j[~single], values[~single]
        # x = (1 + s)/2; adding 0.0 turns the -0.0 of what is absent into 0.0
        fields = -0.5 * linear - 0.25 * (np.bincount(i, pairs, n) + np.bincount(j, pairs, n)) + 0.0
        offset = self._constant + 0.5 * float(linear.sum()) + 0.25 * float(pairs.sum())
        couplings = coupling_matrix(i, j, -0.25 * pairs, n)
        return IsingModel._of_symmetric(couplings, fields, offset, labels)

    def _append(self, i: Any, j: Any, weight: Any) -> None:
        i, j = np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)
        i, j, weight = np.broadcast_arrays(i, j, np.asarray(weight, dtype=np.float64))
        for indices in (i, j):
            if indices.size and not (indices.min() >= 0 and indices.max() < self.num_variables):
                wrong = indices.min() if indices.min() < 0 else indices.max()
                raise ValueError(f"indices: variable {wrong} is not among the {self.num_variables} variables")
        self._rows.append(i.ravel())
        self._columns.append(j.ravel())
        self._values.append(weight.ravel())
