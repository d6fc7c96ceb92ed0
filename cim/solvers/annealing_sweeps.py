"""A model's couplings in the numbers of a kernel of :mod:`.annealing_kernels`, and configurations in the same.

The two classes have one interface: ``place`` makes spins and fields of given configurations, ``sweep`` runs the kernel
on them, ``energies`` judges them.
"""

from __future__ import annotations

import numpy as np

from ising_problems import IsingModel

from ..couplings import natural_scale, scaled_fields, sparse_matrix
from .annealing_kernels import BLOCK, block_order, sweep_dense, sweep_sparse
from .fixed_point import FixedPoint, local_fields

__all__ = ["DenseSweeps", "SparseSweeps"]

_PADDING_FLOAT = np.float32(1e30)
_HIGHEST_FLOAT = np.float32(1e29)
# limits are cut off as near as float32 comes to what FixedPoint puts into the padding, which is never accepted
_HIGHEST = {"int16": np.float32(2**15 - 3), "int32": np.float32(2**31 - 128), "float64": _HIGHEST_FLOAT}


class DenseSweeps:
    """The dense kernel and its couplings.

    Parameters
    ----------
    model : IsingModel

    Attributes
    ----------
    couplings : FixedPoint
    num_spins, width : int
        Spins, and spins with padding.
    relative_cost : float
        Of a proposal, in proposals of which none is accepted, roughly.
    """

    def __init__(self, model: IsingModel) -> None:
        self.couplings = FixedPoint(model)
        self.num_spins, self.width = self.couplings.num_spins, self.couplings.width
        self.relative_cost = 1.0 + self.num_spins / 500.0
        kind = self.couplings.fields.dtype
        self._highest = _HIGHEST[kind.name]
        self._order = block_order(kind)

    def row_norms(self) -> np.ndarray:
        """Norm of each row of J in the matrix's unit, float64, shape (n,)."""
        matrix = self.couplings.matrix
        blocks = (matrix[start : start + BLOCK].astype(np.float64) for start in range(0, self.num_spins, BLOCK))
        return np.sqrt(np.concatenate([np.einsum("ij,ij->i", block, block) for block in blocks]))

    def place(self, spins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Spins and their local fields as the kernel wants them, (replicas, width), for ±1 of shape (replicas, n)."""
        external = self.couplings.fields
        placed = np.ones((len(spins), self.width), dtype=external.dtype)
        placed[:, : self.num_spins] = spins
        fields = np.empty_like(placed)
        for s, f in zip(placed, fields, strict=True):
            local_fields(self.couplings.matrix, external, s, f)
        return placed, fields

    def sweep(
        self, thresholds: np.ndarray, pool: np.ndarray, places: np.ndarray, spins: np.ndarray, fields: np.ndarray
    ) -> None:
        """Sweeps at T/2 in the matrix's unit; see the kernel."""
        matrix = self.couplings.matrix
        sweep_dense(matrix, thresholds, pool, places, self._highest, self._order, spins, fields)

    def energies(self, spins: np.ndarray, fields: np.ndarray) -> np.ndarray:
        """Energies in the model's numbers, without the offset, float64, shape (replicas,)."""
        n = self.num_spins
        sums = fields[:, :n].astype(np.float64) + self.couplings.fields[:n]
        totals = -0.5 * np.einsum("ri,ri->r", spins[:, :n].astype(np.float64), sums)
        return np.array([self.couplings.energy(float(total)) for total in totals])


class SparseSweeps:
    """The sparse kernel and its couplings, in float32, scaled.

    Parameters
    ----------
    model : IsingModel

    Attributes
    ----------
    num_spins, width : int
        Spins, and spins with padding.
    relative_cost : float
        Of a proposal, in proposals of which none is accepted, roughly.
    """

    def __init__(self, model: IsingModel) -> None:
        self.num_spins = n = model.num_spins
        self.width = -(-n // BLOCK) * BLOCK
        self.relative_cost = 1.0
        self._scale = natural_scale(model)
        self._external = scaled_fields(model, self._scale)
        self._matrix = matrix = sparse_matrix(model, self._scale)
        matrix.sort_indices()
        self._doubled = np.float32(2.0) * matrix.data
        # where in each row, whose columns ascend, the spins begin and end that come later in the same block
        each = np.arange(n, dtype=np.int64)
        keys = np.repeat(each, np.diff(matrix.indptr)) * n + matrix.indices
        block_ends = np.minimum((each // BLOCK + 1) * BLOCK, n)
        self._later = np.searchsorted(keys, each[:, None] * n + np.stack([each + 1, block_ends], axis=1))

    def row_norms(self) -> np.ndarray:
        """Norm of each row of the scaled J, float64, shape (n,)."""
        return np.sqrt(np.asarray(self._matrix.multiply(self._matrix).sum(axis=1)).ravel().astype(np.float64))

    def place(self, spins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Spins and their local fields as the kernel wants them, (replicas, width), for ±1 of shape (replicas, n)."""
        n = self.num_spins
        placed = np.ones((len(spins), self.width), dtype=np.float32)
        placed[:, :n] = spins
        fields = np.full_like(placed, _PADDING_FLOAT)
        fields[:, :n] = (self._matrix @ placed[:, :n].T).T
        fields[:, :n] += self._external
        return placed, fields

    def sweep(
        self, thresholds: np.ndarray, pool: np.ndarray, places: np.ndarray, spins: np.ndarray, fields: np.ndarray
    ) -> None:
        """Sweeps at T/2 in the scaled unit; see the kernel."""
        starts, columns = self._matrix.indptr, self._matrix.indices
        sweep_sparse(
            starts, columns, self._doubled, self._later, thresholds, pool, places, _HIGHEST_FLOAT, spins, fields
        )

    def energies(self, spins: np.ndarray, fields: np.ndarray) -> np.ndarray:
        """Energies in the model's numbers, without the offset, float64, shape (replicas,)."""
        n = self.num_spins
        totals = np.einsum("ri,ri->r", spins[:, :n], fields[:, :n] + self._external, dtype=np.float64)
        return -0.5 * self._scale * totals
