"""A machine whose couplings are multiplied by light: every product of the motion is read from photons.

The product of the couplings with what they act on, J̃ times :attr:`Batch.source`, is replaced by an estimate that
scatters as :mod:`cim.photons` derives, with a brightness for each replica and step: the machine turns its light up as
the amplitudes fall, so that the budget is met in each product.  Fields are added by electronics and do not scatter;
what is observed of a run is exact.
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from ..couplings import Couplings
from ..photons import PhotonBudget, counted, homodyned

__all__ = ["PhotonReadout"]


class PhotonReadout:
    """How the products of a model's couplings are read; shared, unchanging, by every batch of replicas.

    Parameters
    ----------
    couplings : Couplings
    budget : PhotonBudget
        A finite one.
    """

    def __init__(self, couplings: Couplings, budget: PhotonBudget) -> None:
        self.budget = budget
        self._num_spins = couplings.num_spins
        self._sizes: Couplings | None = None
        if budget.readout == "intensity":
            self._sizes = copy(couplings)
            self._sizes.matrix = abs(couplings.matrix)
        else:
            self._squares = _column_squares(couplings)

    def read(self, source: np.ndarray, product: np.ndarray, rng: np.random.Generator) -> None:
        """Put what the detectors say in the place of a product of the couplings with ``source``; (n, replicas)."""
        # what runs away is found and reported by the batch
        with np.errstate(over="ignore", invalid="ignore"):
            if self._sizes is not None:
                total = self._sizes.product(np.abs(source), np.empty_like(source))
                product[...] = counted(product, total, self._num_spins, self.budget, rng)
            else:
                squares = self._squares @ np.square(source, dtype=np.float64)
                product[...] = homodyned(product, squares, self.budget, rng)


def _column_squares(couplings: Couplings) -> np.ndarray:
    """Sum of J̃² over each column, which is that over the row, (n,)."""
    matrix: Any = couplings.matrix
    if couplings.is_dense:
        return np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64)
    return np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float64).reshape(-1)
